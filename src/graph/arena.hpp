// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace dipper {

/// A piece of memory that is in use from one point of time to another, both included.
struct Lifetime {
  int first = 0;
  int last = 0;
  std::size_t bytes = 0;
};

struct ArenaPlan {
  std::vector<std::size_t> offsets;  // bytes, one for each lifetime
  std::size_t bytes = 0;             // of the whole arena
  std::size_t floor = 0;             // the most that is in use at one time: no plan is smaller
};

/// Places all pieces in one arena so that no two that are in use at the same time overlap. Offsets are multiples of
/// `alignment`. The largest piece is placed first, each at the tightest gap that takes it (Pisarchyk and Lee,
/// "Efficient memory management for deep neural net inference", 2020: greedy by size).
[[nodiscard]] ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes, std::size_t alignment = 64);

}  // namespace dipper
