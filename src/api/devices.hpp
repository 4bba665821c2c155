// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kernels/backend.hpp"

namespace dipper {

/// The backend that Settings::device names. Throws Error that lists the devices when there is none of that name.
[[nodiscard]] std::unique_ptr<Backend> make_backend(const std::string& device, int threads);

}  // namespace dipper
