// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/backend.hpp"

namespace dipper {

/// Whether this program's CUDA device is the emulated one (tests/emulated_cuda), some thousand times slower than a real
/// one: then tests do with small pictures and few steps.
inline bool is_emulated() {
  const std::vector<CudaDevice> devices = cuda_devices();
  return !devices.empty() && devices.front().name == "an emulated device";
}

}  // namespace dipper
