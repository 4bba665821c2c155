// SPDX-License-Identifier: Apache-2.0
#include "fit/rollback.hpp"

#include <algorithm>
#include <cmath>

namespace dipper {

bool Rollback::check(int iteration, float loss, std::span<const std::span<float>> state) {
  if (every_ == 0 || iteration % every_ != 0) return false;
  const bool collapsed = !good_.empty() && !(10 * std::log10(loss / good_loss_) <= drop_);  // NaN too
  if (collapsed) {
    for (std::size_t i = 0; i < state.size(); ++i) std::copy_n(good_[i].data(), state[i].size(), state[i].begin());
    return true;
  }
  if (!std::isfinite(loss)) return false;
  if (good_.empty()) {
    for (const std::span<float> part : state) good_.emplace_back(part.size());
  }
  for (std::size_t i = 0; i < state.size(); ++i) std::copy(state[i].begin(), state[i].end(), good_[i].data());
  good_loss_ = loss;
  return false;
}

}  // namespace dipper
