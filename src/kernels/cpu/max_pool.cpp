// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/max_pool.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/pool-inl.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

/// Backward finds the largest again, so that nothing has to be kept of forward.
struct MaxForm {
  static constexpr bool backward_takes_input = true;

  // Unlike Max, this takes the first when either is no number, as the definition does.
  [[nodiscard]] HWY_INLINE static V larger(V first, V second) {
    return hn::IfThenElse(hn::Gt(second, first), second, first);
  }

  [[nodiscard]] HWY_INLINE V forward(const Windows& x) const { return larger(larger(larger(x.a, x.b), x.c), x.d); }

  [[nodiscard]] HWY_INLINE Windows backward(const Windows& x, V dy) const {
    const auto b = hn::Gt(x.b, x.a);
    const V upper = hn::IfThenElse(b, x.b, x.a);
    const auto c = hn::Gt(x.c, upper);
    const auto d = hn::Gt(x.d, hn::IfThenElse(c, x.c, upper));
    const V not_d = hn::IfThenZeroElse(d, dy);
    const V in_upper = hn::IfThenZeroElse(c, not_d);
    return {hn::IfThenZeroElse(b, in_upper), hn::IfThenElseZero(b, in_upper), hn::IfThenElseZero(c, not_d),
            hn::IfThenElseZero(d, dy)};
  }
};

/// The same for windows of any size, one after the other.
class MaxPool final : public Layer<float> {
 public:
  MaxPool(const MaxPoolDesc& desc, ThreadPool& pool) : d_(desc), pool_(&pool), out_(desc.output()) {}

  void forward(const Operands<float>& at) override {
    for_each_row([&](int c, int i) {
      const float* x = at.x[0] + first_row(c, i);
      float* y = at.y + c * out_.plane() + static_cast<std::size_t>(i) * out_.width;
      for (int j = 0; j < out_.width; ++j) y[j] = x[largest(x, j)];
    });
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    for_each_row([&](int c, int i) {
      const float* x = at.x[0] + first_row(c, i);
      float* dx = gradients.dx[0].data + first_row(c, i);
      const float* dy = gradients.dy + c * out_.plane() + static_cast<std::size_t>(i) * out_.width;
      // The last row of windows clears what is left below, too.
      const int rows = i + 1 < out_.height ? d_.factor : d_.input.height - i * d_.factor;
      if (gradients.dx[0].write == Write::overwrite) {
        std::fill_n(dx, static_cast<std::size_t>(rows) * d_.input.width, 0.0F);
      }
      for (int j = 0; j < out_.width; ++j) dx[largest(x, j)] += dy[j];
    });
  }

 private:
  template <class Visit>
  void for_each_row(const Visit& visit) const {
    pool_->run(out_.channels * out_.height,
               [&](int task, int /*worker*/) { visit(task % out_.channels, task / out_.channels); });
  }

  [[nodiscard]] std::size_t first_row(int c, int i) const {
    return c * d_.input.plane() + static_cast<std::size_t>(i) * d_.factor * d_.input.width;
  }

  // Where the largest of window j lies, seen from the first of its rows.
  [[nodiscard]] std::size_t largest(const float* x, int j) const {
    std::size_t best = static_cast<std::size_t>(j) * d_.factor;
    for (int u = 0; u < d_.factor; ++u) {
      const std::size_t row = static_cast<std::size_t>(u) * d_.input.width + static_cast<std::size_t>(j) * d_.factor;
      for (int v = 0; v < d_.factor; ++v) {
        if (x[row + v] > x[best]) best = row + v;
      }
    }
    return best;
  }

  MaxPoolDesc d_;
  ThreadPool* pool_;
  Shape out_;
};

LayerPointer new_max_pool(const MaxPoolDesc& desc, ThreadPool& pool) {
  if (desc.factor == 2) return std::make_unique<Pool<MaxForm>>(desc.input, MaxForm{}, "", pool);
  return std::make_unique<MaxPool>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_max_pool);

LayerPointer make_max_pool(const MaxPoolDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_max_pool)(desc, pool);
}

}  // namespace dipper::cpu
#endif
