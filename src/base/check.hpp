// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>

/// A bug, not a user's mistake: says where and what, and ends the process.
#define DIPPER_CHECK(condition)                                               \
  do {                                                                        \
    if (!(condition)) ::dipper::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)

/// Checks a == b and prints both when they differ.
#define DIPPER_CHECK_EQ(a, b) ::dipper::check_equal(__FILE__, __LINE__, #a " == " #b, (a), (b))

namespace dipper {

[[noreturn]] void check_failed(const char* file, int line, const std::string& what);

template <class A, class B>
void check_equal(const char* file, int line, const char* text, const A& a, const B& b) {
  if (a == b) return;
  std::ostringstream out;
  out << text << " (" << a << " and " << b << ")";
  check_failed(file, line, out.str());
}

}  // namespace dipper
