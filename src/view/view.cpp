// SPDX-License-Identifier: Apache-2.0
#include "view/view.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "view/gate.hpp"
#include "view/server.hpp"

namespace dipper::view {

struct View::Parts {
  Parts(const ViewPlace& place, Settings settings, Doors doors)
      : studio(std::move(settings)), routes(studio, std::move(doors)), server(place.address, place.port) {
    gate.emplace(place.address, server.port());
  }

  Studio studio;
  Routes routes;
  std::optional<Gate> gate;
  Server server;  // ends before what answers for it
};

View::View(const ViewPlace& place, Settings settings, Doors doors)
    : parts_(std::make_unique<Parts>(place, std::move(settings), std::move(doors))) {
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

void open_in_browser(const std::string& url) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
  std::string program = "xdg-open";
  std::string page = url;
  const std::array<char*, 3> words{program.data(), page.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
  }
  pid_t process = 0;
  static_cast<void>(::posix_spawnp(&process, program.c_str(), &actions, nullptr, words.data(), environ));
  posix_spawn_file_actions_destroy(&actions);
}

}  // namespace dipper::view
