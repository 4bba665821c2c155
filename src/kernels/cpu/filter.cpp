// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/filter.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include "kernels/cpu/filter_direct-inl.hpp"
#include "kernels/cpu/filter_kernel.hpp"
#include "kernels/cpu/filter_separable-inl.hpp"
#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/pool-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

/// Four equal weights.
struct MeanForm {
  static constexpr bool backward_takes_input = false;
  float weight;

  [[nodiscard]] HWY_INLINE V forward(const Windows& x) const {
    return hn::Mul(splat(weight), hn::Add(hn::Add(x.a, x.b), hn::Add(x.c, x.d)));
  }
  [[nodiscard]] HWY_INLINE Windows backward(const Windows& /*x*/, V dy) const {
    const V share = hn::Mul(splat(weight), dy);
    return {share, share, share, share};
  }
};

bool is_mean_of_pairs(const FilterDesc& d) {
  const std::vector<float>& w = d.kernel.weights;
  return d.kernel.rows == 2 && d.kernel.columns == 2 && d.stride == 2 && std::count(w.begin(), w.end(), w[0]) == 4 &&
         d.first_row == 0 && d.first_column == 0 && d.window.height == d.input.height &&
         d.window.width == d.input.width && d.out_height == d.input.height / 2 && d.out_width == d.input.width / 2;
}

LayerPointer new_filter(const FilterDesc& desc, ThreadPool& pool) {
  if (is_mean_of_pairs(desc)) {
    return std::make_unique<Pool<MeanForm>>(desc.input, MeanForm{desc.kernel.weights[0]}, "pool", pool);
  }
  if (const auto factors = factor(desc.kernel)) return std::make_unique<SeparableFilter>(desc, *factors, pool);
  return std::make_unique<DirectFilter>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_filter);

LayerPointer make_filter(const FilterDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_filter)(desc, pool);
}

}  // namespace dipper::cpu
#endif
