// SPDX-License-Identifier: Apache-2.0
#include "nets/parts.hpp"

#include "base/check.hpp"

namespace dipper {

Padding padding_of(const std::string& word) {
  DIPPER_CHECK(word == "zero" || word == "reflect");
  return word == "zero" ? Padding::zero : Padding::reflect;
}

Interpolation interpolation_of(const std::string& word) {
  DIPPER_CHECK(word == "nearest" || word == "bilinear");
  return word == "nearest" ? Interpolation::nearest : Interpolation::bilinear;
}

}  // namespace dipper
