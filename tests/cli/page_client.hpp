// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "view/client.hpp"

namespace dipper::test {

/// What a page does, for the address that the program printed.
class PageClient {
 public:
  explicit PageClient(const std::string& url)
      : host_(url.substr(7, url.find("/?") - 7)), port_(std::stoi(host_.substr(host_.find(':') + 1))) {
    cookie_ = "dipper-" + std::to_string(port_) + "=" + url.substr(url.find("token=") + 6);
  }

  /// The body of the answer.
  [[nodiscard]] std::string get(const std::string& target) const { return ask("GET", target, ""); }
  std::string post(const std::string& target, const std::string& body = "{}") const {
    return ask("POST", target, body);
  }

  [[nodiscard]] nlohmann::json state() const { return nlohmann::json::parse(get("/state")); }

  bool wait_for(const std::string& phase) const {
    for (int wait = 0; wait < 4000; ++wait) {
      if (state().at("phase") == phase) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

 private:
  [[nodiscard]] std::string ask(const std::string& method, const std::string& target, const std::string& body) const {
    Client client(port_);
    client.send(method + " " + target + " HTTP/1.1\r\nHost: " + host_ + "\r\nOrigin: http://" + host_ +
                "\r\nCookie: " + cookie_ + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    const std::string text = client.read_all();
    const std::size_t end = text.find("\r\n\r\n");
    return end == std::string::npos ? text : text.substr(end + 4);
  }

  std::string host_;
  int port_;
  std::string cookie_;
};

}  // namespace dipper::test
