// SPDX-License-Identifier: Apache-2.0
#include "tasks/mask.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "fuzz.hpp"
#include "image/io.hpp"

void dipper::fuzz::take(std::span<const std::byte> input) {
  const Image mask = decode_image(input, limits);
  const std::vector<float> values = read_mask(mask, Image(mask.width, mask.height, 1), "mask");
  DIPPER_CHECK_EQ(values.size(), mask.plane_size());
  DIPPER_CHECK(std::ranges::all_of(values, [](float value) { return value >= 0 && value <= 1; }));
}
