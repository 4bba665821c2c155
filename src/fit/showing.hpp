// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "kernels/showing.hpp"

namespace dipper {

/// For memory that is the host's.
[[nodiscard]] std::unique_ptr<Showing> make_host_showing(const ShowingDesc& desc);

}  // namespace dipper
