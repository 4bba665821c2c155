// SPDX-License-Identifier: Apache-2.0
#include "fit/tiles.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/check.hpp"
#include "base/philox.hpp"

namespace dipper {
namespace {

constexpr int largest = 96;
constexpr int smallest = 48;

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What the network drew of a picture, summed over the views of it, and how many of them had each pixel.
struct Tiles::Details {
  explicit Details(const Image& like) : sum(like.width, like.height, like.channels), views(like.plane_size(), 0) {}

  void add_to(Image& picture, float trust) const {
    for (int c = 0; c < picture.channels; ++c) {
      for (std::size_t i = 0; i < views.size(); ++i) {
        picture.plane(c)[i] += trust / static_cast<float>(views[i]) * sum.plane(c)[i];
      }
    }
  }

  Image sum;
  std::vector<std::uint8_t> views;
};

Tiles::Tiles(const Recipe& recipe, const Shape& picture, const Tensors& tensors)
    : margin_(2 * recipe.net.resnet.blocks + 3), shape_(shape_for(picture)), tensors_(tensors) {
  DIPPER_CHECK_EQ(tensors.z.size(), shape_.size());
  DIPPER_CHECK_EQ(tensors.y.size(), shape_.size());
  DIPPER_CHECK_EQ(tensors.weights.size(), shape_.plane());
  DIPPER_CHECK_EQ(tensors.x.size(), shape_.size());
}

Shape Tiles::shape_for(const Shape& picture) {
  const int side = std::clamp((std::max(picture.height, picture.width) + 7) / 8 * 8, smallest, largest);
  return {picture.channels, side, side};
}

int Tiles::count(int height, int width) const {
  return ((height + inner() - 1) / inner()) * ((width + inner() - 1) / inner());
}

double Tiles::seconds(const Draw& draw) {
  constexpr int tried = 5;
  draw();  // the first may have to fetch its memory
  const double began = steady_seconds();
  for (int n = 0; n < tried; ++n) draw();
  return (steady_seconds() - began) / tried;
}

void Tiles::learn_part(std::uint64_t seed, int step, int height, int width,
                       const std::function<void(std::size_t, std::size_t)>& see) const {
  const Philox random{seed, Stream::crops};
  const auto draw = static_cast<std::uint64_t>(step);
  const Orientation laid{random.below(all_views, draw, 0), height, width};
  const int top = random.below(std::max(1, laid.rows() - shape_.height + 1), draw, 1);
  const int left = random.below(std::max(1, laid.columns() - shape_.width + 1), draw, 2);
  for (int i = 0; i < shape_.height; ++i) {
    for (int j = 0; j < shape_.width; ++j) {
      const std::size_t to = static_cast<std::size_t>(i) * shape_.width + j;
      const bool inside = top + i < laid.rows() && left + j < laid.columns();
      tensors_.weights[to] = inside ? 1.0F : 0.0F;
      see(to, laid.index(top + i, left + j));
    }
  }
}

bool Tiles::add_details(const Draw& draw, Views views, float trust, Looks& looks, Image& picture) const {
  Details details(picture);
  int whole = 0;  // views that lack no pixel
  for (bool go_on = true; go_on && whole < views.count;) {
    go_on = add_view(draw, picture, views.first + whole, looks, details);
    if (go_on) ++whole;
  }
  const auto finite = [](float sample) { return std::isfinite(sample); };
  if (whole == 0 || !std::ranges::all_of(details.sum.samples, finite)) return false;
  details.add_to(picture, trust);
  return true;
}

// Whether that was not ended.
bool Tiles::add_view(const Draw& draw, const Image& picture, int view, Looks& looks, Details& details) const {
  const Orientation laid{view, picture.height, picture.width};
  for (int top = 0; top < laid.rows(); top += inner()) {
    for (int left = 0; left < laid.columns(); left += inner()) {
      see(picture, laid, top, left);
      draw();
      take(laid, top, left, details);
      if (!looks.take()) return false;
    }
  }
  return true;
}

void Tiles::see(const Image& picture, const Orientation& laid, int top, int left) const {
  for (int i = 0; i < shape_.height; ++i) {
    for (int j = 0; j < shape_.width; ++j) {
      const std::size_t from = laid.index(top - margin_ + i, left - margin_ + j);
      const std::size_t to = static_cast<std::size_t>(i) * shape_.width + j;
      for (int c = 0; c < shape_.channels; ++c) tensors_.z[c * shape_.plane() + to] = picture.plane(c)[from] - middle;
    }
  }
}

void Tiles::take(const Orientation& laid, int top, int left, Details& details) const {
  for (int i = 0; i < std::min(inner(), laid.rows() - top); ++i) {
    for (int j = 0; j < std::min(inner(), laid.columns() - left); ++j) {
      const std::size_t from = static_cast<std::size_t>(i + margin_) * shape_.width + j + margin_;
      const std::size_t to = laid.index(top + i, left + j);
      for (int c = 0; c < shape_.channels; ++c) {
        details.sum.plane(c)[to] += tensors_.x[c * shape_.plane() + from] - middle;
      }
      ++details.views[to];
    }
  }
}

}  // namespace dipper
