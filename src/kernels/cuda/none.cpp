// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/devices.hpp"

namespace dipper::cuda {

std::string describe_devices() {
  return "this build has no CUDA; configure with DIPPER_CUDA=ON for it";
}

}  // namespace dipper::cuda
