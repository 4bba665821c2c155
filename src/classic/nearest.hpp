// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dipper {

/// For every pixel of a picture the index of the nearest one that is marked (not 0), itself where it is; the distance
/// is Euclidean. Of several alike one that depends on the marks alone. All -1 when none is marked. The exact distance
/// transform of Meijster, Roerdink and Hesselink (2000), which takes time linear in the pixels.
[[nodiscard]] std::vector<int> nearest_marked(std::span<const std::uint8_t> marked, int width, int height);

/// The square of the distance between two pixels given by their indices.
[[nodiscard]] std::int64_t squared_distance(int a, int b, int width);

}  // namespace dipper
