// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "dipper/dipper.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// Float pictures may hold any numbers; the network's output lies in (0, 1).
struct Range {
  float low = 0;
  float high = 1;

  [[nodiscard]] float into(float sample) const { return (sample - low) / (high - low); }
  [[nodiscard]] float out_of(float value) const { return low + value * (high - low); }
};

/// [0, 1], or what the known samples span when that is more.
[[nodiscard]] Range range_of(const Observation& observation);

/// [channel][row][column] of a picture's colours, in [0, 1].
[[nodiscard]] std::vector<float> colours_of(const Image& picture, const Range& range);

/// The truth as it can be compared with what is restored. What is enlarged has sides that the scale divides, so the
/// truth may have a few more rows and columns, which damage() crops too. Throws Error when it does not fit even so, or
/// holds numbers that are not finite.
[[nodiscard]] Image fitting_truth(const Image& truth, const Observation& observation);

/// The standard deviation of the restored picture's errors in units of its samples, of square errors in [0, 1] that are
/// to be expected of a fit's colours, [row][column]. Known pixels that stay have none.
[[nodiscard]] Image deviation_of(const Observation& observation, const Range& range, std::span<const float> squares);

/// The root mean square of deviations, of those that are more than 0; 0 where there are none.
[[nodiscard]] double root_mean_square_of(const Image& deviation);

/// What a fit has reached, as pictures: of its colours in [0, 1], with the observation's alpha, profile and known
/// pixels.
class Pictures {
 public:
  /// The observation must outlive this; truth may be null, and otherwise must fit as fitting_truth() says.
  Pictures(const Observation& observation, const Range& range, const Image* truth);

  /// Makes the pictures from colours, [channel][row][column]: the result so far, and the network's own last output.
  void show(std::span<const float> result, std::span<const float> raw);

  /// Puts the last ones, and how near they come to the truth, where a callback finds them.
  void lend(Progress& progress) const;
  static void take_back(Progress& progress);

  /// Gives them away.
  void move_to(Restoration& restoration);

 private:
  [[nodiscard]] Image image_of(std::span<const float> colours) const;

  const Observation& observation_;
  Range range_;
  std::optional<Image> truth_;
  Image picture_;
  Image raw_;
  std::optional<double> psnr_;
  std::optional<double> raw_psnr_;
};

}  // namespace dipper
