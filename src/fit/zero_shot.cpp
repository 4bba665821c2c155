// SPDX-License-Identifier: Apache-2.0
#include "fit/zero_shot.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "fit/orientation.hpp"

namespace dipper {
namespace {

constexpr int largest_tile = 96;
constexpr int smallest_tile = 48;
constexpr int least_side = 8;  // of a picture made smaller, to learn from
constexpr int projections = 10;

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

}  // namespace

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

void ZeroShot::enlarge(const std::function<void()>& draw, std::span<float> to, int first_view, int views) const {
  Image picture = small_;
  float trust = blurred_ ? 1.0F : 0.0F;
  for (int step = 1; step <= steps_to(scaling_.scale); ++step) {
    picture = resize(picture, side_after(small_.width, scaling_.scale, step),
                     side_after(small_.height, scaling_.scale, step), ResizeKernel::bicubic);
    Image details(picture.width, picture.height, picture.channels);
    for (int view = first_view; view < first_view + views && trust > 0; ++view) {
      add_details(draw, picture, view, details);
    }
    for (std::size_t i = 0; i < picture.samples.size(); ++i) {
      picture.samples[i] += trust / static_cast<float>(views) * details.samples[i];
    }
    project_back(picture);
    trust *= later_trust;
  }
  DIPPER_CHECK_EQ(to.size(), picture.samples.size());
  std::ranges::transform(picture.samples, to.begin(), [](float sample) { return std::clamp(sample, 0.0F, 1.0F); });
}

void ZeroShot::add_details(const std::function<void()>& draw, const Image& enlarged, int orientation,
                           Image& details) const {
  const Orientation laid{orientation, enlarged.height, enlarged.width};
  const int inner = tile_.height - 2 * margin_;
  for (int top = 0; top < laid.rows(); top += inner) {
    for (int left = 0; left < laid.columns(); left += inner) {
      for (int i = 0; i < tile_.height; ++i) {
        for (int j = 0; j < tile_.width; ++j) {
          const std::size_t from = laid.index(top - margin_ + i, left - margin_ + j);
          for (int c = 0; c < tile_.channels; ++c) {
            tensors_.z[c * tile_.plane() + static_cast<std::size_t>(i) * tile_.width + j] =
                enlarged.plane(c)[from] - middle;
          }
        }
      }
      draw();
      for (int i = 0; i < std::min(inner, laid.rows() - top); ++i) {
        for (int j = 0; j < std::min(inner, laid.columns() - left); ++j) {
          const std::size_t from = static_cast<std::size_t>(i + margin_) * tile_.width + j + margin_;
          for (int c = 0; c < tile_.channels; ++c) {
            details.plane(c)[laid.index(top + i, left + j)] += tensors_.x[c * tile_.plane() + from] - middle;
          }
        }
      }
    }
  }
}

// Adds what the given picture has and this one, made as small, lacks.
void ZeroShot::project_back(Image& enlarged) const {
  for (int n = 0; n < projections; ++n) {
    Image lacking = resize(enlarged, small_.width, small_.height, scaling_.kernel);
    for (std::size_t i = 0; i < lacking.samples.size(); ++i) {
      lacking.samples[i] = small_.samples[i] - lacking.samples[i];
    }
    lacking = resize(lacking, enlarged.width, enlarged.height, ResizeKernel::bicubic);
    for (std::size_t i = 0; i < enlarged.samples.size(); ++i) enlarged.samples[i] += lacking.samples[i];
  }
}

std::size_t ZeroShot::bytes() const {
  // While it is enlarged: the picture, its details, and twice what is made of them.
  const auto enlarged = static_cast<std::size_t>(scaling_.scale) * scaling_.scale * small_.samples.size();
  return (2 * small_.samples.size() + 4 * enlarged) * sizeof(float);
}

}  // namespace dipper
