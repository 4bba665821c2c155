// SPDX-License-Identifier: Apache-2.0
#include "view/view.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

#include "view/gate.hpp"
#include "view/server.hpp"

namespace dipper::view {

struct View::Parts {
  Parts(const ViewPlace& place, Settings settings, std::function<void()> quit)
      : studio(std::move(settings)), routes(studio, std::move(quit)), server(place.address, place.port) {
    gate.emplace(place.address, server.port());
  }

  TemporaryFolder folder;
  Studio studio;
  Routes routes;
  std::optional<Gate> gate;
  Server server;  // ends before what answers for it
};

View::View(const ViewPlace& place, Settings settings, std::function<void()> quit)
    : parts_(std::make_unique<Parts>(place, std::move(settings), std::move(quit))) {
  Parts& parts = *parts_;
  parts.server.serve({.refuse = [&parts](const HttpRequest& request) { return parts.gate->refuse(request); },
                      .most_body = Routes::most_body,
                      .answer =
                          [&parts](const HttpRequest& request) {
                            HttpResponse response = parts.routes.answer(request);
                            if (request.place.path == "/")
                              response.headers.emplace_back("Set-Cookie", parts.gate->cookie());
                            return response;
                          },
                      .version = [&parts] { return parts.studio.version(); },
                      .news = [&parts] { return parts.routes.news(); }});
}

View::~View() = default;

std::string View::url() const {
  return parts_->gate->url();
}

Studio& View::studio() {
  return parts_->studio;
}

// The address is the browser's alone: other users of the machine see the words of every command.
void View::open_in_browser() const {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
  std::string page = (parts_->folder.path() / "dipper.html").string();
  std::ofstream(page) << fmt::format(R"(<!doctype html><meta http-equiv="refresh" content="0; url={}">)", url());
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string line = R"(xdg-open "$0" </dev/null >/dev/null 2>&1 &)";
  const std::array<char*, 5> words{shell.data(), option.data(), line.data(), page.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);  // the socket is not the browser's
  pid_t process = 0;
  if (::posix_spawn(&process, shell.c_str(), &actions, nullptr, words.data(), environ) == 0) {
    ::waitpid(process, nullptr, 0);
  }
  posix_spawn_file_actions_destroy(&actions);
}

}  // namespace dipper::view
