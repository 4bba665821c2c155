// SPDX-License-Identifier: Apache-2.0
#include "cli/view_options.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/interrupt.hpp"
#include "cli/say.hpp"

namespace dipper::cli {

void declare_view(CLI::App& command, ViewOptions& options) {
  constexpr int most_port = 65535;
  add_integer(command, {"--port", "N", "of the page [one that is free]"}, options.place.port, 1, most_port);
  add_switch(command, {"--no-open", "", "only say where the page is; nobody opens it"}, options.stay_closed);
  add_text(command,
           {"--listen", "ADDRESS",
            "for a browser on another machine, such as 0.0.0.0: whoever sees the address that is printed, with its "
            "token, can use the page [127.0.0.1]"},
           options.place.address);
}

std::unique_ptr<view::View> open_view(const ViewOptions& options, const Settings& settings, std::function<void()> quit,
                                      bool aside) {
  auto page = std::make_unique<view::View>(options.place, settings, std::move(quit));
  const std::string line = page->url() + "\n";
  if (aside) {
    say(line);
  } else {
    fmt::print("{}", line);
    std::fflush(stdout);
  }
  if (!options.stay_closed) page->open_in_browser();
  return page;
}

std::function<void()> PageEnd::quit() const {
  return [ended = ended_] { *ended = true; };
}

std::function<bool()> PageEnd::ended() const {
  return [ended = ended_] { return *ended || interrupted(); };
}

void PageEnd::wait() const {
  using namespace std::chrono_literals;
  const auto over = ended();
  while (!over()) std::this_thread::sleep_for(50ms);
}

}  // namespace dipper::cli
