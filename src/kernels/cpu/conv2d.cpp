// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv2d.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include "kernels/cpu/choose-inl.hpp"
#include "kernels/cpu/layers.hpp"

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
      const int channel = task % shape_.channels;
      const int piece = task / shape_.channels;
      const float* plane = x + channel * shape_.plane();
      const std::size_t end = pieces_.end(piece);
      V sum = hn::Zero(D());
      V other = hn::Zero(D());
      std::size_t i = pieces_.begin(piece);
      for (; i + 2 * lanes <= end; i += 2 * lanes) {
        sum = hn::Add(sum, load(plane + i));
        other = hn::Add(other, load(plane + i + lanes));
      }
      for (; i < end; i += lanes) sum = hn::Add(sum, load_part(plane + i, end - i));
      scratch[channel * pieces_.count() + piece] = sum_lanes(hn::Add(sum, other));
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

/// A convolution or a transposed convolution: the two maps of a convolution `d`, the one for forward and the other for
/// backward-data, and its gradient in the weights.
class Convolution final : public Layer<float> {
 public:
  Convolution(const Conv2dDesc& desc, ThreadPool& pool)
      : load_(desc.load),
        forward_(choose_correlate(desc, pool)),
        backward_(choose_adjoint(desc, pool)),
        weight_gradient_(choose_weight_gradient(desc, true, pool)),
        bias_gradient_(desc.output(), pool),
        weights_(weight_count(desc)) {}

  Convolution(const ConvTranspose2dDesc& desc, ThreadPool& pool)
      : transposed_(true),
        load_(desc.load),
        forward_(choose_adjoint(desc.adjoint(), pool)),
        backward_(choose_correlate(desc.adjoint(), pool)),
        weight_gradient_(choose_weight_gradient(desc.adjoint(), !desc.load.normalise, pool)),
        bias_gradient_(desc.output(), pool),
        weights_(weight_count(desc.adjoint())) {}

  [[nodiscard]] std::size_t scratch_size() const override {
    return std::max({forward_.kernel->scratch_size(), backward_.kernel->scratch_size(),
                     weight_gradient_.kernel->scratch_size(), bias_gradient_.scratch_size()});
  }

  [[nodiscard]] Choice choice(Pass pass) const override {
    switch (pass) {
      case Pass::forward:
        return forward_.choice;
      case Pass::backward_parameters:
        return weight_gradient_.choice;
      case Pass::backward_inputs:
        return backward_.choice;
    }
    return {};
  }

  void forward(const Operands<float>& at) override {
    forward_.kernel->run(source(at), at.theta, at.theta + weights_, at.y, Write::overwrite, at.scratch);
  }

  void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
    const Source dy{gradients.dy};
    weight_gradient_.kernel->run(transposed_ ? dy : source(at), transposed_ ? source(at) : dy, gradients.dtheta,
                                 at.scratch);
    bias_gradient_.run(gradients.dy, gradients.dtheta + weights_, at.scratch);
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    backward_.kernel->run({gradients.dy}, at.theta, nullptr, dx.data, dx.write, at.scratch);
  }

 private:
  [[nodiscard]] Source source(const Operands<float>& at) const {
    return {at.x[0], load_.normalise ? at.norm : nullptr, load_.slope};
  }

  bool transposed_ = false;
  Load load_;
  Chosen<Map> forward_;
  Chosen<Map> backward_;
  Chosen<WeightGradientForm> weight_gradient_;
  PlaneSums bias_gradient_;
  std::size_t weights_;
};

LayerPointer new_conv2d(const Conv2dDesc& desc, ThreadPool& pool) {
  return std::make_unique<Convolution>(desc, pool);
}

LayerPointer new_conv_transpose2d(const ConvTranspose2dDesc& desc, ThreadPool& pool) {
  return std::make_unique<Convolution>(desc, pool);
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
