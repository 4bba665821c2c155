// SPDX-License-Identifier: Apache-2.0
// Backend::cut and gather, a thread for each pixel.
#include "kernels/part.hpp"

#include "base/check.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/pixels.cuh"

namespace dipper::cuda {
namespace {

/// Grids of (columns, rows, planes) of the canvas.
__global__ void __launch_bounds__(tile_threads)
    cut_kernel(PartDesc part, Padding padding, std::size_t picture_plane, const float* picture,
               std::size_t canvas_plane, float* canvas) {
  const auto [i, j] = this_pixel();
  if (i >= part.canvas.height || j >= part.canvas.width) return;
  const int row = padded_index(i - part.window.top, part.window.height, padding);
  const int column = padded_index(j - part.window.left, part.window.width, padding);
  const bool is_zero = row < 0 || column < 0;
  const float value = is_zero ? 0 : picture[blockIdx.z * picture_plane + part.in_picture(row, column)];
  canvas[blockIdx.z * canvas_plane + static_cast<std::size_t>(i) * part.canvas.width + j] = value;
}

/// Grids of (columns, rows) of the part.
__global__ void __launch_bounds__(tile_threads)
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

}  // namespace

void cut(const Device& device, const PartDesc& part, Padding padding, std::span<const float> picture,
         std::span<float> canvas) {
  const std::size_t planes = picture.size() / part.picture.plane();
  DIPPER_CHECK_EQ(canvas.size(), planes * part.canvas.plane());
  launch_tiles(device, cut_kernel, part.canvas.height, part.canvas.width, planes, part, padding, part.picture.plane(),
               picture.data(), part.canvas.plane(), canvas.data());
}

void gather(const Device& device, const PartDesc& part, const Telling& telling, const ToldSums& sums) {
  launch_tiles(device, gather_kernel, part.window.height, part.window.width, 1, part, part.picture.plane(),
               part.canvas.plane(), telling, sums);
}

}  // namespace dipper::cuda
