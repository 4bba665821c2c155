// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace dipper {

/// Of things that come one after the other, nobody knows how many: at most so many, evenly. Whenever there are more,
/// every second one goes, and of those to come one in twice as many is kept.
template <class T>
class Evenly {
 public:
  explicit Evenly(std::size_t most) : most_(most) {}

  /// make() is called for what is kept alone.
  template <class Make>
  void add(const Make& make) {
    if (seen_++ % between_ != 0) return;
    kept_.push_back(make());
    if (kept_.size() <= most_) return;
    std::size_t count = 0;
    for (std::size_t n = 0; n < kept_.size(); n += 2) std::swap(kept_[count++], kept_[n]);
    kept_.resize(count);
    between_ *= 2;
  }

  [[nodiscard]] const std::vector<T>& kept() const { return kept_; }

 private:
  std::size_t most_;
  std::size_t seen_ = 0;
  std::size_t between_ = 1;
  std::vector<T> kept_;
};

}  // namespace dipper
