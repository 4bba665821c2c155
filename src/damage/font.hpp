// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace dipper {

/// The font that text is set in, a TrueType file: DejaVu Sans, embedded when dipper is built.
[[nodiscard]] std::span<const unsigned char> font_file();

}  // namespace dipper
