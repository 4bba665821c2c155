// SPDX-License-Identifier: Apache-2.0
#include "view/view.hpp"

#include <gtest/gtest.h>

#include "view/client.hpp"

namespace dipper::view {
namespace {

TEST(Views, ServeThePageToWhoHasTheToken) {
  View view({}, {}, {});
  const std::string url = view.url();
  const std::string host = url.substr(7, url.find("/?") - 7);
  const int port = std::stoi(host.substr(host.find(':') + 1));
  const auto ask = [&](const std::string& target, const std::string& header) {
    test::Client client(port);
    client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + header + "\r\n");
    return client.read_all();
  };
  EXPECT_NE(ask("/", "").find("403"), std::string::npos);
  const std::string page = ask(url.substr(url.find("/?")), "");
  EXPECT_NE(page.find("200 OK"), std::string::npos);
  const std::size_t begin = page.find("Set-Cookie: ") + 12;
  const std::string cookie = page.substr(begin, page.find(';', begin) - begin);
  EXPECT_NE(ask("/state", "Cookie: " + cookie + "\r\n").find("\"phase\":\"empty\""), std::string::npos);
}

TEST(Views, TakeThePortThatIsWanted) {
  int port = 0;
  {
    const View first({}, {}, {});
    const std::string url = first.url();
    port = std::stoi(url.substr(url.rfind(':') + 1));
    EXPECT_THROW(View({.port = port}, {}, {}), Error);
  }
  const View second({.port = port}, {}, {});
  EXPECT_NE(second.url().find(":" + std::to_string(port) + "/"), std::string::npos);
}

}  // namespace
}  // namespace dipper::view
