// SPDX-License-Identifier: Apache-2.0
#include "fit/recipe.hpp"

#include "base/check.hpp"
#include "fuzz.hpp"

void dipper::fuzz::take(std::span<const std::byte> input) {
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  const Recipe recipe = parse_recipe(text, "fuzz", "fuzz.toml");
  const std::string written = to_text(recipe);
  DIPPER_CHECK_EQ(to_text(parse_recipe(written, "fuzz", "fuzz.toml")), written);
  check(recipe);
}
