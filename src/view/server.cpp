// SPDX-License-Identifier: Apache-2.0
#include "view/server.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <new>
#include <set>
#include <thread>
#include <utility>

#include "dipper/error.hpp"

namespace dipper::view {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

std::string text_of(beast::string_view view) {
  return {view.data(), view.size()};
}

std::string field(const http::request_header<>& header, http::field name) {
  return text_of(header[name]);
}

}  // namespace

class Connection;

// Everything on one thread, but for `answer`, which is on the worker's.
class Server::State {
 public:
  State(const std::string& address, int port, const ServerLimits& limits);

  void serve(ServerParts parts);
  void stop();

  [[nodiscard]] int port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] const ServerLimits& limits() const { return limits_; }
  [[nodiscard]] const ServerParts& parts() const { return parts_; }
  [[nodiscard]] asio::thread_pool& worker() { return worker_; }

  void listen_to_news(const std::shared_ptr<Connection>& connection) { listeners_.insert(connection); }
  void leave(const std::shared_ptr<Connection>& connection) { listeners_.erase(connection); }
  [[nodiscard]] const std::shared_ptr<int>& ticket() const { return ticket_; }

 private:
  void run();
  void accept();
  void accept_later();
  void tell_news();

  ServerLimits limits_;
  ServerParts parts_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer accept_timer_{context_};
  asio::steady_timer news_timer_{context_};
  asio::thread_pool worker_{1};
  std::thread thread_;
  std::set<std::shared_ptr<Connection>> listeners_;
  std::shared_ptr<int> ticket_ = std::make_shared<int>();  // each open connection has a copy
  std::uint64_t told_ = 0;
  int silent_ = 0;  // pauses since something was told
};

// One after the other: a header, whether it is let in, a body, an answer; or, for ever, the news.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Server::State& server)
      : stream_(std::move(socket)), server_(server), ticket_(server.ticket()) {}

  void read_header();

  // What was not taken yet is not waited for: only the newest is worth sending.
  void tell(const std::shared_ptr<const std::string>& news);

 private:
  void take_header(error_code error);
  void read_body();
  void take_body(error_code error);
  void answer();
  void send(HttpResponse response, bool last);
  void write_some();
  void begin_news();
  void send_news();
  void end();
  void hear_out();
  void close();

  template <class Method>
  auto then(Method method) {
    return [self = shared_from_this(), method](error_code error, std::size_t /*bytes*/) { ((*self).*method)(error); };
  }

  beast::tcp_stream stream_;
  Server::State& server_;
  std::shared_ptr<int> ticket_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  HttpRequest request_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  bool keep_ = true;
  bool last_ = false;
  std::shared_ptr<const std::string> sending_;
  std::shared_ptr<const std::string> waiting_;
};

void Connection::read_header() {
  parser_.emplace();
  parser_->header_limit(server_.limits().header_bytes);
  parser_->body_limit(boost::none);  // until it is known whose it is
  stream_.expires_after(server_.limits().header_time);
  http::async_read_header(stream_, buffer_, *parser_, then(&Connection::take_header));
}

void Connection::take_header(error_code error) {
  if (error == http::error::header_limit) return send(refusal(431, "the request's header is too long"), true);
  if (error && error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream) {
    return send(refusal(400, "this is no request of HTTP"), true);
  }
  if (error) return close();
  const http::request_header<>& header = parser_->get().base();
  const auto place = parse_target({header.target().data(), header.target().size()});
  if (!place) return send(refusal(400, "there is no such address here"), true);
  request_ = {.method = text_of(header.method_string()),
              .place = *place,
              .host = field(header, http::field::host),
              .cookie = field(header, http::field::cookie)};
  if (header.count(http::field::origin) > 0) request_.origin = field(header, http::field::origin);
  keep_ = parser_->keep_alive();
  if (auto refused = server_.parts().refuse(request_)) return send(std::move(*refused), true);
  read_body();
}

void Connection::read_body() {
  const std::size_t most = server_.parts().most_body(request_);
  parser_->body_limit(most);
  if (const auto length = parser_->content_length(); length && *length > most) {
    return send(refusal(413, fmt::format("more than {} bytes are not taken here", most)), true);
  }
  stream_.expires_after(server_.limits().body_time);
  http::async_read(stream_, buffer_, *parser_, then(&Connection::take_body));
}

void Connection::take_body(error_code error) {
  if (error == http::error::body_limit) return send(refusal(413, "the request's body is too long"), true);
  if (error) return close();
  request_.body = std::move(parser_->get().body());
  stream_.expires_never();
  asio::post(server_.worker(), [self = shared_from_this()] { self->answer(); });
}

// On the worker's thread.
void Connection::answer() {
  HttpResponse response;
  try {
    response = server_.parts().answer(request_);
  } catch (const Error& error) {
    response = refusal(400, error.what());
  } catch (const std::bad_alloc&) {
    response = refusal(507, "there is not enough memory for this");
  } catch (const std::exception& error) {
    response = refusal(500, error.what());
  }
  asio::post(stream_.get_executor(), [self = shared_from_this(), made = std::move(response)]() mutable {
    made.events ? self->begin_news() : self->send(std::move(made), !self->keep_);
  });
}

