// SPDX-License-Identifier: Apache-2.0
#include "kernels/backend.hpp"

namespace dipper {

std::string cuda_devices() {
  return "this build has no CUDA; configure with DIPPER_CUDA=ON for it";
}

}  // namespace dipper
