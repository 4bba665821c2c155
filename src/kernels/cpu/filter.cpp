// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/filter.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include "kernels/cpu/filter_direct-inl.hpp"
#include "kernels/cpu/filter_kernel.hpp"
#include "kernels/cpu/filter_separable-inl.hpp"
#include "kernels/cpu/layers.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

LayerPointer new_filter(const FilterDesc& desc, ThreadPool& pool) {
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
