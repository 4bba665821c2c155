// SPDX-License-Identifier: Apache-2.0
// What every SIMD file shares; compiled once for each instruction set.
#if defined(DIPPER_CPU_SIMD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_SIMD_INL
#undef DIPPER_CPU_SIMD_INL
#else
#define DIPPER_CPU_SIMD_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/layer.hpp"
#include "kernels/shape.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
inline constexpr std::size_t lanes = hn::MaxLanes(D());

// AVX-512 and NEON have 32 vector registers, the others 16.
inline constexpr bool many_registers = HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM;

// Whether the instruction set has loads and stores that leave memory behind a mask untouched.
inline constexpr bool masked_memory = HWY_MEM_OPS_MIGHT_FAULT == 0;

HWY_INLINE V load(const float* from) {
  return hn::LoadU(D(), from);
}
/// The same for a value that several multiply-adds share: it is loaded into a register once. Left to itself, g++ 12
/// moves the load into each of them as an operand in memory, and unaligned loads become the limit.
HWY_INLINE V load_shared(const float* from) {
  V value = load(from);
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86
  asm("" : "+v"(value.raw));
#endif
  return value;
}
HWY_INLINE void store(V value, float* to) {
  hn::StoreU(value, D(), to);
}
HWY_INLINE V splat(float value) {
  return hn::Set(D(), value);
}

/// The first `count` lanes (at most all) from memory and zeros after them; reads nothing past them.
HWY_INLINE V load_part(const float* from, std::size_t count) {
  if (HWY_LIKELY(count >= lanes)) return load(from);
  if constexpr (masked_memory) return hn::MaskedLoad(hn::FirstN(D(), count), D(), from);
  HWY_ALIGN float part[lanes] = {};
  std::memcpy(part, from, count * sizeof(float));
  return hn::Load(D(), part);
}

/// The first `count` lanes (at most all) to memory; touches nothing past them.
HWY_INLINE void store_part(V value, float* to, std::size_t count) {
  if (HWY_LIKELY(count >= lanes)) return store(value, to);
  if constexpr (masked_memory) return hn::BlendedStore(value, hn::FirstN(D(), count), D(), to);
  HWY_ALIGN float part[lanes];
  hn::Store(value, D(), part);
  std::memcpy(to, part, count * sizeof(float));
}

/// Overwrites the first `count` lanes, or adds to them.
HWY_INLINE void put_part(V value, float* to, std::size_t count, Write write) {
  store_part(write == Write::accumulate ? hn::Add(load_part(to, count), value) : value, to, count);
}

/// Asks for floats that will be read soon. Rows that are read side by side, a part of each in turns, come from memory
/// in half the time when they were asked for one after the other.
HWY_INLINE void fetch(const float* from, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 16) hwy::Prefetch(from + i);
}

/// Whether a tensor of this shape is so large that what is written first has left the caches before the last is. It is
/// then written past them: a line that is written whole need not be read before. Rows have to be whole lines for that.
inline bool exceeds_caches(const Shape& shape) {
  constexpr std::size_t caches = std::size_t{24} << 20;
  return shape.size() * sizeof(float) > caches && shape.width % 16 == 0;
}

HWY_INLINE bool on_line(const float* at) {
  return reinterpret_cast<std::uintptr_t>(at) % 64 == 0;
}

HWY_INLINE float sum_lanes(V value) {
  return hn::GetLane(hn::SumOfLanes(D(), value));
}

/// The sums of four vectors' lanes.
HWY_INLINE void sum_lanes(const V* values, float* sums) {
  const hn::Repartition<double, D> pairs;
  const auto add_halves = [](V a, V b) HWY_ATTR {
    return hn::Add(hn::InterleaveLower(D(), a, b), hn::InterleaveUpper(D(), a, b));
  };
  const auto ab = hn::BitCast(pairs, add_halves(values[0], values[1]));  // each block of four: a b a b
  const auto cd = hn::BitCast(pairs, add_halves(values[2], values[3]));
  const V both = hn::Add(hn::BitCast(D(), hn::InterleaveLower(pairs, ab, cd)),
                         hn::BitCast(D(), hn::InterleaveUpper(pairs, ab, cd)));  // a b c d
  HWY_ALIGN float blocks[lanes];
  hn::Store(both, D(), blocks);
  for (int n = 0; n < 4; ++n) sums[n] = blocks[n];
  for (std::size_t i = 4; i < lanes; ++i) sums[i % 4] += blocks[i];
}

/// The vectors that so many floats take, the last one in part.
inline std::size_t vectors_of(int floats) {
  return (static_cast<std::size_t>(floats) + lanes - 1) / lanes;
}

/// At least `floats`, as an odd number of cache lines: steps of a power of two would fall into the same few lines of a
/// cache.
inline std::size_t spread_out(std::size_t floats) {
  constexpr std::size_t line = 16;
  return ((floats + line - 1) / line | 1) * line;
}

/// What Load describes, for one channel. `norm` holds the means of all channels, then the scales, then the betas.
class Normalise {
 public:
  /// Takes each value as it is.
  HWY_INLINE Normalise() : mean_(splat(0)), scale_(splat(1)), beta_(splat(0)), slope_(splat(1)) {}
  HWY_INLINE Normalise(const float* norm, int channels, int c, double slope)
      : mean_(splat(norm[c])),
        scale_(splat(norm[channels + c])),
        beta_(splat(norm[2 * channels + c])),
        slope_(splat(static_cast<float>(slope))) {}

  HWY_INLINE V operator()(V x) const {
    const V t = line(x);
    return hn::Max(t, hn::Mul(t, slope_));
  }

  /// The gradient in t, given that in max(t, slope t).
  HWY_INLINE V backward(V x, V dy) const {
    return hn::IfThenElse(hn::Gt(line(x), hn::Zero(D())), dy, hn::Mul(dy, slope_));
  }

 private:
  HWY_INLINE V line(V x) const { return hn::MulAdd(hn::Sub(x, mean_), scale_, beta_); }

  V mean_, scale_, beta_, slope_;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
