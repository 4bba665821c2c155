// SPDX-License-Identifier: Apache-2.0
#include "view/gate.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "dipper/error.hpp"

namespace dipper::view {
namespace {

std::string random_token() {
  std::array<unsigned char, 32> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error("the system gives no random numbers, without which the page would be open to others");
  }
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// In a time that says nothing of where they differ.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) different |= static_cast<unsigned char>(a[i] ^ b[i]);
  return different == 0;
}

// The cookie of this name in "a=1; b=2".
std::string_view cookie_of(std::string_view all, std::string_view name) {
  while (!all.empty()) {
    std::string_view one = all.substr(0, all.find(';'));
    all.remove_prefix(std::min(one.size() + 1, all.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    if (one.starts_with(name) && one.substr(name.size()).starts_with('=')) return one.substr(name.size() + 1);
  }
  return {};
}

std::string in_brackets(const std::string& address) {
  return address.find(':') == std::string::npos ? address : fmt::format("[{}]", address);
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace

Gate::Gate(const std::string& address, int port)
    : token_(random_token()),
      cookie_name_(fmt::format("dipper-{}", port)),
      port_(port == 80 ? "" : fmt::format(":{}", port)),  // as browsers have it
      everywhere_(address == "0.0.0.0" || address == "::") {
  if (!everywhere_) hosts_.push_back(in_brackets(address) + port_);
  if (everywhere_ || is_loopback(address)) {
    for (const char* name : {"127.0.0.1", "localhost", "[::1]"}) hosts_.push_back(name + port_);
  }
}

std::string Gate::url() const {
  return fmt::format("http://{}/?token={}", hosts_.front(), token_);
}

std::optional<HttpResponse> Gate::refuse(const HttpRequest& request) const {
  if (!is_own_name(request.host)) {
    return refusal(403, "this page is only served under the address that dipper printed");
  }
  if (request.method != "GET" && request.method != "POST") return refusal(405, "only GET and POST are known here");
  const std::string own = "http://" + request.host;
  const bool must_tell = request.method == "POST";  // browsers do
  if (must_tell && !request.origin) return refusal(403, "a change must come from dipper's own page");
  if (request.origin && *request.origin != own) return refusal(403, "this is for dipper's own page alone");
  if (!knows_token(request)) {
    const std::string sentence = "open the whole address that dipper printed when it began, with its token";
    if (request.place.path != "/") return refusal(403, sentence);
    return HttpResponse{.status = 403, .type = "text/plain; charset=utf-8", .body = "dipper: " + sentence + "\n"};
  }
  return std::nullopt;
}

// Nobody can make a number point elsewhere, as a name can be made to.
bool Gate::is_own_name(const std::string& host) const {
  if (std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end()) return true;
  if (!everywhere_ || !host.ends_with(port_)) return false;
  std::string name = host.substr(0, host.size() - port_.size());
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  in6_addr number{};
  return ::inet_pton(AF_INET, name.c_str(), &number) == 1 || ::inet_pton(AF_INET6, name.c_str(), &number) == 1;
}

bool Gate::knows_token(const HttpRequest& request) const {
  if (request.method == "GET" && request.place.path == "/" && same(request.place.get("token", ""), token_)) return true;
  return same(cookie_of(request.cookie, cookie_name_), token_);
}

std::string Gate::cookie() const {
  return fmt::format("{}={}; HttpOnly; SameSite=Strict; Path=/", cookie_name_, token_);
}

}  // namespace dipper::view
