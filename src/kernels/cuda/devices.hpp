// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace dipper::cuda {

/// One line on the NVIDIA devices of this machine, or on why there are none to see. Built without CUDA, none.cpp
/// answers.
[[nodiscard]] std::string describe_devices();

}  // namespace dipper::cuda
