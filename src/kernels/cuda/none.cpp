// SPDX-License-Identifier: Apache-2.0
// In place of the CUDA backend, in a build without it.
#include "dipper/error.hpp"
#include "kernels/backend.hpp"

namespace dipper {

std::vector<CudaDevice> cuda_devices() {
  return {};
}

std::string why_no_cuda() {
  return "this build has no CUDA (DIPPER_CUDA is off)";
}

std::unique_ptr<Backend> make_cuda_backend(int /*device*/, Precision /*precision*/) {
  throw Error(why_no_cuda());
}

}  // namespace dipper
