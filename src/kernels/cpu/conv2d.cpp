// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv2d.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include "kernels/cpu/adjoint-inl.hpp"
#include "kernels/cpu/correlate-inl.hpp"
#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/weight_gradient-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

/// Overwrites out[c] with the sum of plane c: pieces of planes first, then their sums in order.
class PlaneSums {
 public:
  PlaneSums(const Shape& shape, ThreadPool& pool) : shape_(shape), pool_(&pool) {
    pieces_ = {static_cast<int>(shape.plane()), 1 << 14};
  }

  [[nodiscard]] std::size_t scratch_size() const { return static_cast<std::size_t>(shape_.channels) * pieces_.count(); }

  void run(const float* x, float* out, float* scratch) const {
    pool_->run(shape_.channels * pieces_.count(), [&](int task, int /*worker*/) HWY_ATTR {
      const float* plane = x + task / pieces_.count() * shape_.plane();
      const std::size_t end = pieces_.end(task % pieces_.count());
      V sum = hn::Zero(D());
      V other = hn::Zero(D());
      std::size_t i = pieces_.begin(task % pieces_.count());
      for (; i + 2 * lanes <= end; i += 2 * lanes) {
        sum = hn::Add(sum, load(plane + i));
        other = hn::Add(other, load(plane + i + lanes));
      }
      for (; i < end; i += lanes) sum = hn::Add(sum, load_part(plane + i, end - i));
      scratch[task] = sum_lanes(hn::Add(sum, other));
    });
    for (int c = 0; c < shape_.channels; ++c) {
      double sum = 0;
      for (int piece = 0; piece < pieces_.count(); ++piece) sum += scratch[c * pieces_.count() + piece];
      out[c] = static_cast<float>(sum);
    }
  }

 private:
  Shape shape_;
  ThreadPool* pool_;
  Pieces pieces_;
};

std::size_t weight_count(const Conv2dDesc& d) {
  return static_cast<std::size_t>(d.out_channels) * d.input.channels * d.kernel * d.kernel;
}

// x[0] as the desc's Load says.
Source source(const Operands<float>& at, const Load& load) {
  return {at.x[0], load.normalise ? at.norm : nullptr, load.slope};
}

class Conv2d final : public Layer<float> {
 public:
  Conv2d(const Conv2dDesc& desc, ThreadPool& pool)
      : load_(desc.load),
        correlate_(desc, pool),
        adjoint_(make_adjoint(desc, pool)),
        weight_gradient_(make_weight_gradient(desc, pool)),
        bias_gradient_(desc.output(), pool),
        weights_(weight_count(desc)) {}

  [[nodiscard]] std::size_t scratch_size() const override {
    return std::max({correlate_.scratch_size(), adjoint_->scratch_size(), weight_gradient_->scratch_size(),
                     bias_gradient_.scratch_size()});
  }

  void forward(const Operands<float>& at) override {
    correlate_.run(source(at, load_), at.theta, at.theta + weights_, at.y, Write::overwrite, at.scratch);
  }

  void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
    weight_gradient_->run(source(at, load_), {gradients.dy}, gradients.dtheta, at.scratch);
    bias_gradient_.run(gradients.dy, gradients.dtheta + weights_, at.scratch);
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    adjoint_->run({gradients.dy}, at.theta, nullptr, gradients.dx[0].data, gradients.dx[0].write, at.scratch);
  }

 private:
  Load load_;
  Correlate correlate_;
  std::unique_ptr<AdjointForm> adjoint_;
  std::unique_ptr<WeightGradientForm> weight_gradient_;
  PlaneSums bias_gradient_;
  std::size_t weights_;
};

class ConvTranspose2d final : public Layer<float> {
 public:
  ConvTranspose2d(const ConvTranspose2dDesc& desc, ThreadPool& pool)
      : load_(desc.load),
        adjoint_(make_adjoint(desc.adjoint(), pool)),
        correlate_(desc.adjoint(), pool),
        weight_gradient_(make_weight_gradient(desc.adjoint(), pool)),
        bias_gradient_(desc.output(), pool),
        weights_(weight_count(desc.adjoint())) {}

  [[nodiscard]] std::size_t scratch_size() const override {
    return std::max({correlate_.scratch_size(), adjoint_->scratch_size(), weight_gradient_->scratch_size(),
                     bias_gradient_.scratch_size()});
  }

  void forward(const Operands<float>& at) override {
    adjoint_->run(source(at, load_), at.theta, at.theta + weights_, at.y, Write::overwrite, at.scratch);
  }

  void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
    weight_gradient_->run({gradients.dy}, source(at, load_), gradients.dtheta, at.scratch);
    bias_gradient_.run(gradients.dy, gradients.dtheta + weights_, at.scratch);
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    correlate_.run({gradients.dy}, at.theta, nullptr, gradients.dx[0].data, gradients.dx[0].write, at.scratch);
  }

 private:
  Load load_;
  std::unique_ptr<AdjointForm> adjoint_;
  Correlate correlate_;
  std::unique_ptr<WeightGradientForm> weight_gradient_;
  PlaneSums bias_gradient_;
  std::size_t weights_;
};

LayerPointer new_conv2d(const Conv2dDesc& desc, ThreadPool& pool) {
  return std::make_unique<Conv2d>(desc, pool);
}

LayerPointer new_conv_transpose2d(const ConvTranspose2dDesc& desc, ThreadPool& pool) {
  return std::make_unique<ConvTranspose2d>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_conv2d);
HWY_EXPORT(new_conv_transpose2d);

LayerPointer make_conv2d(const Conv2dDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_conv2d)(desc, pool);
}

LayerPointer make_conv_transpose2d(const ConvTranspose2dDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_conv_transpose2d)(desc, pool);
}

}  // namespace dipper::cpu
#endif
