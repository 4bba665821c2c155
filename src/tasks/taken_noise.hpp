// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dipper/image.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// How noisy some pixels are, and how much of that a method's result still has.
struct TakenNoise {
  std::vector<float> taken;  // of each, its noise times the result's error, summed over the colour channels
  std::vector<float> near;   // of each pixel of the picture, the mean of that near it, 0 or more; [row][column]
  double noise = 0;          // mean square of the noise
};

/// What is to be expected of these pixels. `restored`: the method's result, of a picture whose noise is known. Throws
/// OutOfPatience when patience ends first.
///
/// The method is run again on a picture with other noise in their place, of the kind of theirs, on what it makes of
/// them when they are missing. That noise is known, so what the result takes over of it is seen. A probe of the noise's
/// own size and shape finds what an infinitesimal one ("Monte-Carlo SURE", Ramani, Blu and Unser, 2008) would get
/// wrong: Stein's lemma holds for no clipped noise, and BM3D's result jumps at its thresholds.
[[nodiscard]] TakenNoise taken_noise(const Observation& observation, const TaskMethod& method, const Image& restored,
                                     std::span<const std::size_t> pixels, std::uint64_t seed, int threads,
                                     Patience& patience = Patience::endless());

}  // namespace dipper
