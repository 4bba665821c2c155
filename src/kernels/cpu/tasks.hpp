// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

namespace dipper::cpu {

/// A range cut into equal pieces of whole multiples of a step; the last may be shorter.
struct Pieces {
  int total = 0;
  int size = 1;  // of one piece

  [[nodiscard]] int count() const { return (total + size - 1) / size; }
  [[nodiscard]] int begin(int piece) const { return piece * size; }
  [[nodiscard]] int end(int piece) const { return std::min(total, (piece + 1) * size); }
  [[nodiscard]] int size_of(int piece) const { return end(piece) - begin(piece); }
};

/// Cuts `total` channels so that `others` independent pieces of work become at least eight tasks, if that many steps of
/// channels are there. Eight keep up to four threads evenly busy; the number never depends on the threads.
inline Pieces cut_channels(int total, int others, int step) {
  const int wanted = std::max(1, (8 + others - 1) / others);
  const int size = (total + wanted - 1) / wanted;
  return {total, std::max(step, (size + step - 1) / step * step)};
}

}  // namespace dipper::cpu
