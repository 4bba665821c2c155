// SPDX-License-Identifier: Apache-2.0
// Backend::cut and gather, a thread for each pixel.
#include "kernels/part.hpp"

#include "base/check.hpp"
#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"

namespace dipper::cuda {
namespace {

constexpr int tile_width = 32;
constexpr int tile_height = 8;
constexpr int threads = tile_width * tile_height;

struct Pixel {
  int i;
  int j;
};

__device__ inline Pixel this_pixel() {
  return {static_cast<int>(blockIdx.y * tile_height + threadIdx.y),
          static_cast<int>(blockIdx.x * tile_width + threadIdx.x)};
}

/// Grids of (columns, rows, planes) of the canvas.
__global__ void __launch_bounds__(threads) cut_kernel(PartDesc part, Padding padding, std::size_t picture_plane,
                                                      const float* picture, std::size_t canvas_plane, float* canvas) {
  const auto [i, j] = this_pixel();
  if (i >= part.canvas.height || j >= part.canvas.width) return;
  const int row = padded_index(i - part.window.top, part.window.height, padding);
  const int column = padded_index(j - part.window.left, part.window.width, padding);
  const bool is_zero = row < 0 || column < 0;
  const float value = is_zero ? 0 : picture[blockIdx.z * picture_plane + part.in_picture(row, column)];
  canvas[blockIdx.z * canvas_plane + static_cast<std::size_t>(i) * part.canvas.width + j] = value;
}

/// Grids of (columns, rows) of the part.
__global__ void __launch_bounds__(threads)
    gather_kernel(PartDesc part, std::size_t picture_plane, std::size_t canvas_plane, Telling telling, ToldSums sums) {
  const auto [i, j] = this_pixel();
  if (i >= part.window.height || j >= part.window.width) return;
  const std::size_t from = part.in_canvas(i, j);
  if (telling.shown.data()[from] > 0) return;
  const float* const x = telling.x.data() + from;
  const float* const base = telling.base.data() + from;
  const int channels = part.picture.channels;
  bool finite = true;
  for (int c = 0; c < channels; ++c) finite = finite && isfinite(x[c * canvas_plane] + base[c * canvas_plane]);
  if (!finite) return;
  const std::size_t to = part.in_picture(i, j);
  const float weight = telling.weight_of(i, j, part.window);
  sums.weight.data()[to] += weight;
  float* const sum = sums.sum.data() + to;
  for (int c = 0; c < channels; ++c) sum[c * picture_plane] += weight * (x[c * canvas_plane] + base[c * canvas_plane]);
}

dim3 grid_of(int height, int width, std::size_t planes) {
  return dim3(ceil_div(width, tile_width), ceil_div(height, tile_height), static_cast<unsigned>(planes));
}

}  // namespace

void cut(const Device& device, const PartDesc& part, Padding padding, std::span<const float> picture,
         std::span<float> canvas) {
  const std::size_t planes = picture.size() / part.picture.plane();
  DIPPER_CHECK_EQ(canvas.size(), planes * part.canvas.plane());
  launch(device, cut_kernel, grid_of(part.canvas.height, part.canvas.width, planes), dim3(tile_width, tile_height), 0,
         part, padding, part.picture.plane(), picture.data(), part.canvas.plane(), canvas.data());
}

void gather(const Device& device, const PartDesc& part, const Telling& telling, const ToldSums& sums) {
  launch(device, gather_kernel, grid_of(part.window.height, part.window.width, 1), dim3(tile_width, tile_height), 0,
         part, part.picture.plane(), part.canvas.plane(), telling, sums);
}

}  // namespace dipper::cuda
