// SPDX-License-Identifier: Apache-2.0
#include "cli/preview.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "cli/say.hpp"
#include "image/resize.hpp"
#include "report/canvas.hpp"
#include "report/kitty.hpp"
#include "report/sixel.hpp"

namespace dipper::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Size {
  int width;
  int height;
};

// The largest size of the picture's shape that is neither beyond its own nor beyond `most`. pixel_shape: how wide one
// of the new pixels is in its heights.
Size fitted(const Image& picture, Size most, double pixel_shape) {
  const double width = picture.width;
  const double height = picture.height;
  const double scale = std::min({1.0, pixel_shape, most.height / height, most.width * pixel_shape / width});
  const auto side = [](double length, int limit) {
    return std::clamp(static_cast<int>(std::lround(length)), 1, limit);
  };
  return {side(width * scale / pixel_shape, std::min(most.width, picture.width)),
          side(height * scale, std::min(most.height, picture.height))};
}

// As many whole bands of sixels as go into that height, so that none takes a line for itself.
int whole_bands(int height) {
  return std::max(1, height / sixel_band) * sixel_band;
}

int cells(int pixels, double cell) {
  return std::max(1, static_cast<int>(std::ceil(pixels / cell)));
}

// From the cursor's line to the beginning of one so many lines above or below it.
std::string up(int rows) {
  return rows > 0 ? fmt::format("\r\x1b[{}A", rows) : "\r";
}
std::string down(int rows) {
  return fmt::format("\x1b[{}B\r", rows);
}

// Makes room below the cursor and draws there; in the end the cursor is where it would be below as many lines of text,
// wherever the terminal itself would leave it.
std::string in_rows(int rows, const std::string& graphics) {
  return std::string(static_cast<std::size_t>(rows), '\n') + up(rows) + "\0337" + graphics + "\0338" + down(rows);
}

}  // namespace

Preview::Preview(Graphics graphics)
    : graphics_(graphics),
      depth_(colour_depth()),
      // Two names that no other picture in this terminal is likely to have.
      next_id_(static_cast<std::uint32_t>(::getpid()) % 0x7fffffU * 2 + 2) {
  watch_for_pauses();
}

Preview::~Preview() {
  if (!line_.empty()) say("\n");
}

void Preview::picture(const Image& picture) {
  if (in_background() || steady_clock::now() < next_) return;
  look(picture);
  draw("");
}

void Preview::line(const std::string& text) {
  line_ = text;
  const Window window = terminal_window();
  const bool changed = drawn_.rows > 0 && window != window_;
  if (changed && !in_background() && steady_clock::now() >= next_) return draw("");
  say("\r\x1b[K" + shown_line(window));
}

void Preview::above(const std::string& lines) {
  draw(lines);
}

void Preview::finish(const Image& picture) {
  look(picture);
  draw("");
  if (!line_.empty()) say("\n");
  line_.clear();
  drawn_ = {};
  picture_ = {};
}

// Keeps what may have to be drawn again, in another size. More than a screen shows is of no use.
void Preview::look(const Image& picture) {
  constexpr int most = 2048;
  const Size size = fitted(picture, {most, most}, 1);
  picture_ = size.width < picture.width || size.height < picture.height
                 ? resize(picture, size.width, size.height, ResizeKernel::box)
                 : picture;
}

// Where lines may have moved, nobody knows where the picture stands, and the next one is drawn below. That is so after
// a pause, in the background, and when a narrower window has broken lines of text.
void Preview::forget_place(const Window& window) {
  const bool broken = graphics_ == Graphics::blocks && window.columns < drawn_.columns;
  if (has_paused() || in_background() || broken) drawn_.rows = 0;
}

void Preview::draw(const std::string& above_it) {
  const auto began = steady_clock::now();
  const SignalsWait wait;
  const Window window = terminal_window();
  forget_place(window);
  Drawn next;
  const std::string graphics = picture_.empty() || in_background() ? "" : drawing(window, next);
  const std::string removal = drawn_.id != 0 ? kitty_removal(drawn_.id) : "";
  std::string text = up(drawn_.rows);
  if (!above_it.empty() || next.columns != drawn_.columns || next.rows != drawn_.rows) {
    text += removal + (drawn_.rows > 0 ? "\x1b[J" : "\x1b[K") + above_it + graphics;
  } else {
    text += graphics + removal;  // the last one stays until it is covered
  }
  say(text + "\x1b[K" + shown_line(window));
  drawn_ = next;
  window_ = window;
  if (graphics.empty()) return;
  // At most four times a second, and at most 4 % of the time.
  next_ = began + std::max<steady_clock::duration>(milliseconds(250), 25 * (steady_clock::now() - began));
}

std::string Preview::drawing(const Window& window, Drawn& drawn) {
  const int columns = std::max(1, window.columns - 1);  // a full line may be broken
  const int rows = std::max(1, window.rows / 2);
  if (graphics_ == Graphics::blocks) {
    const Size size = fitted(picture_, {columns, 2 * rows}, 2 * window.cell_width / window.cell_height);
    drawn = {size.width, (size.height + 1) / 2, 0};
    return half_blocks(display(picture_, size.width, size.height), depth_);
  }
  Size most{static_cast<int>(columns * window.cell_width), static_cast<int>(rows * window.cell_height)};
  if (graphics_ == Graphics::sixel) most.height = whole_bands(most.height);
  const Size size = fitted(picture_, most, 1);
  const Canvas canvas = display(picture_, size.width, size.height);
  drawn = {cells(size.width, window.cell_width), cells(size.height, window.cell_height), 0};
  if (graphics_ == Graphics::sixel) {
    drawn.rows = cells((size.height + sixel_band - 1) / sixel_band * sixel_band, window.cell_height);
    return in_rows(drawn.rows, sixel(canvas));
  }
  drawn.id = next_id_;
  next_id_ ^= 1U;
  return in_rows(drawn.rows, kitty_picture(canvas, drawn.id));
}

std::string Preview::shown_line(const Window& window) const {
  return line_.substr(0, static_cast<std::size_t>(std::max(1, window.columns - 1)));
}

}  // namespace dipper::cli
