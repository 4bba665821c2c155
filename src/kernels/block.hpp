// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace dipper {

/// Gives memory back to where it came from.
struct GiveBack {
  void (*to)(float*) = nullptr;
  void operator()(float* memory) const {
    if (to != nullptr) to(memory);
  }
};

/// Memory of a backend.
using Block = std::unique_ptr<float, GiveBack>;

}  // namespace dipper
