// SPDX-License-Identifier: Apache-2.0
#include "fit/damaged_again.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "image/resize.hpp"

namespace dipper {

DamagedAgain::DamagedAgain(const Recipe& recipe, std::uint64_t seed, Again again, std::span<const float> damaged,
                           const Shape& shape, const Tiles::Tensors& tensors)
    : seed_(seed),
      tiles_(recipe, shape, tensors),
      again_(std::move(again)),
      damaged_(shape.width, shape.height, shape.channels) {
  DIPPER_CHECK_EQ(damaged.size(), shape.size());
  DIPPER_CHECK_EQ(again_.estimate.size(), shape.size());
  damaged_ = image_of(damaged);
  const auto smaller = [](int side) { return std::max(1, side * 3 / 5); };
  smaller_ = resize(image_of(again_.estimate), smaller(shape.width), smaller(shape.height), ResizeKernel::lanczos3);
  for (float& sample : smaller_.samples) sample = std::clamp(sample, 0.0F, 1.0F);
}

Image DamagedAgain::image_of(std::span<const float> samples) const {
  Image image(damaged_.width, damaged_.height, damaged_.channels);
  DIPPER_CHECK_EQ(samples.size(), image.samples.size());
  std::ranges::copy(samples, image.samples.begin());
  return image;
}

void DamagedAgain::before(int step) {
  const Shape& tile = tiles_.shape();
  Image wanted(tile.width, tile.height, tile.channels);
  const bool whole = step % 2 == 0;
  const Image& like = whole ? damaged_ : smaller_;
  const std::span<const float> learned = whole ? again_.estimate : std::span<const float>(smaller_.samples);
  tiles_.learn_part(seed_, step, like.height, like.width, [&](std::size_t to, std::size_t from) {
    for (int c = 0; c < tile.channels; ++c) wanted.plane(c)[to] = learned[c * like.plane_size() + from];
  });
  const Image seen = again_.damage(wanted, static_cast<std::uint64_t>(step) + 1);
  const Tiles::Tensors& tensors = tiles_.tensors();
  for (std::size_t i = 0; i < wanted.samples.size(); ++i) {
    tensors.z[i] = seen.samples[i] - Tiles::middle;
    tensors.y[i] = wanted.samples[i] - seen.samples[i] + Tiles::middle;
  }
}

double DamagedAgain::restore(const Tiles::Draw& draw, Tiles::Views views, Patience& patience, std::span<float> to) {
  const int trial = 1;  // view
  Tiles::Looks looks{patience, (trial + views.count) * tiles_.count(damaged_.height, damaged_.width)};
  share_ = patience.seconds_left() > 0 ? best_share(draw, looks) : 0;
  Image picture = damaged_;
  const bool drawn = patience.seconds_left() > 0 && tiles_.add_details(draw, views, 1, looks, picture);
  if (!drawn) share_ = 0;
  if (share_ == 0) std::ranges::copy(again_.estimate, picture.samples.begin());  // the network may have gone wrong
  const auto share = static_cast<float>(share_);
  for (std::size_t i = 0; i < picture.samples.size(); ++i) {
    picture.samples[i] = std::clamp(share * picture.samples[i] + (1 - share) * again_.estimate[i], 0.0F, 1.0F);
  }
  if (again_.agree) picture = again_.agree(picture);
  DIPPER_CHECK_EQ(to.size(), picture.samples.size());
  std::ranges::copy(picture.samples, to.begin());
  return looks.share();
}

Tiles::Cost DamagedAgain::measure(const Tiles::Draw& draw) const {
  const double view = Tiles::seconds(draw) * tiles_.count(damaged_.height, damaged_.width);
  return {.view = view, .other = view};  // the trial's
}

// By least squares: the network's part of the way from the estimate to the truth. What it would gain goes by the square
// of its share, so that of a small one nothing is left where the trial took it for a little too good.
double DamagedAgain::best_share(const Tiles::Draw& draw, Tiles::Looks& looks) const {
  const Again::Trial& trial = again_.trial;
  if (trial.truth.empty()) {
    looks.taken += tiles_.count(damaged_.height, damaged_.width);
    return 0.5;
  }
  Image own = image_of(trial.damaged);
  if (!tiles_.add_details(draw, {0, 1}, 1, looks, own)) return 0;
  double towards = 0;
  double length = 0;
  for (std::size_t i = 0; i < own.samples.size(); ++i) {
    const double step = own.samples[i] - trial.estimate[i];
    towards += step * (trial.truth[i] - trial.estimate[i]);
    length += step * step;
  }
  constexpr double least = 0.15;
  const double share = length > 0 ? std::clamp(towards / length, 0.0, 1.0) : 0;
  return share < least ? 0 : share;
}

}  // namespace dipper
