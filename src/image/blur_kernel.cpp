// SPDX-License-Identifier: Apache-2.0
#include "image/blur_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "base/check.hpp"
#include "base/text.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

Kernel normalised(int rows, int columns, std::span<const double> weights, double sum) {
  Kernel kernel{rows, columns, std::vector<float>(weights.size())};
  std::transform(weights.begin(), weights.end(), kernel.weights.begin(),
                 [sum](double weight) { return static_cast<float>(weight / sum); });
  return kernel;
}

double sum_of(std::span<const double> weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  return sum;
}

// A square kernel or a rectangle: value(x, y) for x and y in pixels from the middle, y upwards.
template <class Value>
Kernel sampled(int radius_x, int radius_y, Value value) {
  std::vector<double> weights;
  for (int y = radius_y; y >= -radius_y; --y) {
    for (int x = -radius_x; x <= radius_x; ++x) weights.push_back(value(x, y));
  }
  return normalised(2 * radius_y + 1, 2 * radius_x + 1, weights, sum_of(weights));
}

// The pixels from the middle that a line needs which reaches this far; rounding may not add an empty one.
int reach(double extent) {
  return std::max(0, static_cast<int>(std::ceil(extent - 0.5 - 1e-9)));
}

}  // namespace

Kernel gaussian_kernel(double sigma) {
  DIPPER_CHECK(sigma >= least_sigma && sigma <= most_sigma);
  const int radius = static_cast<int>(std::ceil(3 * sigma));
  return sampled(radius, radius, [sigma](int x, int y) { return std::exp(-(x * x + y * y) / (2 * sigma * sigma)); });
}

Kernel motion_kernel(double length, double angle_degrees) {
  DIPPER_CHECK(length >= least_motion && length <= most_motion);
  const double angle = angle_degrees * std::numbers::pi / 180;
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const double along = length / 2;
  constexpr double across = 0.5;
  // How many of 32 x 32 points in the pixel lie on the line.
  const auto area = [&](int x, int y) {
    constexpr int points = 32;
    int inside = 0;
    for (int i = 0; i < points; ++i) {
      for (int j = 0; j < points; ++j) {
        const double u = x - 0.5 + (j + 0.5) / points;
        const double v = y - 0.5 + (i + 0.5) / points;
        const bool on_line = std::abs(u * cosine + v * sine) <= along && std::abs(v * cosine - u * sine) <= across;
        inside += on_line ? 1 : 0;
      }
    }
    return static_cast<double>(inside);
  };
  return sampled(reach(along * std::abs(cosine) + across * std::abs(sine)),
                 reach(along * std::abs(sine) + across * std::abs(cosine)), area);
}

Motion parse_motion(std::string_view text, std::string_view what) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) {
    throw Error(fmt::format("{} is \"{}\" but must be LENGTH,ANGLE in pixels and degrees, such as 15,30", what, text));
  }
  return {parse_number(text.substr(0, comma), fmt::format("the length in {}", what), least_motion, most_motion),
          parse_number(text.substr(comma + 1), fmt::format("the angle in {}", what), -360, 360)};
}

Kernel kernel_from(const Image& picture) {
  if (picture.width > most_kernel_side || picture.height > most_kernel_side) {
    throw Error(fmt::format("the kernel is {}x{} but may have at most {} pixels a side; crop or shrink it",
                            picture.width, picture.height, most_kernel_side));
  }
  const std::span<const float> gray = picture.plane(0);
  for (int c = 1; c < picture.colour_channels(); ++c) {
    if (!std::ranges::equal(gray, picture.plane(c))) throw Error("the kernel has colours; give a gray picture of it");
  }
  const int rows = picture.height | 1;
  const int columns = picture.width | 1;
  std::vector<double> weights(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  for (std::size_t i = 0; i < gray.size(); ++i) {
    if (!std::isfinite(gray[i])) throw Error("the kernel holds samples that are not finite numbers; give one without");
    const auto width = static_cast<std::size_t>(picture.width);
    weights[i / width * static_cast<std::size_t>(columns) + i % width] = gray[i];
  }
  const double sum = sum_of(weights);
  if (std::ranges::all_of(gray, [](float sample) { return sample == 0; })) {
    throw Error("the kernel is black all over; give a picture of what the blur makes of a point of light");
  }
  if (!(sum > 0)) throw Error(fmt::format("the kernel's samples sum to {:g} but a blur's sum is above 0", sum));
  return normalised(rows, columns, weights, sum);
}

}  // namespace dipper
