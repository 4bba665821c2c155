// SPDX-License-Identifier: Apache-2.0
// The target of a request to the page, such as "/frames/250?size=400".
#include <algorithm>

#include "base/check.hpp"
#include "fuzz.hpp"
#include "view/http.hpp"

void dipper::fuzz::take(std::span<const std::byte> input) {
  const auto place = view::parse_target({reinterpret_cast<const char*>(input.data()), input.size()});
  if (!place) return;
  DIPPER_CHECK(place->path.starts_with('/'));
  DIPPER_CHECK_EQ(place->path.find(".."), std::string::npos);
  DIPPER_CHECK_EQ(place->path.find("//"), std::string::npos);
  for (const auto& [name, value] : place->query) {
    const auto is_plain = [](char letter) { return static_cast<unsigned char>(letter) >= 32 && letter != 127; };
    DIPPER_CHECK(std::ranges::all_of(name, is_plain) && std::ranges::all_of(value, is_plain));
    DIPPER_CHECK(std::ranges::all_of(view::as_attachment(value), [](char letter) { return letter >= 32; }));
  }
}
