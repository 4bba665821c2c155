// SPDX-License-Identifier: Apache-2.0
// What forward and backward-data have in common; compiled once for each instruction set.
#if defined(DIPPER_CPU_MAP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_MAP_INL
#undef DIPPER_CPU_MAP_INL
#else
#define DIPPER_CPU_MAP_INL
#endif

#include "kernels/cpu/band-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// A way to compute a linear map from one tensor to another by weights: a convolution, or its adjoint.
class Map {
 public:
  Map() = default;
  virtual ~Map() = default;
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;
  [[nodiscard]] virtual std::size_t scratch_size() const = 0;
  /// `bias` may be null. Overwrites `to` or adds to it.
  virtual void run(const Source& from, const float* w, const float* bias, float* to, Write write,
                   float* scratch) const = 0;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
