// SPDX-License-Identifier: Apache-2.0
#include "cli/graphics.hpp"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "cli/terminal.hpp"

namespace dipper::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// A variable that is set and begins like this tells what the terminal can do.
struct Sign {
  const char* variable;
  std::string_view begin;
  Graphics graphics;
};

// The first that holds decides. Multiplexers come first: they keep the variables of the terminal in which they were
// started, and no pictures. The last two show the text of questions that they do not understand.
constexpr Sign signs[] = {
    {"TMUX", "", Graphics::blocks},
    {"STY", "", Graphics::blocks},
    {"ZELLIJ", "", Graphics::blocks},
    {"TERM", "tmux", Graphics::blocks},
    {"TERM", "screen", Graphics::blocks},
    {"KITTY_WINDOW_ID", "", Graphics::kitty},
    {"TERM", "xterm-kitty", Graphics::kitty},
    {"TERM", "xterm-ghostty", Graphics::kitty},
    {"TERM_PROGRAM", "ghostty", Graphics::kitty},
    {"TERM_PROGRAM", "WezTerm", Graphics::kitty},
    {"TERM", "foot", Graphics::sixel},
    {"TERM", "mlterm", Graphics::sixel},
    {"TERM", "linux", Graphics::blocks},
    {"TERM_PROGRAM", "Apple_Terminal", Graphics::blocks},
};

std::optional<Graphics> told_by_environment() {
  for (const Sign& sign : signs) {
    const std::string_view value = environment(sign.variable);
    if (!value.empty() && value.starts_with(sign.begin)) return sign.graphics;
  }
  return std::nullopt;
}

// Behind the first, which is the kind of terminal, an attribute 4 says that it knows sixels.
bool knows_sixels(const std::string& attributes) {
  const std::size_t first = attributes.find(';');
  return first != std::string::npos && (attributes.substr(first) + ";").find(";4;") != std::string::npos;
}

Graphics told_by_terminal() {
  using std::chrono::milliseconds;
  // Any terminal answers in its time, but another machine may be far away.
  const milliseconds patience(environment("SSH_CONNECTION").empty() ? 200 : 1000);
  // A picture of one pixel that is only asked about, by the number 31.
  const std::string answer = ask_terminal("\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\", patience);
  if (answer.find("\x1b_Gi=31;OK\x1b\\") != std::string::npos) return Graphics::kitty;
  return knows_sixels(attributes_in(answer)) ? Graphics::sixel : Graphics::blocks;
}

}  // namespace

const std::vector<std::string>& graphics_names() {
  static const std::vector<std::string> names = {"auto", "kitty", "sixel", "blocks"};
  return names;
}

Graphics choose_graphics(const std::string& name) {
  if (name == "kitty") return Graphics::kitty;
  if (name == "sixel") return Graphics::sixel;
  if (name == "blocks") return Graphics::blocks;
  const std::optional<Graphics> told = told_by_environment();
  return told ? *told : told_by_terminal();
}

ColourDepth colour_depth() {
  const std::string_view promised = environment("COLORTERM");
  return promised == "truecolor" || promised == "24bit" ? ColourDepth::full : ColourDepth::indexed;
}

}  // namespace dipper::cli
