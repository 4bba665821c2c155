// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

namespace dipper::test {

/// A connection to a server on this machine, letter by letter.
class Client {
 public:
  /// With `receive_bytes`, the system keeps about so much for who does not read, and not the megabytes that it may.
  explicit Client(int port, int receive_bytes = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_bytes > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() {
    if (socket_ >= 0) ::close(socket_);
  }
  Client(Client&& other) noexcept : socket_(std::exchange(other.socket_, -1)), read_(std::move(other.read_)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client& operator=(Client&&) = delete;

  void send(const std::string& text) const {
    static_cast<void>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
  }

  /// What comes until this is in it, or the end.
  std::string read_until(const std::string& wanted) {
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    std::array<char, 65536> bytes{};
    while (read_.find(wanted) == std::string::npos) {
      const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
      EXPECT_FALSE(count < 0 && errno == EAGAIN) << "nothing came in a long time, and nothing ended";
      if (count <= 0) break;
      read_.append(bytes.data(), static_cast<std::size_t>(count));
      if (std::chrono::steady_clock::now() > late) {
        ADD_FAILURE() << "it came and came, and did not end";
        break;
      }
    }
    return std::exchange(read_, {});
  }

  /// All that comes until the other side ends.
  std::string read_all() { return read_until(std::string(1, '\0') + "never"); }

 private:
  int socket_;
  std::string read_;
};

}  // namespace dipper::test
