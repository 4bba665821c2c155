// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "view/http.hpp"

namespace dipper::view {

/// What a server answers with, and what it lets others do to it.
struct ServerParts {
  std::function<std::optional<HttpResponse>(const HttpRequest&)> refuse;  ///< before a body is read; nothing: let in
  std::function<std::size_t(const HttpRequest&)> most_body;               ///< bytes
  std::function<HttpResponse(const HttpRequest&)> answer;                 ///< on a thread of its own, one at a time
  std::function<std::uint64_t()> version;  ///< of the news: another number when there are others
  std::function<std::string()> news;       ///< one line for those that listen to them
};

struct ServerLimits {
  std::size_t connections = 96;
  std::uint32_t header_bytes = 16384;
  std::chrono::milliseconds header_time{10'000};  ///< for a request's header to come
  std::chrono::milliseconds body_time{120'000};   ///< and for its body
  std::chrono::milliseconds write_time{20'000};   ///< for somebody to take some of an answer
  std::chrono::milliseconds end_time{2'000};      ///< that somebody may go on talking after the last answer
  std::chrono::milliseconds news_pause{200};      ///< from one piece of news to the next
};

/// HTTP/1.1 and server-sent events. One thread waits for all connections and never works; whoever is slow is waited
/// for by nobody, and does not get the news that he missed but the last.
class Server {
 public:
  class State;

  /// Listens at the address ("127.0.0.1") and port (0: any that is free), and answers nobody before serve(). Throws
  /// Error when that is not possible.
  Server(const std::string& address, int port, const ServerLimits& limits = {});
  /// Ends all connections.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] int port() const;

  /// Returns at once. To be called once.
  void serve(ServerParts parts);

 private:
  std::unique_ptr<State> state_;
};

}  // namespace dipper::view
