// SPDX-License-Identifier: Apache-2.0

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "kernels/backend.hpp"

namespace dipper {

std::string cuda_devices() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) return fmt::format("no device to see: {}", cudaGetErrorString(status));
  std::string all;
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) continue;
    all += fmt::format("{}{}, {:.0f} GiB", all.empty() ? "" : "; ", properties.name,
                       static_cast<double>(properties.totalGlobalMem) / (1 << 30));
  }
  return all + "; seen, but fits run on the cpu in this version";
}

}  // namespace dipper
