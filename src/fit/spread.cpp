// SPDX-License-Identifier: Apache-2.0
#include "fit/spread.hpp"

#include "base/check.hpp"

namespace dipper {

// A running mean and a running mean square of the difference from it (Welford, 1962), in which the n-th result has the
// share (1 + f) / (n + f): 1 / n for f = 0, and more for later ones the larger f is (Shamir and Zhang, 2013).
void Spread::add(std::span<const float> x) {
  DIPPER_CHECK_EQ(x.size(), mean_.size());
  const float forgotten = late_ ? 3.0F : 0.0F;
  const float share = (1 + forgotten) / (static_cast<float>(++count_) + forgotten);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float apart = x[i] - mean_[i];
    mean_[i] += share * apart;
    square_[i] = (1 - share) * (square_[i] + share * apart * apart);
  }
}

std::vector<float> Spread::squares() const {
  std::vector<float> means(shape_.plane(), 0.0F);
  for (int c = 0; c < shape_.channels; ++c) {
    for (std::size_t i = 0; i < means.size(); ++i) {
      means[i] += square_[c * shape_.plane() + i] / static_cast<float>(shape_.channels);
    }
  }
  return means;
}

void Spread::visit(StateVisitor& visitor) {
  visitor.integer("spread.count", count_);
  visitor.tensor("spread/mean", sizes_of(shape_), mean_);
  visitor.tensor("spread/square", sizes_of(shape_), square_);
}

}  // namespace dipper
