// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace dipper {

/// Bytes of the process that are in memory now; 0 where the system does not say.
[[nodiscard]] std::size_t resident_bytes();

/// The most that there have been since the process began.
[[nodiscard]] std::size_t peak_resident_bytes();

}  // namespace dipper
