// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// What a blur makes of a point of light (its point spread function). Both sides are odd; the weight in the middle
/// lands where the point was, one to its right on the pixel to the right, so a picture is convolved with it.
struct Kernel {
  int rows = 1;
  int columns = 1;
  std::vector<float> weights{1};  ///< [row][column]; they sum to 1
};

inline constexpr int most_kernel_side = 255;
inline constexpr double least_sigma = 0.1;  // pixels
inline constexpr double most_sigma = 42;
inline constexpr double least_motion = 1;  // pixels
inline constexpr double most_motion = 250;

/// A lens out of focus, roughly: exp(-r^2 / (2 sigma^2)) at the centres of the pixels within 3 sigma (rounded up) along
/// each axis. sigma in pixels, from least_sigma to most_sigma.
[[nodiscard]] Kernel gaussian_kernel(double sigma);

/// A camera that moved evenly while it exposed: a straight line through the middle, one pixel wide and `length` pixels
/// long, each pixel weighted by the area that the line covers of it. The angle is counted as in geometry, in degrees
/// counter-clockwise from a horizontal line: 0 is -, 45 is /. length from least_motion to most_motion.
[[nodiscard]] Kernel motion_kernel(double length, double angle_degrees);

/// A straight motion as a user writes it.
struct Motion {
  double length = 1;  ///< pixels
  double angle = 0;   ///< degrees
};

/// "LENGTH,ANGLE", such as "15,30". Throws Error that names `what` when it is none, or out of motion_kernel()'s range.
[[nodiscard]] Motion parse_motion(std::string_view text, std::string_view what);

/// The kernel that a gray picture shows, such as a photo of a point of light under the same blur; its samples are
/// scaled to the sum 1, alpha does not count. An even side gets a row of zeros below or a column of zeros at the right,
/// so that of the two pixels in its middle the lower or right one is where the point was. Throws Error when the picture
/// has colours, is larger than 255x255, holds a sample that is not finite, is black all over, or has samples (a float
/// picture may hold negative ones) whose sum is not above 0.
[[nodiscard]] Kernel kernel_from(const Image& picture);

}  // namespace dipper
