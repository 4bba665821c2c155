// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pointwise.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/contrib/math/math-inl.h>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

constexpr int piece_size = 1 << 14;  // floats

/// A layer that treats each element alone. Form gives forward(x) and backward(dy, y).
template <class Form>
class Pointwise final : public Layer<float> {
 public:
  Pointwise(std::size_t size, Form form, ThreadPool& pool)
      : pool_(&pool), pieces_{static_cast<int>(size), piece_size}, form_(form) {}

  void forward(const Operands<float>& at) override {
    pool_->run(pieces_.count(), [&](int piece, int /*worker*/) HWY_ATTR {
      const std::size_t end = pieces_.end(piece);
      for (std::size_t i = pieces_.begin(piece); i < end; i += lanes) {
        store_part(form_.forward(load_part(at.x[0] + i, end - i)), at.y + i, end - i);
      }
    });
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    pool_->run(pieces_.count(), [&](int piece, int /*worker*/) HWY_ATTR {
      const std::size_t end = pieces_.end(piece);
      for (std::size_t i = pieces_.begin(piece); i < end; i += lanes) {
        const V value = form_.backward(load_part(gradients.dy + i, end - i), load_part(at.y + i, end - i));
        put_part(value, dx.data + i, end - i, dx.write);
      }
    });
  }

 private:
  ThreadPool* pool_;
  Pieces pieces_;
  Form form_;
};

// For slopes from 0 to 1, the larger of x and slope x.
struct LeakyReluForm {
  float slope;
  [[nodiscard]] HWY_INLINE V forward(V x) const { return hn::Max(x, hn::Mul(x, splat(slope))); }
  [[nodiscard]] HWY_INLINE V backward(V dy, V y) const {
    return hn::IfThenElse(hn::Gt(y, hn::Zero(D())), dy, hn::Mul(dy, splat(slope)));
  }
};

struct SigmoidForm {
  [[nodiscard]] HWY_INLINE V forward(V x) const {
    // exp(88) is close to the largest float. Neither Clamp nor Exp passes NaN on, and a fit that diverged must show.
    const V power = hn::Exp(D(), hn::Neg(hn::Clamp(x, splat(-87.0F), splat(87.0F))));
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Div(splat(1.0F), hn::Add(splat(1.0F), power)));
  }
  [[nodiscard]] HWY_INLINE V backward(V dy, V y) const { return hn::Mul(dy, hn::Mul(y, hn::Sub(splat(1.0F), y))); }
};

class MaskedSquaredError final : public Layer<float> {
 public:
  MaskedSquaredError(const MaskedSquaredErrorDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), pieces_{static_cast<int>(desc.input.plane()), piece_size} {}

  [[nodiscard]] std::size_t scratch_size() const override { return static_cast<std::size_t>(tasks()); }

  void forward(const Operands<float>& at) override {
    for_each_piece([&](int task, int channel, std::size_t offset, std::size_t begin, std::size_t end) HWY_ATTR {
      const Normalise take = taken(at, channel);
      V sum = hn::Zero(D());
      for (std::size_t i = begin; i < end; i += lanes) {
        V x = take(load_part(at.x[0] + offset + i, end - i));
        if (d_.sigmoid) {
          x = SigmoidForm{}.forward(x);
          store_part(x, at.saved + offset + i, end - i);
        }
        const V difference = hn::Sub(x, load_part(at.x[1] + offset + i, end - i));
        sum = hn::MulAdd(hn::Mul(difference, difference), load_part(at.x[2] + i, end - i), sum);
      }
      at.scratch[task] = sum_lanes(sum);
    });
    double sum = 0;
    for (int task = 0; task < tasks(); ++task) sum += at.scratch[task];
    *at.y = static_cast<float>(sum * d_.scale());
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    const auto scale = static_cast<float>(2 * d_.scale() * *gradients.dy);
    for_each_piece([&](int /*task*/, int channel, std::size_t offset, std::size_t begin, std::size_t end) HWY_ATTR {
      const Normalise take = taken(at, channel);
      for (std::size_t i = begin; i < end; i += lanes) {
        const std::size_t count = end - i;
        const V x = d_.sigmoid ? load_part(at.saved + offset + i, count) : take(load_part(at.x[0] + offset + i, count));
        const V w = hn::Mul(splat(scale), load_part(at.x[2] + i, count));
        V gradient = hn::Mul(w, hn::Sub(x, load_part(at.x[1] + offset + i, count)));
        if (d_.sigmoid) gradient = SigmoidForm{}.backward(gradient, x);
        put_part(gradient, dx.data + offset + i, count, dx.write);
      }
    });
  }

 private:
  [[nodiscard]] HWY_INLINE Normalise taken(const Operands<float>& at, int channel) const {
    return d_.load.normalise ? Normalise(at.norm, d_.input.channels, channel, d_.load.slope) : Normalise();
  }

  [[nodiscard]] int tasks() const { return d_.input.channels * pieces_.count(); }

  // visit(task, channel, where the channel begins, [begin, end) in its plane).
  template <class Visit>
  void for_each_piece(const Visit& visit) const {
    pool_->run(tasks(), [&](int task, int /*worker*/) HWY_ATTR {
      const int channel = task % d_.input.channels;
      const int piece = task / d_.input.channels;
      visit(task, channel, channel * d_.input.plane(), pieces_.begin(piece), pieces_.end(piece));
    });
  }

  MaskedSquaredErrorDesc d_;
  ThreadPool* pool_;
  Pieces pieces_;  // of a plane
};

LayerPointer new_leaky_relu(const LeakyReluDesc& desc, ThreadPool& pool) {
  return std::make_unique<Pointwise<LeakyReluForm>>(desc.input.size(), LeakyReluForm{static_cast<float>(desc.slope)},
                                                    pool);
}

LayerPointer new_sigmoid(const SigmoidDesc& desc, ThreadPool& pool) {
  return std::make_unique<Pointwise<SigmoidForm>>(desc.input.size(), SigmoidForm{}, pool);
}

LayerPointer new_masked_squared_error(const MaskedSquaredErrorDesc& desc, ThreadPool& pool) {
  return std::make_unique<MaskedSquaredError>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_leaky_relu);
HWY_EXPORT(new_sigmoid);
HWY_EXPORT(new_masked_squared_error);

LayerPointer make_leaky_relu(const LeakyReluDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_leaky_relu)(desc, pool);
}

LayerPointer make_sigmoid(const SigmoidDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_sigmoid)(desc, pool);
}

LayerPointer make_masked_squared_error(const MaskedSquaredErrorDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_masked_squared_error)(desc, pool);
}

}  // namespace dipper::cpu
#endif
