// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/peak.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "base/thread_pool.hpp"
#include "kernels/cpu/layers.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;

// Twelve hide the latency of two units that take five cycles each, and leave room for two factors in 16 registers.
constexpr int chains = 12;

/// Does `steps` multiply-adds in each chain. Returns a sum of them all, so that none can be left out, and sets `flops`
/// to the operations done.
float multiply_add(int steps, double& flops) {
  const D d;
  hn::Vec<D> x[chains];
  for (int c = 0; c < chains; ++c) x[c] = hn::Set(d, static_cast<float>(c));
  // Towards 1 and no further, so that no number becomes large or denormal.
  const hn::Vec<D> factor = hn::Set(d, 0.75F);
  const hn::Vec<D> addend = hn::Set(d, 0.25F);
  for (int step = 0; step < steps; ++step) {
    for (hn::Vec<D>& value : x) value = hn::MulAdd(value, factor, addend);
  }
  hn::Vec<D> sum = x[0];
  for (int c = 1; c < chains; ++c) sum = hn::Add(sum, x[c]);
  flops = 2.0 * chains * static_cast<double>(hn::Lanes(d)) * steps;
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(multiply_add);

double measure_peak(ThreadPool& pool) {
  using Clock = std::chrono::steady_clock;
  constexpr int steps = 1'000'000;  // some 3 milliseconds
  constexpr int bursts = 80;
  const auto chosen = HWY_DYNAMIC_DISPATCH(multiply_add);
  std::atomic<float> sink{0};
  double best = 0;
  for (int burst = 0; burst < bursts; ++burst) {
    std::atomic<double> flops{0};
    const auto began = Clock::now();
    pool.run(pool.size(), [&](int /*task*/, int /*worker*/) {
      double own = 0;
      sink = chosen(steps, own);
      flops += own;
    });
    const std::chrono::duration<double, std::nano> took = Clock::now() - began;
    best = std::max(best, flops / took.count());
  }
  return best;
}

}  // namespace dipper::cpu
#endif
