// SPDX-License-Identifier: Apache-2.0
#include "fit/zero_shot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/check.hpp"

namespace dipper {
namespace {

constexpr int least_side = 8;  // of a picture made smaller, to learn from
constexpr int most_projections = 10;
constexpr double consistent = 3e-4;  // root mean square that a picture may lack: less than a tenth of a gray level

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

}  // namespace

ZeroShot::ZeroShot(const Recipe& recipe, std::uint64_t seed, const Scaling& scaling, std::span<const float> small,
                   const Shape& shape, const Tiles::Tensors& tensors)
    : seed_(seed),
      scaling_(scaling),
      tiles_(recipe, shape, tensors),
      small_(shape.width, shape.height, shape.channels) {
  DIPPER_CHECK(shape.channels == 1 || shape.channels == 3);  // colours without alpha
  DIPPER_CHECK_EQ(small.size(), shape.size());
  std::ranges::copy(small, small_.samples.begin());
  const int height = side_after(shape.height, scaling.scale, -1);
  const int width = side_after(shape.width, scaling.scale, -1);
  if (std::min(height, width) < least_side) return;
  blurred_ = resize(resize(small_, width, height, scaling.kernel), shape.width, shape.height, ResizeKernel::bicubic);
}

void ZeroShot::before(int step) {
  const Tiles::Tensors& tensors = tiles_.tensors();
  if (!blurred_) {
    std::ranges::fill(tensors.weights, 0.0F);
    return;
  }
  const std::size_t plane = tiles_.shape().plane();
  tiles_.learn_part(seed_, step, small_.height, small_.width, [&](std::size_t to, std::size_t from) {
    for (int c = 0; c < small_.channels; ++c) {
      const float blurred = blurred_->plane(c)[from];
      tensors.z[c * plane + to] = blurred - Tiles::middle;
      tensors.y[c * plane + to] = small_.plane(c)[from] - blurred + Tiles::middle;
    }
  });
}

Shape ZeroShot::size_after(int step) const {
  return {small_.channels, side_after(small_.height, scaling_.scale, step),
          side_after(small_.width, scaling_.scale, step)};
}

int ZeroShot::tiles_of(int step) const {
  const Shape size = size_after(step);
  return tiles_.count(size.height, size.width);
}

// Of that size and all larger ones.
int ZeroShot::tiles_from(int step) const {
  int tiles = 0;
  for (int n = step; n <= steps_to(scaling_.scale); ++n) tiles += tiles_of(n);
  return tiles;
}

std::size_t ZeroShot::pixels_from(int step) const {
  std::size_t pixels = 0;
  for (int n = step; n <= steps_to(scaling_.scale); ++n) pixels += size_after(n).plane();
  return pixels;
}

Tiles::Cost ZeroShot::measure(const Tiles::Draw& draw, ThreadPool& pool) const {
  Tiles::Cost cost{.view = Tiles::seconds(draw) * tiles_from(1)};
  const double began = steady_seconds();
  const Shape first = size_after(1);
  Image picture = resize(small_, first.width, first.height, ResizeKernel::bicubic, &pool);
  project_back(picture, pool);
  const double of_a_pixel = (steady_seconds() - began) / static_cast<double>(first.plane());
  cost.other = of_a_pixel * static_cast<double>(pixels_from(1));
  return cost;
}

// How many views of this size there is time for, if the larger ones are to have as many; if that is none, this one
// alone may have its one.
int ZeroShot::views_in(double seconds, double tile_seconds, int step, int most) const {
  if (std::isinf(seconds)) return most;
  const double views = seconds / (tile_seconds * tiles_from(step));
  if (views >= 1) return static_cast<int>(std::min<double>(most, views));
  return seconds > tile_seconds * tiles_of(step) ? 1 : 0;
}

double ZeroShot::enlarge(const Tiles::Draw& draw, Tiles::Views views, Tiles::Cost cost, ThreadPool& pool,
                         Patience& patience, std::span<float> to) const {
  const int steps = steps_to(scaling_.scale);
  Tiles::Looks looks{patience, views.count * tiles_from(1)};
  // As it was when that was last done: others may want the machine as well.
  double tile_seconds = cost.view / tiles_from(1);
  double pixel_seconds = cost.other / static_cast<double>(pixels_from(1));
  Image picture = small_;
  float trust = blurred_ ? 1.0F : 0.0F;
  for (int step = 1; step <= steps; ++step) {
    const Shape size = size_after(step);
    const double left = patience.seconds_left() - pixel_seconds * static_cast<double>(pixels_from(step));
    const double began = steady_seconds();
    picture = resize(picture, size.width, size.height, ResizeKernel::bicubic, &pool);
    const double resized = steady_seconds();
    const int taken = looks.taken;
    const int count = trust > 0 ? views_in(left, tile_seconds, step, views.count) : 0;
    static_cast<void>(tiles_.add_details(draw, {views.first, count}, trust, looks, picture));
    const double detailed = steady_seconds();
    project_back(picture, pool);
    pixel_seconds = (resized - began + steady_seconds() - detailed) / static_cast<double>(size.plane());
    if (looks.taken > taken) tile_seconds = (detailed - resized) / (looks.taken - taken);
    trust *= later_trust;
  }
  DIPPER_CHECK_EQ(to.size(), picture.samples.size());
  std::ranges::transform(picture.samples, to.begin(), [](float sample) { return std::clamp(sample, 0.0F, 1.0F); });
  return looks.share();
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
  // While a picture is enlarged, half of one beside itself and its details, in whose place it is shown later.
  const auto enlarged = static_cast<std::size_t>(scaling_.scale) * scaling_.scale * small_.samples.size();
  return (2 * small_.samples.size() + enlarged / 2) * sizeof(float);
}

}  // namespace dipper
