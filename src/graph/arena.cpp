// SPDX-License-Identifier: Apache-2.0
#include "graph/arena.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace dipper {
namespace {

struct Placed {
  std::size_t offset;
  std::size_t end;
  int first;
  int last;
};

// The tightest gap for `bytes` between the pieces in use at the same time, which are sorted by offset.
std::size_t tightest_gap(const std::vector<Placed>& placed, const Lifetime& piece, std::size_t bytes) {
  std::size_t best = 0;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  std::size_t end = 0;
  for (const Placed& other : placed) {
    if (other.last < piece.first || other.first > piece.last) continue;
    if (other.offset >= end + bytes && other.offset - end < least) {
      least = other.offset - end;
      best = end;
    }
    end = std::max(end, other.end);
  }
  return least == std::numeric_limits<std::size_t>::max() ? end : best;
}

std::size_t most_in_use(const std::vector<Lifetime>& lifetimes, std::size_t alignment) {
  std::map<int, std::ptrdiff_t> change;
  for (const Lifetime& piece : lifetimes) {
    const auto bytes = static_cast<std::ptrdiff_t>((piece.bytes + alignment - 1) / alignment * alignment);
    change[piece.first] += bytes;
    change[piece.last + 1] -= bytes;
  }
  std::ptrdiff_t now = 0;
  std::ptrdiff_t most = 0;
  for (const auto& [time, bytes] : change) most = std::max(most, now += bytes);
  return static_cast<std::size_t>(most);
}

}  // namespace

ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes, std::size_t alignment) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
  ArenaPlan plan;
  plan.offsets.resize(lifetimes.size());
  plan.floor = most_in_use(lifetimes, alignment);
  std::vector<Placed> placed;
  for (const std::size_t i : order) {
    const Lifetime& piece = lifetimes[i];
    const std::size_t bytes = (piece.bytes + alignment - 1) / alignment * alignment;
    const std::size_t offset = tightest_gap(placed, piece, bytes);
    plan.offsets[i] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    const Placed entry{offset, offset + bytes, piece.first, piece.last};
    const auto where = std::upper_bound(placed.begin(), placed.end(), entry,
                                        [](const Placed& a, const Placed& b) { return a.offset < b.offset; });
    placed.insert(where, entry);
  }
  return plan;
}

}  // namespace dipper