void Connection::send(HttpResponse response, bool last) {
  request_.body.clear();
  response_ = {};
  response_.result(static_cast<unsigned>(response.status));
  response_.version(11);
  response_.keep_alive(!last);
  response_.set(http::field::content_type, response.type);
  response_.set(http::field::cache_control, "no-store");
  response_.set("Content-Security-Policy",
                "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  response_.set("X-Content-Type-Options", "nosniff");
  response_.set("Referrer-Policy", "no-referrer");
  response_.set("Cross-Origin-Resource-Policy", "same-origin");
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  response_.body() = std::move(response.body);
  response_.prepare_payload();
  serializer_.emplace(response_);
  last_ = last;
  write_some();
}

// Who takes something now and then has the time that he needs.
void Connection::write_some() {
  stream_.expires_after(server_.limits().write_time);
  http::async_write_some(stream_, *serializer_, [self = shared_from_this()](error_code error, std::size_t /*bytes*/) {
    if (error) return self->close();
    if (!self->serializer_->is_done()) return self->write_some();
    self->serializer_.reset();
    self->last_ ? self->end() : self->read_header();
  });
}

// Who is still sending when his connection is cut would not see the answer.
void Connection::end() {
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(server_.limits().end_time);
  hear_out();
}

void Connection::hear_out() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(65536), [self = shared_from_this()](error_code error, std::size_t /*bytes*/) {
    error ? self->close() : self->hear_out();
  });
}

void Connection::begin_news() {
  server_.listen_to_news(shared_from_this());
  waiting_ = std::make_shared<const std::string>(fmt::format("data: {}\n\n", server_.parts().news()));
  sending_ = std::make_shared<const std::string>(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
  send_news();
}

void Connection::tell(const std::shared_ptr<const std::string>& news) {
  const bool is_comment = news->front() == ':';
  if (sending_ && !is_comment) waiting_ = news;
  if (sending_) return;
  sending_ = news;
  send_news();
}

void Connection::send_news() {
  stream_.expires_after(server_.limits().write_time);
  asio::async_write(stream_, asio::buffer(*sending_),
                    [self = shared_from_this()](error_code error, std::size_t /*bytes*/) {
                      if (error) return self->close();
                      self->sending_ = std::exchange(self->waiting_, nullptr);
                      if (self->sending_) return self->send_news();
                      self->stream_.expires_never();
                    });
}

void Connection::close() {
  server_.leave(shared_from_this());
  stream_.close();
}

Server::State::State(const std::string& address, int port, const ServerLimits& limits) : limits_(limits) {
  error_code error;
  const auto number = asio::ip::make_address(address, error);
  if (error)
    throw Error(fmt::format("\"{}\" is no address to listen at; give one in numbers, such as 127.0.0.1", address));
  const tcp::endpoint place(number, static_cast<unsigned short>(port));
  acceptor_.open(place.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(place, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw Error(fmt::format("cannot listen at {} port {}: {}; give another --port, or none for one that is free",
                            address, port, error.message()));
  }
}

void Server::State::serve(ServerParts parts) {
  parts_ = std::move(parts);
  accept();
  tell_news();
  thread_ = std::thread([this] { run(); });
}

// A connection for which there is no memory goes, and the others stay.
void Server::State::run() {
  while (true) {
    try {
      context_.run();
      return;
    } catch (const std::exception&) {
      continue;
    }
  }
}

void Server::State::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
  worker_.stop();  // what waits for its answer gets none
  worker_.join();
  listeners_.clear();
}

void Server::State::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) return accept_later();
    accept();
    const auto open = static_cast<std::size_t>(ticket_.use_count() - 1);
    if (open < limits_.connections) std::make_shared<Connection>(std::move(socket), *this)->read_header();
  });
}

// When the process has no file left to open, trying again at once would be all that it does.
void Server::State::accept_later() {
  accept_timer_.expires_after(limits_.news_pause);
  accept_timer_.async_wait([this](error_code error) {
    if (!error) accept();
  });
}

void Server::State::tell_news() {
  news_timer_.expires_after(limits_.news_pause);
  news_timer_.async_wait([this](error_code error) {
    if (!error) tell_news();
  });
  constexpr int most_silence = 50;  // a word now and then shows who has gone
  const std::uint64_t version = parts_.version();
  ++silent_;
  if (listeners_.empty() || (version == told_ && silent_ <= most_silence)) return;
  const std::string text = version != told_ ? fmt::format("data: {}\n\n", parts_.news()) : ": nothing new\n\n";
  told_ = version;
  silent_ = 0;
  const auto shared = std::make_shared<const std::string>(text);
  const auto all = listeners_;  // who has gone leaves them
  for (const auto& listener : all) listener->tell(shared);
}

Server::Server(const std::string& address, int port, const ServerLimits& limits)
    : state_(std::make_unique<State>(address, port, limits)) {}

Server::~Server() {
  state_->stop();
}

int Server::port() const {
  return state_->port();
}

void Server::serve(ServerParts parts) {
  state_->serve(std::move(parts));
}

}  // namespace dipper::view
