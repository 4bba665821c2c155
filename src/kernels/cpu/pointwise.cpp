// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pointwise.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include "kernels/cpu/activation-inl.hpp"
#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

constexpr int piece_size = 1 << 14;  // floats

/// A layer that treats each element alone.
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
    const float* const from = Form::backward_takes_input ? at.x[0] : at.y;
    pool_->run(pieces_.count(), [&](int piece, int /*worker*/) HWY_ATTR {
      const std::size_t end = pieces_.end(piece);
      for (std::size_t i = pieces_.begin(piece); i < end; i += lanes) {
        const V value = form_.backward(load_part(gradients.dy + i, end - i), load_part(from + i, end - i));
        put_part(value, dx.data + i, end - i, dx.write);
      }
    });
  }

 private:
  ThreadPool* pool_;
  Pieces pieces_;
  Form form_;
};

/// Either dx may be unwanted; where the first lies over dy and is that, there is nothing to write.
class Add final : public Layer<float> {
 public:
  Add(const AddDesc& desc, ThreadPool& pool)
      : pool_(&pool),
        pieces_{static_cast<int>(desc.input.size()), piece_size},
        scale_(static_cast<float>(desc.scale)) {}

  void forward(const Operands<float>& at) override {
    pool_->run(pieces_.count(), [&](int piece, int /*worker*/) HWY_ATTR {
      const std::size_t end = pieces_.end(piece);
      for (std::size_t i = pieces_.begin(piece); i < end; i += lanes) {
        const V sum = hn::MulAdd(splat(scale_), load_part(at.x[1] + i, end - i), load_part(at.x[0] + i, end - i));
        store_part(sum, at.y + i, end - i);
      }
    });
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    pool_->run(pieces_.count(), [&](int piece, int /*worker*/) HWY_ATTR {
      send_back(gradients.dy, scale_, gradients.dx[1], piece);
      const GradientTarget<float>& first = gradients.dx[0];
      if (first.data != gradients.dy || first.write == Write::accumulate) send_back(gradients.dy, 1, first, piece);
    });
  }

 private:
  void send_back(const float* dy, float scale, const GradientTarget<float>& dx, int piece) const {
    if (dx.data == nullptr) return;
    const std::size_t end = pieces_.end(piece);
    for (std::size_t i = pieces_.begin(piece); i < end; i += lanes) {
      put_part(hn::Mul(splat(scale), load_part(dy + i, end - i)), dx.data + i, end - i, dx.write);
    }
  }

  ThreadPool* pool_;
  Pieces pieces_;
  float scale_;
};

LayerPointer new_leaky_relu(const LeakyReluDesc& desc, ThreadPool& pool) {
  return std::make_unique<Pointwise<LeakyReluForm>>(desc.input.size(), LeakyReluForm{static_cast<float>(desc.slope)},
                                                    pool);
}

LayerPointer new_sigmoid(const SigmoidDesc& desc, ThreadPool& pool) {
  return std::make_unique<Pointwise<SigmoidForm>>(desc.input.size(), SigmoidForm{}, pool);
}

LayerPointer new_elu(const EluDesc& desc, ThreadPool& pool) {
  return std::make_unique<Pointwise<EluForm>>(desc.input.size(), EluForm{}, pool);
}

LayerPointer new_swish(const SwishDesc& desc, ThreadPool& pool) {
  return std::make_unique<Pointwise<SwishForm>>(desc.input.size(), SwishForm{}, pool);
}

LayerPointer new_add(const AddDesc& desc, ThreadPool& pool) {
  return std::make_unique<Add>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_leaky_relu);
HWY_EXPORT(new_sigmoid);
HWY_EXPORT(new_elu);
HWY_EXPORT(new_swish);
HWY_EXPORT(new_add);

LayerPointer make_leaky_relu(const LeakyReluDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_leaky_relu)(desc, pool);
}

LayerPointer make_sigmoid(const SigmoidDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_sigmoid)(desc, pool);
}

LayerPointer make_elu(const EluDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_elu)(desc, pool);
}

LayerPointer make_swish(const SwishDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_swish)(desc, pool);
}

LayerPointer make_add(const AddDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_add)(desc, pool);
}

}  // namespace dipper::cpu
#endif
