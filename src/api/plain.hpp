// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/pictures.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// What can be made in no time: the picture with its gaps filled smoothly, a small one enlarged by cubic convolution,
/// any other as it came. Its colours in [0, 1], [channel][row][column], as large as the restored picture.
[[nodiscard]] std::vector<float> plain_result(const Observation& observation, const Range& range);

}  // namespace dipper
