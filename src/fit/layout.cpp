// SPDX-License-Identifier: Apache-2.0
#include "fit/layout.hpp"

#include "nets/nets.hpp"

namespace dipper {
namespace {

int round_up(int n, int multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace

Layout::Layout(const Shape& size, int margin, const Recipe& recipe) : picture(size), canvas(size) {
  const int multiple = find_network(recipe.network).multiple(recipe.net);
  canvas.height = round_up(size.height + 2 * margin, multiple);
  canvas.width = round_up(size.width + 2 * margin, multiple);
  top = (canvas.height - size.height) / 2;
  left = (canvas.width - size.width) / 2;
}

}  // namespace dipper
