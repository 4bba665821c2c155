// SPDX-License-Identifier: Apache-2.0
#include "fit/zero_shot.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "fit/orientation.hpp"

namespace dipper {
namespace {

constexpr int largest_tile = 96;
constexpr int smallest_tile = 48;
constexpr int least_side = 8;  // of a picture made smaller, to learn from
constexpr int most_projections = 10;
constexpr double consistent = 3e-4;  // root mean square that a picture may lack: less than a tenth of a gray level

// The network's output lies in (0, 1): its middle adds nothing.
constexpr float middle = 0.5F;

// What is enlarged again is the network's own work in part: with each step its details are trusted less.
constexpr float later_trust = 0.9F;

// Steps of about the square root of 2. In steps of 2 there is more to guess in each, and zebra's stripes get ghosts.
int steps_to(int scale) {
  return std::max(1, static_cast<int>(std::lround(2 * std::log2(scale))));
}

// A side after so many of them.
int side_after(int side, int scale, int step) {
  return static_cast<int>(std::lround(side * std::pow(scale, static_cast<double>(step) / steps_to(scale))));
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

/// What the network drew of one size, summed over the views of it, and how many of them had each pixel.
struct ZeroShot::Details {
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

/// Counts the tiles of all views, and asks after each whether there may be more.
struct ZeroShot::Looks {
  Patience& patience;
  int all;
  int taken = 0;

  [[nodiscard]] double share() const { return static_cast<double>(taken) / all; }
  [[nodiscard]] bool take() {
    ++taken;
    return patience.go_on(share());
  }
};

ZeroShot::ZeroShot(const Recipe& recipe, std::uint64_t seed, const Scaling& scaling, std::span<const float> small,
                   const Shape& shape, const Tensors& tensors)
    : seed_(seed),
      scaling_(scaling),
      margin_(2 * recipe.net.resnet.blocks + 3),
      tile_(tile_of(shape)),
      tensors_(tensors),
      small_(shape.width, shape.height, shape.channels) {
  DIPPER_CHECK(shape.channels == 1 || shape.channels == 3);  // colours without alpha
  DIPPER_CHECK_EQ(small.size(), shape.size());
  DIPPER_CHECK_EQ(tensors.z.size(), tile_.size());
  DIPPER_CHECK_EQ(tensors.y.size(), tile_.size());
  DIPPER_CHECK_EQ(tensors.weights.size(), tile_.plane());
  std::ranges::copy(small, small_.samples.begin());
  const int height = side_after(shape.height, scaling.scale, -1);
  const int width = side_after(shape.width, scaling.scale, -1);
  if (std::min(height, width) < least_side) return;
  blurred_ = resize(resize(small_, width, height, scaling.kernel), shape.width, shape.height, ResizeKernel::bicubic);
}

Shape ZeroShot::tile_of(const Shape& small) {
  const int side = std::clamp((std::max(small.height, small.width) + 7) / 8 * 8, smallest_tile, largest_tile);
  return {small.channels, side, side};
}

void ZeroShot::before(int step) {
  std::ranges::fill(tensors_.weights, 0.0F);
  if (!blurred_) return;
  const Philox random{seed_, Stream::crops};
  const auto draw_step = static_cast<std::uint64_t>(step);
  const Orientation laid{random.below(all_views, draw_step, 0), small_.height, small_.width};
  const int top = random.below(std::max(1, laid.rows() - tile_.height + 1), draw_step, 1);
  const int left = random.below(std::max(1, laid.columns() - tile_.width + 1), draw_step, 2);
  for (int i = 0; i < tile_.height; ++i) {
    for (int j = 0; j < tile_.width; ++j) {
      const std::size_t to = static_cast<std::size_t>(i) * tile_.width + j;
      const std::size_t from = laid.index(top + i, left + j);
      const bool inside = top + i < laid.rows() && left + j < laid.columns();
      tensors_.weights[to] = inside ? 1.0F : 0.0F;
      for (int c = 0; c < tile_.channels; ++c) {
        const float blurred = blurred_->plane(c)[from];
        tensors_.z[c * tile_.plane() + to] = blurred - middle;
        tensors_.y[c * tile_.plane() + to] = small_.plane(c)[from] - blurred + middle;
      }
    }
  }
}

Shape ZeroShot::size_after(int step) const {
  return {small_.channels, side_after(small_.height, scaling_.scale, step),
          side_after(small_.width, scaling_.scale, step)};
}

int ZeroShot::tiles_of(const Shape& size) const {
  const int inner = tile_.height - 2 * margin_;
  return ((size.height + inner - 1) / inner) * ((size.width + inner - 1) / inner);
}

// Of that size and all larger ones.
int ZeroShot::tiles_from(int step) const {
  int tiles = 0;
  for (int n = step; n <= steps_to(scaling_.scale); ++n) tiles += tiles_of(size_after(n));
  return tiles;
}

std::size_t ZeroShot::pixels_from(int step) const {
  std::size_t pixels = 0;
  for (int n = step; n <= steps_to(scaling_.scale); ++n) pixels += size_after(n).plane();
  return pixels;
}

ZeroShot::Cost ZeroShot::measure(const Draw& draw, ThreadPool& pool) const {
  constexpr int tried = 5;
  draw();  // the first may have to fetch its memory
  double began = now();
  for (int n = 0; n < tried; ++n) draw();
  Cost cost{.view = (now() - began) / tried * tiles_from(1)};
  began = now();
  const Shape first = size_after(1);
  Image picture = resize(small_, first.width, first.height, ResizeKernel::bicubic, &pool);
  project_back(picture, pool);
  const double of_a_pixel = (now() - began) / static_cast<double>(first.plane());
  cost.sizing = of_a_pixel * static_cast<double>(pixels_from(1));
  return cost;
}

// How many views of this size there is time for, if the larger ones are to have as many; if that is none, this one
// alone may have its one.
int ZeroShot::views_in(double seconds, double tile_seconds, int step, int most) const {
  if (std::isinf(seconds)) return most;
  const double views = seconds / (tile_seconds * tiles_from(step));
  if (views >= 1) return static_cast<int>(std::min<double>(most, views));
  return seconds > tile_seconds * tiles_of(size_after(step)) ? 1 : 0;
}

double ZeroShot::enlarge(const Draw& draw, Views views, Cost cost, ThreadPool& pool, Patience& patience,
                         std::span<float> to) const {
  const int steps = steps_to(scaling_.scale);
  Looks looks{patience, views.count * tiles_from(1)};
  // As it was when that was last done: others may want the machine as well.
  double tile_seconds = cost.view / tiles_from(1);
  double pixel_seconds = cost.sizing / static_cast<double>(pixels_from(1));
  Image picture = small_;
  float trust = blurred_ ? 1.0F : 0.0F;
  for (int step = 1; step <= steps; ++step) {
    const Shape size = size_after(step);
    const double left = patience.seconds_left() - pixel_seconds * static_cast<double>(pixels_from(step));
    const double began = now();
    picture = resize(picture, size.width, size.height, ResizeKernel::bicubic, &pool);
    const double resized = now();
    const int taken = looks.taken;
    const int count = trust > 0 ? views_in(left, tile_seconds, step, views.count) : 0;
    add_details(draw, {views.first, count}, trust, looks, picture);
    const double detailed = now();
    project_back(picture, pool);
    pixel_seconds = (resized - began + now() - detailed) / static_cast<double>(size.plane());
    if (looks.taken > taken) tile_seconds = (detailed - resized) / (looks.taken - taken);
    trust *= later_trust;
  }
  DIPPER_CHECK_EQ(to.size(), picture.samples.size());
  std::ranges::transform(picture.samples, to.begin(), [](float sample) { return std::clamp(sample, 0.0F, 1.0F); });
  return looks.share();
}

// What the network draws of the picture in so many views, the mean of them, is added to it.
void ZeroShot::add_details(const Draw& draw, Views views, float trust, Looks& looks, Image& picture) const {
  if (views.count == 0) return;
  Details details(picture);
  const int inner = tile_.height - 2 * margin_;
  bool whole = false;  // no pixel lacks
  for (int view = views.first; view < views.first + views.count; ++view) {
    const Orientation laid{view, picture.height, picture.width};
    for (int top = 0; top < laid.rows(); top += inner) {
      for (int left = 0; left < laid.columns(); left += inner) {
        see_tile(picture, laid, top, left);
        draw();
        take_tile(laid, top, left, details);
        if (looks.take()) continue;
        if (whole) details.add_to(picture, trust);
        return;
      }
    }
    whole = true;
  }
  details.add_to(picture, trust);
}

void ZeroShot::see_tile(const Image& picture, const Orientation& laid, int top, int left) const {
  for (int i = 0; i < tile_.height; ++i) {
    for (int j = 0; j < tile_.width; ++j) {
      const std::size_t from = laid.index(top - margin_ + i, left - margin_ + j);
      const std::size_t to = static_cast<std::size_t>(i) * tile_.width + j;
      for (int c = 0; c < tile_.channels; ++c) tensors_.z[c * tile_.plane() + to] = picture.plane(c)[from] - middle;
    }
  }
}

void ZeroShot::take_tile(const Orientation& laid, int top, int left, Details& details) const {
  const int inner = tile_.height - 2 * margin_;
  for (int i = 0; i < std::min(inner, laid.rows() - top); ++i) {
    for (int j = 0; j < std::min(inner, laid.columns() - left); ++j) {
      const std::size_t from = static_cast<std::size_t>(i + margin_) * tile_.width + j + margin_;
      const std::size_t to = laid.index(top + i, left + j);
      for (int c = 0; c < tile_.channels; ++c) {
        details.sum.plane(c)[to] += tensors_.x[c * tile_.plane() + from] - middle;
      }
      ++details.views[to];
    }
  }
}

// Adds what the given picture has and this one, made as small, lacks, until that is next to nothing.
void ZeroShot::project_back(Image& enlarged, ThreadPool& pool) const {
  for (int n = 0; n < most_projections; ++n) {
    Image lacking = resize(enlarged, small_.width, small_.height, scaling_.kernel, &pool);
    double square = 0;
    for (std::size_t i = 0; i < lacking.samples.size(); ++i) {
      lacking.samples[i] = small_.samples[i] - lacking.samples[i];
      square += double{lacking.samples[i]} * lacking.samples[i];
    }
    if (square <= consistent * consistent * static_cast<double>(lacking.samples.size())) return;
    lacking = resize(lacking, enlarged.width, enlarged.height, ResizeKernel::bicubic, &pool);
    for (std::size_t i = 0; i < enlarged.samples.size(); ++i) enlarged.samples[i] += lacking.samples[i];
  }
}

std::size_t ZeroShot::bytes() const {
  // While it is enlarged: the picture, its details, and twice what is made of them; a quarter more than the counts.
  const auto enlarged = static_cast<std::size_t>(scaling_.scale) * scaling_.scale * small_.samples.size();
  return (2 * small_.samples.size() + 4 * enlarged) * sizeof(float);
}

}  // namespace dipper
