// SPDX-License-Identifier: Apache-2.0
#include "view/gate.hpp"

#include <gtest/gtest.h>

namespace dipper::view {
namespace {

constexpr int port = 8123;

std::string token_of(const Gate& gate) {
  const std::string url = gate.url();
  return url.substr(url.find('=') + 1);
}

HttpRequest get(const std::string& path) {
  return {.method = "GET", .place = {path, {}}, .host = "127.0.0.1:8123", .cookie = ""};
}

HttpRequest with_cookie(const Gate& gate, HttpRequest request) {
  request.cookie = "other=1; dipper-8123=" + token_of(gate) + "; more=2";
  return request;
}

HttpRequest post(const Gate& gate, const std::string& origin) {
  HttpRequest request = with_cookie(gate, get("/runs"));
  request.method = "POST";
  if (!origin.empty()) request.origin = origin;
  return request;
}

HttpRequest at_host(const Gate& gate, const std::string& host) {
  HttpRequest request = with_cookie(gate, get("/state"));
  request.host = host;
  return request;
}

int status(const Gate& gate, const HttpRequest& request) {
  const auto refused = gate.refuse(request);
  return refused ? refused->status : 200;
}

TEST(Gates, LetInWhoComesWithTheTokenAndThenWithItsCookie) {
  const Gate gate("127.0.0.1", port);
  EXPECT_EQ(gate.url(), "http://127.0.0.1:8123/?token=" + token_of(gate));
  EXPECT_EQ(token_of(gate).size(), 64);
  HttpRequest first = get("/");
  first.place.query["token"] = token_of(gate);
  EXPECT_EQ(status(gate, first), 200);
  EXPECT_EQ(gate.cookie(), "dipper-8123=" + token_of(gate) + "; HttpOnly; SameSite=Strict; Path=/");
  EXPECT_EQ(status(gate, with_cookie(gate, get("/state"))), 200);
}

TEST(Gates, RefuseWhoDoesNotKnowTheToken) {
  const Gate gate("127.0.0.1", port);
  EXPECT_EQ(status(gate, get("/")), 403);
  EXPECT_EQ(status(gate, get("/state")), 403);
  EXPECT_EQ(gate.refuse(get("/"))->type, "text/plain; charset=utf-8");  // for a person
  HttpRequest wrong = get("/");
  wrong.place.query["token"] = std::string(64, '0');
  EXPECT_EQ(status(gate, wrong), 403);
  HttpRequest elsewhere = get("/state");  // only the page itself is opened so
  elsewhere.place.query["token"] = token_of(gate);
  EXPECT_EQ(status(gate, elsewhere), 403);
  HttpRequest shorter = get("/state");
  shorter.cookie = "dipper-8123=" + token_of(gate).substr(1);
  EXPECT_EQ(status(gate, shorter), 403);
  HttpRequest other_name = get("/state");
  other_name.cookie = "xdipper-8123=" + token_of(gate);
  EXPECT_EQ(status(gate, other_name), 403);
}

TEST(Gates, EachHasAnotherToken) {
  EXPECT_NE(token_of(Gate("127.0.0.1", port)), token_of(Gate("127.0.0.1", port)));
}

TEST(Gates, RefuseOtherHosts) {
  const Gate gate("127.0.0.1", port);
  for (const char* host : {"localhost:8123", "127.0.0.1:8123", "[::1]:8123"}) {
    EXPECT_EQ(status(gate, at_host(gate, host)), 200) << host;
  }
  for (const char* host :
       {"", "127.0.0.1", "127.0.0.1:8124", "evil.example:8123", "localhost.evil.example:8123", "10.0.0.1:8123"}) {
    EXPECT_EQ(status(gate, at_host(gate, host)), 403) << host;
  }
}

TEST(Gates, AreNamedWithoutTheUsualPort) {
  const Gate gate("127.0.0.1", 80);
  EXPECT_EQ(gate.url().substr(0, 25), "http://127.0.0.1/?token=" + token_of(gate).substr(0, 1));
  HttpRequest request = get("/state");
  request.host = "localhost";
  request.cookie = "dipper-80=" + token_of(gate);
  EXPECT_EQ(status(gate, request), 200);
}

TEST(Gates, ThatListenEverywhereKnowNumbersButNoNames) {
  const Gate gate("0.0.0.0", port);
  for (const char* host : {"10.0.0.1:8123", "[fe80::1]:8123", "localhost:8123"}) {
    EXPECT_EQ(status(gate, at_host(gate, host)), 200) << host;
  }
  EXPECT_EQ(status(gate, at_host(gate, "evil.example:8123")), 403);
}

TEST(Gates, ChangesComeFromTheOwnPage) {
  const Gate gate("127.0.0.1", port);
  EXPECT_EQ(status(gate, post(gate, "http://127.0.0.1:8123")), 200);
  for (const char* origin : {"", "null", "http://evil.example", "https://127.0.0.1:8123", "http://127.0.0.1:8124",
                             "http://localhost:8123"}) {
    EXPECT_EQ(status(gate, post(gate, origin)), 403) << origin;
  }
  HttpRequest other = with_cookie(gate, get("/state"));
  other.origin = "http://evil.example";
  EXPECT_EQ(status(gate, other), 403);
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "HEAD", "CONNECT"}) {
    HttpRequest request = with_cookie(gate, get("/state"));
    request.method = method;
    EXPECT_EQ(status(gate, request), 405) << method;
  }
}

}  // namespace
}  // namespace dipper::view
