// SPDX-License-Identifier: Apache-2.0
// A thread for each pixel of planes of float32.
#pragma once

#include <cstddef>

#include "kernels/cuda/blocks.cuh"

namespace dipper::cuda {

inline constexpr int tile_width = 32;
inline constexpr int tile_height = 8;
inline constexpr int tile_threads = tile_width * tile_height;

struct Pixel {
  int i;
  int j;
};

/// Of this thread; beyond the plane at its ends.
__device__ inline Pixel this_pixel() {
  return {static_cast<int>(blockIdx.y * tile_height + threadIdx.y),
          static_cast<int>(blockIdx.x * tile_width + threadIdx.x)};
}

/// Launches kernels whose grids are (columns, rows, planes) in tiles.
template <class... Parameters, class... Arguments>
void launch_tiles(const Device& device, void (*kernel)(Parameters...), int height, int width, std::size_t planes,
                  Arguments&&... arguments) {
  const dim3 grid(ceil_div(width, tile_width), ceil_div(height, tile_height), static_cast<unsigned>(planes));
  launch(device, kernel, grid, dim3(tile_width, tile_height), 0, static_cast<Arguments&&>(arguments)...);
}

}  // namespace dipper::cuda
