// SPDX-License-Identifier: Apache-2.0
#include "api/seams.hpp"

namespace dipper {
namespace {

Membrane membrane_of(std::span<const float> weights, const Shape& picture, const Excerpt* excerpt) {
  if (excerpt == nullptr) return {weights, picture.channels, picture.height, picture.width};
  return {excerpt->cut(weights), picture.channels, excerpt->window().height, excerpt->window().width};
}

}  // namespace

Seams::Seams(std::span<const float> weights, const Shape& picture, const std::optional<Excerpt>& excerpt)
    : excerpt_(excerpt ? &*excerpt : nullptr), membrane_(membrane_of(weights, picture, excerpt_)) {}

void Seams::close(std::span<const float> values, std::vector<float>& x) {
  if (excerpt_ == nullptr) return membrane_.close_seams(values, x);
  std::vector<float> drawn = excerpt_->cut(x);
  membrane_.close_seams(excerpt_->cut(values), drawn);
  excerpt_->paste(drawn, x);
}

}  // namespace dipper
