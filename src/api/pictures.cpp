// SPDX-License-Identifier: Apache-2.0
#include "api/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "image/crop.hpp"
#include "image/samples.hpp"

namespace dipper {

Range range_of(const Observation& observation) {
  Range range;
  const Image& picture = observation.damaged;
  if (picture.sample != SampleType::f32) return range;
  for (int c = 0; c < picture.colour_channels(); ++c) {
    for (std::size_t i = 0; i < picture.plane_size(); ++i) {
      if (observation.weights[i] <= 0) continue;
      range.low = std::min(range.low, picture.plane(c)[i]);
      range.high = std::max(range.high, picture.plane(c)[i]);
    }
  }
  return range;
}

std::vector<float> colours_of(const Image& picture, const Range& range) {
  std::vector<float> values(picture.colours().size());
  std::ranges::transform(picture.colours(), values.begin(), [&range](float sample) { return range.into(sample); });
  return values;
}

Image fitting_truth(const Image& truth, const Observation& observation) {
  const Image& like = observation.like();
  const int scale = observation.observed_by ? observation.observed_by->stride : 1;
  const int columns = truth.width - like.width;
  const int rows = truth.height - like.height;
  if (columns < 0 || rows < 0 || columns >= scale || rows >= scale ||
      truth.colour_channels() != like.colour_channels()) {
    throw Error(
        fmt::format("the truth is {}x{} of {} but the restored picture is {}x{} of {}; give the same picture undamaged",
                    truth.width, truth.height, count_of(truth.colour_channels(), "channel"), like.width, like.height,
                    like.colour_channels()));
  }
  Image fitting = upper_left(truth, like.width, like.height);
  if (!std::ranges::all_of(fitting.colours(), [](float sample) { return std::isfinite(sample); })) {
    throw Error("the truth holds samples that are not finite numbers; give one without");
  }
  return fitting;
}

Image deviation_of(const Observation& observation, const Range& range, std::span<const float> squares) {
  const Image& like = observation.like();
  Image deviation(like.width, like.height, 1);
  deviation.sample = SampleType::f32;
  DIPPER_CHECK_EQ(squares.size(), deviation.samples.size());
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const float fitted = observation.keeps_known ? 1 - std::clamp(observation.weights[i], 0.0F, 1.0F) : 1;
    deviation.samples[i] = fitted * (range.high - range.low) * std::sqrt(std::max(0.0F, squares[i]));
  }
  return deviation;
}

double root_mean_square_of(const Image& deviation) {
  double sum = 0;
  double count = 0;
  for (const float sample : deviation.samples) {
    sum += double{sample} * sample;
    count += sample > 0 ? 1 : 0;
  }
  return std::sqrt(sum / std::max(1.0, count));
}

Pictures::Pictures(const Observation& observation, const Range& range, const Image* truth)
    : observation_(observation), range_(range) {
  if (truth != nullptr) truth_ = fitting_truth(*truth, observation);
}

void Pictures::show(std::span<const float> result, std::span<const float> raw) {
  picture_ = compose(observation_, image_of(result));
  raw_ = picture_;  // for its alpha and its profile
  const Image own = image_of(raw);
  std::copy(own.samples.begin(), own.samples.end(), raw_.samples.begin());
  round_samples(picture_);
  round_samples(raw_);
  if (!truth_) return;
  psnr_ = psnr(picture_, *truth_);
  raw_psnr_ = psnr(raw_, *truth_);
}

Image Pictures::image_of(std::span<const float> colours) const {
  const Image& like = observation_.like();
  Image image(like.width, like.height, like.colour_channels());
  DIPPER_CHECK_EQ(colours.size(), image.samples.size());
  std::transform(colours.begin(), colours.end(), image.samples.begin(),
                 [this](float value) { return range_.out_of(value); });
  return image;
}

void Pictures::lend(Progress& progress) const {
  progress.picture = &picture_;
  progress.raw = &raw_;
  progress.psnr = psnr_;
  progress.raw_psnr = raw_psnr_;
}

void Pictures::take_back(Progress& progress) {
  progress.picture = nullptr;
  progress.raw = nullptr;
  progress.psnr.reset();
  progress.raw_psnr.reset();
}

void Pictures::move_to(Restoration& restoration) {
  restoration.psnr = psnr_;
  restoration.raw_psnr = raw_psnr_;
  if (truth_) restoration.ssim = ssim(picture_, *truth_);
  if (truth_) restoration.truth = *truth_;
  restoration.raw = std::move(raw_);
  restoration.image = std::move(picture_);
}

}  // namespace dipper
