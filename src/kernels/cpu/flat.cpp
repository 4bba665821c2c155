// SPDX-License-Identifier: Apache-2.0
// The loops over flat buffers that lie outside the graph: Adam and the input's noise.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/flat.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/contrib/math/math-inl.h>

#include <numbers>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

void adam_piece(const AdamRule& rule, const StepValues& step, const float* gradient, float* theta, float* m, float* v,
                std::size_t n) {
  const V beta1 = splat(rule.beta1);
  const V beta2 = splat(rule.beta2);
  const V rest1 = splat(1 - rule.beta1);
  const V rest2 = splat(1 - rule.beta2);
  const V unscaled = splat(1 / rule.loss_scale);
  for (std::size_t i = 0; i < n; i += lanes) {
    const V g = hn::Mul(unscaled, load_part(gradient + i, n - i));
    const V mean = hn::MulAdd(beta1, load_part(m + i, n - i), hn::Mul(rest1, g));
    const V square = hn::MulAdd(beta2, load_part(v + i, n - i), hn::Mul(rest2, hn::Mul(g, g)));
    const V deviation = hn::MulAdd(hn::Sqrt(square), splat(step.v_scale), splat(rule.epsilon));
    store_part(mean, m + i, n - i);
    store_part(square, v + i, n - i);
    store_part(hn::Sub(load_part(theta + i, n - i), hn::Div(hn::Mul(splat(step.rate), mean), deviation)), theta + i,
               n - i);
  }
}

using DU = hn::RebindToUnsigned<D>;
using DWide = hn::Repartition<std::uint64_t, DU>;
using VU = hn::Vec<DU>;

// The high and low halves of a * b for each lane.
HWY_INLINE void multiply_wide(VU a, VU b, VU& high, VU& low) {
  const DU d;
  const DWide wide;
  const auto even = hn::MulEven(a, b);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), b);
  high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
  low = hn::Mul(a, b);
}

// Philox4x32-10 on one block a lane, as base/philox.hpp defines it; block numbers first, first + 1, ...
HWY_INLINE void philox_blocks(const Philox& random, std::uint64_t step, std::uint32_t first, VU words[4]) {
  const DU d;
  VU c0 = hn::Iota(d, first);
  VU c1 = hn::Set(d, static_cast<std::uint32_t>(random.stream));
  VU c2 = hn::Set(d, static_cast<std::uint32_t>(step));
  VU c3 = hn::Set(d, static_cast<std::uint32_t>(step >> 32));
  auto key0 = static_cast<std::uint32_t>(random.seed);
  auto key1 = static_cast<std::uint32_t>(random.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    VU high_a;
    VU low_a;
    VU high_b;
    VU low_b;
    multiply_wide(c0, hn::Set(d, 0xD2511F53U), high_a, low_a);
    multiply_wide(c2, hn::Set(d, 0xCD9E8D57U), high_b, low_b);
    c0 = hn::Xor3(high_b, c1, hn::Set(d, key0));
    c2 = hn::Xor3(high_a, c3, hn::Set(d, key1));
    c1 = low_b;
    c3 = low_a;
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

HWY_INLINE V upper_bits(VU word) {
  const hn::RebindToSigned<D> d;
  return hn::ConvertTo(D(), hn::BitCast(d, hn::ShiftRight<8>(word)));
}

// Box and Muller: two words give two normal numbers.
HWY_INLINE void box_muller(VU first, VU second, V& a, V& b) {
  const V u = hn::Mul(hn::Add(upper_bits(first), splat(1.0F)), splat(0x1p-24F));  // (0, 1]
  const V angle = hn::Mul(upper_bits(second), splat(static_cast<float>(2 * std::numbers::pi * 0x1p-24)));
  const V radius = hn::Sqrt(hn::Mul(splat(-2.0F), hn::Log(D(), u)));
  a = hn::Mul(radius, hn::Cos(D(), angle));
  b = hn::Mul(radius, hn::Sin(D(), angle));
}

// Elements [begin, begin + n) of a step; begin is a multiple of 4.
void normal_piece(const Philox& random, std::uint64_t step, float scale, Write write, std::size_t begin, std::size_t n,
                  float* out) {
  HWY_ALIGN float values[4 * lanes];
  for (std::size_t i = 0; i < n; i += 4 * lanes) {
    VU words[4];
    philox_blocks(random, step, static_cast<std::uint32_t>((begin + i) / 4), words);
    V e0;
    V e1;
    V e2;
    V e3;
    box_muller(words[0], words[1], e0, e1);
    box_muller(words[2], words[3], e2, e3);
    hn::StoreInterleaved4(e0, e1, e2, e3, D(), values);
    for (std::size_t j = 0; j < 4 * lanes && i + j < n; j += lanes) {
      put_part(hn::Mul(splat(scale), load(values + j)), out + i + j, n - i - j, write);
    }
  }
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

namespace {
constexpr int piece_size = 1 << 14;  // floats, a multiple of four
}  // namespace

HWY_EXPORT(adam_piece);
HWY_EXPORT(normal_piece);

void adam(ThreadPool& pool, const AdamRule& rule, const StepValues& step, std::span<const float> gradient,
          std::span<float> theta, std::span<float> m, std::span<float> v) {
  const Pieces pieces{static_cast<int>(theta.size()), piece_size};
  pool.run(pieces.count(), [&](int piece, int /*worker*/) {
    const std::size_t at = pieces.begin(piece);
    HWY_DYNAMIC_DISPATCH(adam_piece)
    (rule, step, gradient.data() + at, theta.data() + at, m.data() + at, v.data() + at, pieces.end(piece) - at);
  });
}

void normal(ThreadPool& pool, const Philox& random, std::uint64_t step, float scale, Write write,
            std::span<float> out) {
  const Pieces pieces{static_cast<int>(out.size()), piece_size};
  pool.run(pieces.count(), [&](int piece, int /*worker*/) {
    const std::size_t at = pieces.begin(piece);
    HWY_DYNAMIC_DISPATCH(normal_piece)
    (random, step, scale, write, at, pieces.end(piece) - at, out.data() + at);
  });
}

}  // namespace dipper::cpu
#endif
