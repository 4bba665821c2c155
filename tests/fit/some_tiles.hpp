// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/patience.hpp"

namespace dipper {

/// Ends after so many tiles.
class SomeTiles final : public Patience {
 public:
  explicit SomeTiles(int most) : left_(most) {}
  [[nodiscard]] bool go_on(double /*done*/) override { return --left_ > 0; }
  [[nodiscard]] double seconds_left() override { return left_ > 0 ? 1e9 : 0; }

 private:
  int left_;
};

}  // namespace dipper
