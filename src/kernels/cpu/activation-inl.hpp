// SPDX-License-Identifier: Apache-2.0
// What layers do to each element alone; compiled once for each instruction set.
#if defined(DIPPER_CPU_ACTIVATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_ACTIVATION_INL
#undef DIPPER_CPU_ACTIVATION_INL
#else
#define DIPPER_CPU_ACTIVATION_INL
#endif

#include <hwy/contrib/math/math-inl.h>

#include "kernels/cpu/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// exp(x), where x is as far from 0 as float32 can bear. Neither Clamp nor Exp passes NaN on, and a fit that diverged
/// must show.
HWY_INLINE V exponential(V x) {
  // exp(88) is close to the largest float.
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(D(), hn::Clamp(x, splat(-87.0F), splat(87.0F))));
}

// Each form has forward(x), and backward(dy, y) or, if it says so, backward(dy, x).

// For slopes from 0 to 1, the larger of x and slope x.
struct LeakyReluForm {
  static constexpr bool backward_takes_input = false;
  float slope;
  [[nodiscard]] HWY_INLINE V forward(V x) const { return hn::Max(x, hn::Mul(x, splat(slope))); }
  [[nodiscard]] HWY_INLINE V backward(V dy, V y) const {
    return hn::IfThenElse(hn::Gt(y, hn::Zero(D())), dy, hn::Mul(dy, splat(slope)));
  }
};

struct SigmoidForm {
  static constexpr bool backward_takes_input = false;
  [[nodiscard]] HWY_INLINE V forward(V x) const {
    return hn::Div(splat(1.0F), hn::Add(splat(1.0F), exponential(hn::Neg(x))));
  }
  [[nodiscard]] HWY_INLINE V backward(V dy, V y) const { return hn::Mul(dy, hn::Mul(y, hn::Sub(splat(1.0F), y))); }
};

struct EluForm {
  static constexpr bool backward_takes_input = false;
  [[nodiscard]] HWY_INLINE V forward(V x) const {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(D())), x, hn::Sub(exponential(x), splat(1.0F)));
  }
  [[nodiscard]] HWY_INLINE V backward(V dy, V y) const {
    return hn::IfThenElse(hn::Gt(y, hn::Zero(D())), dy, hn::MulAdd(dy, y, dy));
  }
};

struct SwishForm {
  static constexpr bool backward_takes_input = true;
  [[nodiscard]] HWY_INLINE V forward(V x) const { return hn::Mul(x, SigmoidForm{}.forward(x)); }
  [[nodiscard]] HWY_INLINE V backward(V dy, V x) const {
    const V s = SigmoidForm{}.forward(x);
    return hn::Mul(hn::Mul(dy, s), hn::MulAdd(x, hn::Sub(splat(1.0F), s), splat(1.0F)));
  }
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
