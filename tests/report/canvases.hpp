// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

#include "report/canvas.hpp"

namespace dipper::test {

/// Smooth colours that move to the left as `time` goes on.
[[nodiscard]] inline Canvas ramp_canvas(int width, int height, int time = 0) {
  Canvas canvas{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int wave = std::abs((x + time) % (2 * width) - width);  // 0 to width, without a jump
      canvas.rgb.push_back(static_cast<std::uint8_t>(255 * wave / width));
      canvas.rgb.push_back(static_cast<std::uint8_t>(255 * y / height));
      canvas.rgb.push_back(static_cast<std::uint8_t>(255 - 255 * wave / width));
    }
  }
  return canvas;
}

/// The mean over samples of the squared difference.
[[nodiscard]] inline double squared_error(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

}  // namespace dipper::test
