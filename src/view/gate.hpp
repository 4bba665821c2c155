// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "view/http.hpp"

namespace dipper::view {

/// Who may ask: the page that was opened by the address with the token, and nobody else on this machine or in another
/// tab. A name that only points here (DNS rebinding) fails by its Host, another site's form or script by its Origin,
/// and a program that does not know the token by that.
class Gate {
 public:
  /// address: that the server listens on, "127.0.0.1".
  Gate(const std::string& address, int port);

  /// The page, with the token: what is opened in a browser.
  [[nodiscard]] std::string url() const;

  /// Nothing for who may ask; else the answer. To be asked before a body is read.
  [[nodiscard]] std::optional<HttpResponse> refuse(const HttpRequest& request) const;

  /// The value of Set-Cookie that lets in from then on who came with the token.
  [[nodiscard]] std::string cookie() const;

 private:
  [[nodiscard]] bool is_own_name(const std::string& host) const;
  [[nodiscard]] bool knows_token(const HttpRequest& request) const;

  std::string token_;
  std::string cookie_name_;
  std::string port_;                // ":8000"
  std::vector<std::string> hosts_;  // the first is the one that is opened
  bool everywhere_;                 // this machine has more addresses than those
};

}  // namespace dipper::view
