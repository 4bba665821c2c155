// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "dipper/dipper.hpp"
#include "kernels/backend.hpp"

namespace dipper {

/// A backend, and what the bits of a fit follow from when it runs there.
struct Device {
  std::unique_ptr<Backend> backend;
  std::string origin;  // "cpu AVX3", "cuda bf16"
};

/// The device that Settings name. Throws Error that lists the devices when there is none of that name, and for a
/// precision that the device has not.
[[nodiscard]] Device make_device(const Settings& settings);

}  // namespace dipper
