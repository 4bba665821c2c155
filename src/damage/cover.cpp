// SPDX-License-Identifier: Apache-2.0
#include "damage/cover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "base/text.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

// Random numbers of one scratch, each kind for itself.
struct Draws {
  Philox random;
  std::uint64_t scratch = 0;

  // Number `index` of a kind, low to high.
  [[nodiscard]] double between(std::uint64_t kind, std::uint64_t index, double low, double high) const {
    return low + (high - low) * random.uniform(scratch, (kind << 24) + index);
  }

  // A smooth curve through random numbers from -1 to 1 at whole s, s >= 0.
  [[nodiscard]] double waver(std::uint64_t kind, double s) const {
    const double whole = std::floor(s);
    const auto index = static_cast<std::uint64_t>(whole);
    const double t = s - whole;
    const double blend = t * t * (3 - 2 * t);
    return between(kind, index, -1, 1) * (1 - blend) + between(kind, index + 1, -1, 1) * blend;
  }
};

// The kinds of numbers that a scratch is made of.
enum Kind : std::uint64_t { shape, drift, sway, tremble, thickness, roughness, brightness, grain, skips };

// What a scratch is at one place.
struct Point {
  double x = 0;
  double y = 0;
  double radius = 0;    // half the width, in pixels
  double strength = 0;  // 0 to 1
};

class Scratch {
 public:
  Scratch(const Draws& draws, int width, int height)
      : draws_(draws), unit_(std::max(1.0, std::min(width, height) / 512.0)) {
    // Most are left by the film's way through a machine; the others, by hands, point anywhere and are shorter.
    const bool upright = draws.between(shape, 0, 0, 1) < 0.75;
    angle_ = upright ? std::numbers::pi / 2 + draws.between(shape, 1, -0.09, 0.09)
                     : std::numbers::pi * draws.between(shape, 1, 0, 1);
    length_ = upright ? height * draws.between(shape, 2, 0.4, 1.4)
                      : std::min(width, height) * draws.between(shape, 2, 0.15, 0.6);
    middle_x_ = width * draws.between(shape, 3, 0, 1);
    middle_y_ = height * draws.between(shape, 4, 0.1, 0.9);
    bend_ = length_ * draws.between(shape, 5, -0.03, 0.03);
    // Many hairlines, few gouges.
    const double gouge = draws.between(shape, 6, 0, 1);
    radius_ = unit_ * 0.55 * std::exp(1.2 * gouge * gouge);
    strength_ = draws.between(shape, 7, 0.6, 1.1);
  }

  [[nodiscard]] double length() const { return length_; }

  // At a distance from its beginning, in pixels.
  [[nodiscard]] Point at(double s) const {
    const double along = s - length_ / 2;
    const double part = 2 * along / length_;  // -1 to 1
    const double aside = bend_ * (1 - part * part) + 0.006 * length_ * draws_.waver(drift, 3 * s / length_) +
                         1.4 * unit_ * draws_.waver(sway, s / (55 * unit_)) +
                         0.35 * unit_ * draws_.waver(tremble, s / (6 * unit_));
    const double width =
        1 + 0.35 * draws_.waver(thickness, s / (20 * unit_)) + 0.3 * draws_.waver(roughness, s / (4 * unit_));
    const double light =
        strength_ + 0.25 * draws_.waver(brightness, s / (12 * unit_)) + 0.15 * draws_.waver(grain, s / (3 * unit_));
    const double taper = std::sqrt(std::clamp(8 * (1 - std::abs(part)), 0.0, 1.0));
    const double skip = std::clamp(4 * (draws_.waver(skips, s / (50 * unit_)) + 0.75), 0.0, 1.0);
    return {middle_x_ + along * std::cos(angle_) - aside * std::sin(angle_),
            middle_y_ + along * std::sin(angle_) + aside * std::cos(angle_), radius_ * taper * width,
            std::clamp(light, 0.0, 1.0) * skip * taper};
  }

 private:
  Draws draws_;
  double unit_;  // 1 in a picture of 512 pixels and below, growing with larger ones
  double angle_ = 0;
  double length_ = 0;
  double middle_x_ = 0;
  double middle_y_ = 0;
  double bend_ = 0;
  double radius_ = 0;
  double strength_ = 0;
};

// A canvas of coverage, on which strokes do not add up where they cross.
class Canvas {
 public:
  Canvas(int width, int height)
      : width_(width), height_(height), coverage_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

