// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dipper {

/// The index inside [0, n) that index i stands for when what lies outside is the reflection of what lies inside. The
/// edge itself is left out (... 2 1 | 0 1 2 ...), and reflections repeat as often as needed, so any n >= 1 works.
[[nodiscard]] constexpr int reflected_index(int i, int n) {
  if (i >= 0 && i < n) return i;
  if (n == 1) return 0;
  const int period = 2 * (n - 1);
  const int r = ((i % period) + period) % period;
  return r < n ? r : period - r;
}

}  // namespace dipper
