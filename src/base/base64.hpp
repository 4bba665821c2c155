// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace dipper {

/// The bytes as text (RFC 4648, section 4), padded.
[[nodiscard]] std::string base64(std::span<const std::byte> bytes);

}  // namespace dipper
