// SPDX-License-Identifier: Apache-2.0
#include "kernels/backend.hpp"

namespace dipper {

std::string cuda_devices() {
  return "this build does not look for NVIDIA devices (DIPPER_CUDA is off)";
}

}  // namespace dipper
