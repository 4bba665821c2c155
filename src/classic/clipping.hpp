// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// Mean and variance of a value in [0, 1] with normal noise of the standard deviation sigma > 0, cut off beyond 0
/// and 1.
struct ClippedNoise {
  double mean = 0;
  double variance = 0;
};
[[nodiscard]] ClippedNoise clipped_noise(double value, double sigma);

/// Where noise may have been clipped.
enum class Ends { both, white };

/// What a file did to noise that would have gone below black or above white: it was cut off there, so that in dark
/// places samples are too bright on average and in bright ones too dark. That mean is all that a denoiser can find;
/// what was there before is found from it (Foi, "Clipped noisy images: heteroskedastic modeling and practical
/// denoising", 2009).
class Clipping {
 public:
  /// Of noise of the standard deviation sigma >= 0, in units of [0, 1]. At which ends it was clipped is told from the
  /// noisy picture: there samples lie heaped up. None is where samples lie beyond.
  Clipping(const Image& noisy, double sigma, Ends ends = Ends::both);

  /// Whether there is anything to undo.
  [[nodiscard]] bool any() const { return black_ || white_; }

  /// A noisy sample as the picture has it.
  [[nodiscard]] float clip(float sample) const;

  /// Of samples whose truth is x in [0, 1].
  [[nodiscard]] ClippedNoise noise(double x) const;

  /// The truth in [0, 1] of samples of this mean: the inverse.
  [[nodiscard]] float truth(float mean) const;

  /// The variance of samples of this mean. Where no samples have one so low or so high, it goes on in a straight line:
  /// means that were found are off both ways, and so this is right on average at black and white too. 0 or more.
  [[nodiscard]] double variance(float mean) const;

 private:
  double sigma_;
  bool black_ = false;
  bool white_ = false;
  std::vector<float> means_;  // of truths evenly from 0 to 1
};

}  // namespace dipper
