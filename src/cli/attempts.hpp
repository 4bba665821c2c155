// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dipper/error.hpp"

namespace dipper::cli {

/// Things of which each is done whether or not another could be, such as writing several files.
class Attempts {
 public:
  /// Does it, and keeps what an Error says unless an earlier one was kept. Returns whether it was done.
  template <class Work>
  bool operator()(const Work& work) {
    try {
      work();
      return true;
    } catch (const Error& error) {
      if (failure_.empty()) failure_ = error.what();
      return false;
    }
  }

  /// What went wrong first; empty: nothing.
  [[nodiscard]] const std::string& failure() const { return failure_; }

  /// Throws Error when something went wrong.
  void finish() const {
    if (!failure_.empty()) throw Error(failure_);
  }

 private:
  std::string failure_;
};

}  // namespace dipper::cli
