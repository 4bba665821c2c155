// SPDX-License-Identifier: Apache-2.0
#include "view/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "dipper/error.hpp"
#include "view/client.hpp"

namespace dipper::view {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::Client;

class Servers : public testing::Test {
 protected:
  Servers() {
    limits_.header_time = 300ms;
    limits_.body_time = 300ms;
    limits_.write_time = 300ms;
    limits_.end_time = 300ms;
    limits_.news_pause = 10ms;
    limits_.connections = 8;
  }

  void serve() {
    server_.emplace("127.0.0.1", 0, limits_);
    server_->serve(
        {.refuse = [](const HttpRequest& request) -> std::optional<HttpResponse> {
           if (request.host == "localhost") return std::nullopt;
           return refusal(403, "not here");
         },
         .most_body =
             [](const HttpRequest& request) { return request.place.path == "/large" ? large : std::size_t{1000}; },
         .answer = [this](const HttpRequest& request) { return answer(request); },
         .version = [this] { return version_.load(); },
         .news = [this] { return std::string(news_bytes_, 'n') + std::to_string(version_); }});
  }

  HttpResponse answer(const HttpRequest& request) {
    ++answers_;
    if (request.place.path == "/events") return {.events = true};
    if (request.place.path == "/error") throw Error("it cannot be done");
    return {.body = request.method + " " + request.place.get("a", "") + " " + request.body};
  }

  [[nodiscard]] Client client() const { return Client(server_->port()); }

  [[nodiscard]] static std::string get(const std::string& target, const std::string& more = "Connection: close\r\n") {
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
  }

  std::string ask(const std::string& text) {
    Client one = client();
    one.send(text);
    return one.read_all();
  }

  static constexpr std::size_t large = 3'000'000;
  ServerLimits limits_;
  std::atomic<std::uint64_t> version_ = 1;
  std::atomic<int> answers_ = 0;
  std::size_t news_bytes_ = 1;
  std::optional<Server> server_;
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\r'));
}

TEST_F(Servers, AnswerRequestsAndKeepTheConnection) {
  serve();
  Client one = client();
  one.send(get("/x?a=1", ""));
  EXPECT_NE(one.read_until("GET 1 ").find("HTTP/1.1 200"), std::string::npos);
  one.send("POST /x?a=2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_NE(one.read_until("POST 2 body").find("POST 2 body"), std::string::npos);
}

TEST_F(Servers, EveryAnswerForbidsWhatThePageDoesNotNeed) {
  serve();
  const std::string text = ask(get("/"));
  for (const char* header :
       {"Content-Security-Policy: default-src 'self'; frame-ancestors 'none'", "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin", "Cache-Control: no-store"}) {
    EXPECT_NE(text.find(header), std::string::npos) << header;
  }
  EXPECT_EQ(text.find("Access-Control"), std::string::npos);
}

TEST_F(Servers, ErrorsAreAnswers) {
  serve();
  EXPECT_EQ(first_line(ask(get("/error"))), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(first_line(ask(get("/../x"))), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(first_line(ask("nonsense\r\n\r\n")), "HTTP/1.1 400 Bad Request");
}

TEST_F(Servers, RefuseBeforeABodyIsRead) {
  serve();
  Client one = client();
  one.send("POST /x HTTP/1.1\r\nHost: elsewhere\r\nContent-Length: 900\r\n\r\n");
  EXPECT_EQ(first_line(one.read_all()), "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(answers_, 0);
}

TEST_F(Servers, RefuseWhatIsTooLong) {
  serve();
  EXPECT_EQ(first_line(ask("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n")),
            "HTTP/1.1 413 Payload Too Large");
  const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  EXPECT_EQ(
      first_line(ask("POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk)),
      "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(first_line(ask(get("/", "X-Long: " + std::string(20'000, 'x') + "\r\n"))),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(answers_, 0);
}

TEST_F(Servers, TakeAsMuchAsIsAllowed) {
  limits_.body_time = 20s;
  serve();
  const std::string head = "POST /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ";
  const std::string answer = ask(head + std::to_string(large) + "\r\n\r\n" + std::string(large, 'b'));
  EXPECT_NE(answer.find("POST  bbb"), std::string::npos);
  EXPECT_EQ(first_line(ask(head + "1000000000000\r\n\r\n")), "HTTP/1.1 413 Payload Too Large");
}

TEST_F(Servers, EndSlowRequests) {
  serve();
  const auto began = steady_clock::now();
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: loc"), "");
  EXPECT_EQ(ask(""), "");
  EXPECT_EQ(ask("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbo"), "");
  EXPECT_LT(steady_clock::now() - began, 10s);
}

// A letter now and then does not buy more time.
TEST_F(Servers, EndWhoTrickles) {
  serve();
  Client one = client();
  const auto began = steady_clock::now();
  std::thread trickle([&one] {
    for (int i = 0; i < 100; ++i) {
      one.send("G");
      std::this_thread::sleep_for(20ms);
    }
  });
  static_cast<void>(one.read_all());
  EXPECT_LT(steady_clock::now() - began, 1500ms);
  trickle.join();
}

TEST_F(Servers, HaveRoomForSoManyConnectionsAndAgainWhenTheyGo) {
  limits_.header_time = 1s;
  serve();
  std::vector<Client> idle;
  idle.reserve(8);
  for (int i = 0; i < 8; ++i) idle.push_back(client());
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(ask(get("/")), "");
  for (Client& one : idle) EXPECT_EQ(one.read_all(), "");
  EXPECT_EQ(first_line(ask(get("/"))), "HTTP/1.1 200 OK");
}

TEST_F(Servers, TellNewsAtOnceAndWhenThereAreOthers) {
  serve();
  Client one = client();
  one.send(get("/events"));
  EXPECT_NE(one.read_until("data: n1\n\n").find("Content-Type: text/event-stream"), std::string::npos);
  version_ = 2;
  EXPECT_EQ(one.read_until("data: n2\n\n"), "data: n2\n\n");
}

// The rest goes on as if he were not there, and he is let go.
TEST_F(Servers, WhoNeverReadsGetsNoNewsAndCostsNone) {
  news_bytes_ = 16'000'000;  // more than the system keeps for two who talk
  serve();
  Client deaf(server_->port(), 4096);
  deaf.send(get("/events"));
  Client other = client();
  other.send(get("/x?a=7"));
  EXPECT_NE(other.read_all().find("GET 7"), std::string::npos);
  for (int i = 0; i < 40; ++i) {
    ++version_;
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_LT(deaf.read_all().size(), news_bytes_);  // what was on its way when he was let go
}

TEST_F(Servers, EndWhileConnectionsAreOpen) {
  serve();
  Client one = client();
  one.send(get("/events"));
  static_cast<void>(one.read_until("data: n1\n\n"));
  Client two = client();
  two.send("GET /");
  server_.reset();
  EXPECT_EQ(one.read_all(), "");
}

TEST_F(Servers, SayWhyTheyCannotListen) {
  serve();
  EXPECT_THROW(Server("127.0.0.1", server_->port()), Error);
  EXPECT_THROW(Server("here", 0), Error);
  EXPECT_THROW(Server("203.0.113.1", 0), Error);
}

}  // namespace
}  // namespace dipper::view
