// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace dipper {

/// A request that cannot be met: its message is one sentence that says what is wrong and what to do.
/// Bugs never throw this; they trip a DIPPER_CHECK.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

/// The request was fine but the fit diverged: its loss became infinite or not a number, or its picture one value.
class FitError : public Error {
 public:
  using Error::Error;
};

/// Whoever asked for it stopped the work before there was a picture.
class Stopped : public Error {
 public:
  using Error::Error;
};

}  // namespace dipper
