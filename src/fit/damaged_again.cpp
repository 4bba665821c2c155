// SPDX-License-Identifier: Apache-2.0
#include "fit/damaged_again.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "fit/orientation.hpp"

namespace dipper {
namespace {

// The network's output lies in (0, 1): its middle adds nothing.
constexpr float middle = 0.5F;

}  // namespace

DamagedAgain::DamagedAgain(const Recipe& recipe, std::uint64_t seed, Again again, std::span<const float> damaged,
                           const Shape& shape, const ZeroShot::Tensors& tensors)
    : seed_(seed),
      views_(recipe.input_views),
      margin_(2 * recipe.net.resnet.blocks + 3),
      tile_(ZeroShot::tile_of(shape)),
      tensors_(tensors),
      again_(std::move(again)),
      damaged_(shape.width, shape.height, shape.channels) {
  DIPPER_CHECK_EQ(damaged.size(), shape.size());
  DIPPER_CHECK_EQ(again_.estimate.size(), shape.size());
  DIPPER_CHECK_EQ(tensors.z.size(), tile_.size());
  DIPPER_CHECK_EQ(tensors.weights.size(), tile_.plane());
  std::ranges::copy(damaged, damaged_.samples.begin());
}

void DamagedAgain::before(int step) {
  const Philox random{seed_, Stream::crops};
  const auto draw = static_cast<std::uint64_t>(step);
  const Orientation laid{random.below(8, draw, 0), damaged_.height, damaged_.width};
  const int top = random.below(std::max(1, laid.rows() - tile_.height + 1), draw, 1);
  const int left = random.below(std::max(1, laid.columns() - tile_.width + 1), draw, 2);
  Image wanted(tile_.width, tile_.height, tile_.channels);
  for (int i = 0; i < tile_.height; ++i) {
    for (int j = 0; j < tile_.width; ++j) {
      const std::size_t to = static_cast<std::size_t>(i) * tile_.width + j;
      const std::size_t from = laid.index(top + i, left + j);
      tensors_.weights[to] = top + i < laid.rows() && left + j < laid.columns() ? 1.0F : 0.0F;
      for (int c = 0; c < tile_.channels; ++c) wanted.plane(c)[to] = again_.estimate[c * damaged_.plane_size() + from];
    }
  }
  const Image seen = again_.damage(wanted, draw + 1);
  for (std::size_t i = 0; i < wanted.samples.size(); ++i) {
    tensors_.z[i] = seen.samples[i] - middle;
    tensors_.y[i] = wanted.samples[i] - seen.samples[i] + middle;
  }
}

double DamagedAgain::restore(const ZeroShot::Draw& draw, Patience& patience, std::span<float> to) {
  const double all = views_ + 1;  // with the trial's
  const auto go_on = [&](int done) { return patience.seconds_left() > 0 && patience.go_on(done / all); };
  share_ = go_on(0) ? best_share(draw) : 0;
  Image sum(damaged_.width, damaged_.height, damaged_.channels);
  int views = 0;
  for (; views < views_ && go_on(views + 1); ++views) add_view(draw, damaged_.samples, views, sum);
  if (views == 0) share_ = 0;
  const auto share = static_cast<float>(share_);
  Image picture = sum;
  for (std::size_t i = 0; i < picture.samples.size(); ++i) {
    const float own = views > 0 ? sum.samples[i] / static_cast<float>(views) : 0;
    picture.samples[i] = std::clamp(share * own + (1 - share) * again_.estimate[i], 0.0F, 1.0F);
  }
  if (again_.agree) picture = again_.agree(picture);
  DIPPER_CHECK_EQ(to.size(), picture.samples.size());
  std::ranges::copy(picture.samples, to.begin());
  return views / static_cast<double>(views_);
}

ZeroShot::Cost DamagedAgain::measure(const ZeroShot::Draw& draw) const {
  constexpr int tried = 5;
  draw();  // the first may have to fetch its memory
  const auto began = std::chrono::steady_clock::now();
  for (int n = 0; n < tried; ++n) draw();
  const double tile = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() / tried;
  const int inner = tile_.height - 2 * margin_;
  const int tiles = ((damaged_.height + inner - 1) / inner) * ((damaged_.width + inner - 1) / inner);
  return {.view = tile * tiles, .sizing = tile * tiles};
}

// By least squares: the network's part of the way from the estimate to the truth.
double DamagedAgain::best_share(const ZeroShot::Draw& draw) const {
  const Again::Trial& trial = again_.trial;
  if (trial.truth.empty()) return 0.5;
  const Image own = drawn(draw, trial.damaged, 1);
  double towards = 0;
  double length = 0;
  for (std::size_t i = 0; i < own.samples.size(); ++i) {
    const double step = own.samples[i] - trial.estimate[i];
    towards += step * (trial.truth[i] - trial.estimate[i]);
    length += step * step;
  }
  return length > 0 ? std::clamp(towards / length, 0.0, 1.0) : 0;
}

Image DamagedAgain::drawn(const ZeroShot::Draw& draw, std::span<const float> picture, int views) const {
  Image sum(damaged_.width, damaged_.height, damaged_.channels);
  for (int view = 0; view < views; ++view) add_view(draw, picture, view, sum);
  for (float& sample : sum.samples) sample /= static_cast<float>(views);
  return sum;
}

void DamagedAgain::add_view(const ZeroShot::Draw& draw, std::span<const float> picture, int orientation,
                            Image& sum) const {
  const std::size_t plane = damaged_.plane_size();
  const Orientation laid{orientation, damaged_.height, damaged_.width};
  const int inner = tile_.height - 2 * margin_;
  for (int top = 0; top < laid.rows(); top += inner) {
    for (int left = 0; left < laid.columns(); left += inner) {
      for (int i = 0; i < tile_.height; ++i) {
        for (int j = 0; j < tile_.width; ++j) {
          const std::size_t from = laid.index(top - margin_ + i, left - margin_ + j);
          const std::size_t to = static_cast<std::size_t>(i) * tile_.width + j;
          for (int c = 0; c < tile_.channels; ++c)
            tensors_.z[c * tile_.plane() + to] = picture[c * plane + from] - middle;
        }
      }
      draw();
      for (int i = 0; i < std::min(inner, laid.rows() - top); ++i) {
        for (int j = 0; j < std::min(inner, laid.columns() - left); ++j) {
          const std::size_t from = static_cast<std::size_t>(i + margin_) * tile_.width + j + margin_;
          const std::size_t to = laid.index(top + i, left + j);
          for (int c = 0; c < tile_.channels; ++c) {
            sum.plane(c)[to] += picture[c * plane + to] + tensors_.x[c * tile_.plane() + from] - middle;
          }
        }
      }
    }
  }
}

}  // namespace dipper
