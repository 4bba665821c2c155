// SPDX-License-Identifier: Apache-2.0
#include "view/http.hpp"

#include <gtest/gtest.h>

#include "dipper/error.hpp"

namespace dipper::view {
namespace {

TEST(Targets, HaveAPathAndDecodedValues) {
  const auto place = parse_target("/pictures?name=caf%C3%A9+1%26.png&size=40&flag");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->path, "/pictures");
  EXPECT_EQ(place->at("name"), "caf\xC3\xA9 1&.png");
  EXPECT_EQ(place->get("size", "1"), "40");
  EXPECT_EQ(place->get("flag", "1"), "");
  EXPECT_EQ(place->get("other", "1"), "1");
  EXPECT_THROW(static_cast<void>(place->at("other")), Error);
}

TEST(Targets, OfThePageAreKnown) {
  for (const char* target : {"/", "/page.css", "/dygraph.min.js", "/run/pause", "/frames/250?size=400", "/a-b_c/D9"}) {
    EXPECT_TRUE(parse_target(target)) << target;
  }
}

TEST(Targets, ThatLeadElsewhereAreRefused) {
  for (
      const char* target :
      {"",      "*",        "page.css",  "http://host/", "/../etc/passwd", "/a/../b",         "/./a",    "/a/.",
       "/a..b", "//a",      "/a//b",     "/%2e%2e/a",    "/a\\b",          "/a%00",           "/a b",    "/.hidden",
       "/a.",   "/?name=%", "/?name=%2", "/?name=%zz",   "/?name=%00",     "/?name=a%0d%0ab", "/?%0a=1", "/\xC3\xA9"}) {
    EXPECT_FALSE(parse_target(target)) << target;
  }
  EXPECT_FALSE(parse_target("/" + std::string(2000, 'a')));
  EXPECT_TRUE(parse_target("/" + std::string(1999, 'a')));
}

TEST(Refusals, AreOneSentenceInJson) {
  const HttpResponse response = refusal(404, "there is no \"a\" here");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"error":"there is no \"a\" here"})");
}

TEST(Attachments, HaveANameThatNoHeaderIsBrokenBy) {
  EXPECT_EQ(as_attachment("a photo.png"), "attachment; filename=\"a_photo.png\"; filename*=UTF-8''a%20photo.png");
  EXPECT_EQ(as_attachment("\"\r\nX: y"), "attachment; filename=\"___X__y\"; filename*=UTF-8''%22%0D%0AX%3A%20y");
}

}  // namespace
}  // namespace dipper::view
