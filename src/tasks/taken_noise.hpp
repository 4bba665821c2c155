// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "dipper/image.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// How much of a noisy picture's own noise a method's result still has: for each pixel, [row][column], what is to be
/// expected of its noise times the result's error, summed over the colour channels. `restored`: the method's result.
///
/// By Stein's lemma that is the noise's variance times the result's derivative by the pixel, which a second run on a
/// picture with a little more noise tells (Ramani, Blu and Unser, "Monte-Carlo SURE", 2008); smoothed over 17x17
/// pixels, since one pixel's says little. Nothing where the observation names no noise.
[[nodiscard]] std::vector<float> taken_noise(const Observation& observation, const TaskMethod& method,
                                             const Image& restored, std::uint64_t seed, int threads);

}  // namespace dipper
