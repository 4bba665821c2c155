// SPDX-License-Identifier: Apache-2.0
#include "cli/claim.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "base/sha256.hpp"
#include "cli/clashes.hpp"
#include "dipper/error.hpp"

namespace dipper::cli {
namespace {

namespace fs = std::filesystem;

std::string name_of(const fs::path& file) {
  const std::string path = resolved(file).string();
  return "dipper " + sha256_of(std::as_bytes(std::span(path)));
}

}  // namespace

// An address of the abstract namespace, which only one socket can have; nobody ever connects to it.
Claim::Claim(const fs::path& file) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (socket_ < 0) return;  // no promise can be kept without one, and none is worth failing for
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = name_of(file);
  static_assert(sizeof address.sun_path > 1 + 7 + 64);
  std::copy(name.begin(), name.end(), address.sun_path + 1);  // after a zero
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) == 0 || errno != EADDRINUSE) return;
  ::close(socket_);
  throw Error(
      fmt::format("another run of dipper writes {} just now; wait for it, or name another output", file.string()));
}

Claim::~Claim() {
  if (socket_ >= 0) ::close(socket_);
}

Claim::Claim(Claim&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

}  // namespace dipper::cli
