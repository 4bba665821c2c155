// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

namespace dipper::cli {

/// Writes to stderr. Whoever listened there may have gone, which must not cost a fit: failures are ignored.
inline void say(const char* text) {
  static_cast<void>(std::fputs(text, stderr));
}
inline void say(const std::string& text) {
  say(text.c_str());
}

}  // namespace dipper::cli
