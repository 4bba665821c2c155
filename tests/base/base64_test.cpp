// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <utility>

namespace dipper {
namespace {

TEST(Base64, IsThatOfTheStandard) {
  // RFC 4648, section 10.
  const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, encoded] : cases) EXPECT_EQ(base64(std::as_bytes(std::span(text))), encoded);
}

TEST(Base64, OfBytesThatAreNoText) {
  const std::array<std::byte, 4> bytes{std::byte{0}, std::byte{255}, std::byte{254}, std::byte{63}};
  EXPECT_EQ(base64(bytes), "AP/+Pw==");
}

}  // namespace
}  // namespace dipper