  // The straight piece between two points, antialiased by the distance of pixels' centres from it.
  void stroke(const Point& a, const Point& b) {
    const double reach = std::max(a.radius, b.radius) + 1;
    const int left = std::max(0, static_cast<int>(std::floor(std::min(a.x, b.x) - reach)));
    const int right = std::min(width_ - 1, static_cast<int>(std::floor(std::max(a.x, b.x) + reach)));
    const int top = std::max(0, static_cast<int>(std::floor(std::min(a.y, b.y) - reach)));
    const int bottom = std::min(height_ - 1, static_cast<int>(std::floor(std::max(a.y, b.y) + reach)));
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const double squared = std::max(dx * dx + dy * dy, 1e-12);
    for (int y = top; y <= bottom; ++y) {
      for (int x = left; x <= right; ++x) {
        const double from_x = x + 0.5 - a.x;
        const double from_y = y + 0.5 - a.y;
        const double t = std::clamp((from_x * dx + from_y * dy) / squared, 0.0, 1.0);
        const double distance = std::hypot(from_x - t * dx, from_y - t * dy);
        const double radius = a.radius + t * (b.radius - a.radius);
        // Of a line thinner than a pixel no pixel is covered more than the line is wide.
        const double covered = std::min({1.0, 2 * radius, radius + 0.5 - distance});
        const double strength = a.strength + t * (b.strength - a.strength);
        float& pixel =
            coverage_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)];
        pixel = std::max(pixel, static_cast<float>(covered * strength));
      }
    }
  }

  [[nodiscard]] std::vector<float> take() { return std::move(coverage_); }

 private:
  int width_;
  int height_;
  std::vector<float> coverage_;
};

}  // namespace

double parse_share(const std::string& text) {
  const double share = parse_number(text, "--drop", 0, 1);
  if (share > 0 && share < 1) return share;
  throw Error(fmt::format("--drop {} leaves nothing to {}; take a share between 0 and 1", text,
                          share <= 0 ? "repair" : "go by"));
}

std::vector<float> dropped_pixels(std::size_t count, double share, std::uint64_t seed) {
  if (count < 2) throw Error("the picture has one pixel, so --drop leaves nothing to repair or to go by");
  const auto probability = static_cast<float>(share);
  const Philox random{seed, Stream::drop};
  std::vector<float> drawn(count);
  for (std::size_t i = 0; i < count; ++i) drawn[i] = random.uniform(0, i);
  const auto [least, most] = std::minmax_element(drawn.begin(), drawn.end());
  std::vector<float> dropped(count);
  for (std::size_t i = 0; i < count; ++i) dropped[i] = drawn[i] < probability ? 1.0F : 0.0F;
  dropped[static_cast<std::size_t>(least - drawn.begin())] = 1;
  dropped[static_cast<std::size_t>(most - drawn.begin())] = 0;
  return dropped;
}

std::vector<float> draw_scratches(int count, int width, int height, std::uint64_t seed) {
  Canvas canvas(width, height);
  for (int i = 0; i < count; ++i) {
    const Scratch scratch({{seed, Stream::scratches}, static_cast<std::uint64_t>(i)}, width, height);
    const int pieces = std::max(1, static_cast<int>(std::ceil(scratch.length())));
    const double step = scratch.length() / pieces;
    Point last = scratch.at(0);
    for (int piece = 1; piece <= pieces; ++piece) {
      const Point next = scratch.at(piece * step);
      canvas.stroke(last, next);
      last = next;
    }
  }
  return canvas.take();
}

std::vector<float> punch(const Hole& hole, int width, int height) {
  DIPPER_CHECK(hole.x >= 0 && hole.y >= 0 && hole.x + hole.width <= width && hole.y + hole.height <= height);
  const auto columns = static_cast<std::size_t>(width);
  std::vector<float> coverage(columns * static_cast<std::size_t>(height));
  for (int y = hole.y; y < hole.y + hole.height; ++y) {
    std::fill_n(coverage.begin() + static_cast<std::ptrdiff_t>(columns * y + hole.x), hole.width, 1.0F);
  }
  return coverage;
}

void lay_over(Image& picture, Image& mask, std::span<const float> coverage, const std::array<float, 3>& colour) {
  DIPPER_CHECK_EQ(coverage.size(), picture.plane_size());
  constexpr float visible = 1.0F / 255;
  for (std::size_t i = 0; i < coverage.size(); ++i) {
    const float covered = coverage[i];
    if (covered < visible) continue;
    mask.samples[i] = 1;
    for (int c = 0; c < picture.colour_channels(); ++c) {
      float& sample = picture.plane(c)[i];
      const float paint = colour[static_cast<std::size_t>(c)];
      // What lies below may be NaN, which not even 0 times is 0.
      sample = covered >= 1 ? paint : (1 - covered) * sample + covered * paint;
    }
  }
}

}  // namespace dipper
