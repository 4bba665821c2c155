// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/graphics.hpp"
#include "cli/terminal.hpp"
#include "dipper/image.hpp"

namespace dipper::cli {

/// The picture so far on the terminal on stderr and a line of text below it, both redrawn where they stand. All that is
/// written to the terminal meanwhile has to go through here.
class Preview {
 public:
  explicit Preview(Graphics graphics);

  /// Ends the line below the picture.
  ~Preview();
  Preview(const Preview&) = delete;
  Preview& operator=(const Preview&) = delete;

  /// Draws the picture, unless one was drawn a moment ago.
  void picture(const Image& picture);

  /// Replaces the line below the picture; what does not fit into the window's width is cut off.
  void line(const std::string& text);

  /// Puts whole lines above the picture, where they stay.
  void above(const std::string& lines);

  /// Draws the last picture, which stays: from here on the cursor is below it and its line.
  void finish(const Image& picture);

 private:
  /// What stands above the cursor's line.
  struct Drawn {
    int columns = 0;
    int rows = 0;
    std::uint32_t id = 0;  // kitty's; 0: none
    bool operator==(const Drawn&) const = default;
  };
  void look(const Image& picture);
  void draw(const std::string& above_it);
  [[nodiscard]] std::string drawing(const Window& window, Drawn& drawn);
  [[nodiscard]] std::string shown_line(const Window& window) const;
  void forget_place(const Window& window);

  Graphics graphics_;
  ColourDepth depth_;
  Image picture_;  // the last one seen, maybe smaller
  std::string line_;
  Drawn drawn_;
  Window window_;  // in which that was drawn
  std::chrono::steady_clock::time_point next_;
  std::uint32_t next_id_;
};

}  // namespace dipper::cli
