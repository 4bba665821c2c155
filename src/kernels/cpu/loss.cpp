// SPDX-License-Identifier: Apache-2.0
// The layers that end in one number.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/loss.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <cmath>

#include "kernels/cpu/activation-inl.hpp"
#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

// Each kind of error has add(x, y, w, sum), which is sum + w error(x, y), and backward(w, x, y), w times the error's
// derivative in x, of which `factor` is already in w.

struct SquaredForm {
  static constexpr double factor = 2;
  explicit SquaredForm(const MaskedErrorDesc& /*desc*/) {}
  [[nodiscard]] HWY_INLINE V add(V x, V y, V w, V sum) const {
    const V difference = hn::Sub(x, y);
    return hn::MulAdd(hn::Mul(difference, difference), w, sum);
  }
  [[nodiscard]] HWY_INLINE V backward(V w, V x, V y) const { return hn::Mul(w, hn::Sub(x, y)); }
};

struct AbsoluteForm {
  static constexpr double factor = 1;
  float epsilon;
  explicit AbsoluteForm(const MaskedErrorDesc& desc) : epsilon(static_cast<float>(desc.epsilon)) {}
  [[nodiscard]] HWY_INLINE V add(V x, V y, V w, V sum) const {
    return hn::MulAdd(hn::Sub(length(hn::Sub(x, y)), splat(epsilon)), w, sum);
  }
  [[nodiscard]] HWY_INLINE V backward(V w, V x, V y) const {
    const V difference = hn::Sub(x, y);
    return hn::Mul(w, hn::Div(difference, length(difference)));
  }
  [[nodiscard]] HWY_INLINE V length(V difference) const {
    return hn::Sqrt(hn::MulAdd(difference, difference, splat(epsilon * epsilon)));
  }
};

template <class Form>
class MaskedError final : public Layer<float> {
 public:
  MaskedError(const MaskedErrorDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), form_(desc), pieces_{static_cast<int>(desc.input.plane()), 1 << 14} {}

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
        sum = form_.add(x, load_part(at.x[1] + offset + i, end - i), load_part(at.x[2] + i, end - i), sum);
      }
      at.scratch[task] = sum_lanes(sum);
    });
    double sum = 0;
    for (int task = 0; task < tasks(); ++task) sum += at.scratch[task];
    *at.y = static_cast<float>(sum * d_.scale());
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    const auto scale = static_cast<float>(Form::factor * d_.scale() * *gradients.dy);
    for_each_piece([&](int /*task*/, int channel, std::size_t offset, std::size_t begin, std::size_t end) HWY_ATTR {
      const Normalise take = taken(at, channel);
      for (std::size_t i = begin; i < end; i += lanes) {
        const std::size_t count = end - i;
        const V x = d_.sigmoid ? load_part(at.saved + offset + i, count) : take(load_part(at.x[0] + offset + i, count));
        const V w = hn::Mul(splat(scale), load_part(at.x[2] + i, count));
        V gradient = form_.backward(w, x, load_part(at.x[1] + offset + i, count));
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

  MaskedErrorDesc d_;
  ThreadPool* pool_;
  Form form_;
  Pieces pieces_;  // of a plane
};

/// A pixel's gradient holds the unit vectors of three pixels: its own, that of its left and that of its upper
/// neighbour. Backward computes those of a row once, and keeps the row above.
class TotalVariation final : public Layer<float> {
 public:
  TotalVariation(const TotalVariationDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), width_(desc.input.width), row_(vectors_of(desc.input.width) * lanes) {
    pieces_ = {desc.input.height, std::max(1, (1 << 12) / desc.input.width)};
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return std::max(static_cast<std::size_t>(tasks()), pool_->size() * worker_size());
  }

  void forward(const Operands<float>& at) override {
    for_each_piece([&](int task, std::size_t plane, int begin, int end, int /*worker*/) HWY_ATTR {
      V sum = hn::Zero(D());
      for (int i = begin; i < end; ++i) {
        for_each_vector(at.x[0] + plane, i, [&](std::size_t j, V /*across*/, V /*down*/, V length) HWY_ATTR {
          const V excess = hn::Sub(length, splat(static_cast<float>(d_.epsilon)));
          sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(D(), width_ - j), excess));
        });
      }
      at.scratch[task] = sum_lanes(sum);
    });
    double sum = 0;
    for (int task = 0; task < tasks(); ++task) sum += at.scratch[task];
    *at.y = static_cast<float>(sum * d_.scale());
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    const V scale = splat(static_cast<float>(d_.scale() * *gradients.dy));
    for_each_piece([&](int /*task*/, std::size_t plane, int begin, int end, int worker) HWY_ATTR {
      float* const right = at.scratch + worker * worker_size() + lanes;
      float* above = right + row_;
      float* below = above + row_;
      right[-1] = 0;
      std::fill_n(above, row_, 0.0F);
      if (begin > 0) directions(at.x[0] + plane, begin - 1, right, above);
      for (int i = begin; i < end; ++i) {
        directions(at.x[0] + plane, i, right, below);
        float* const to = dx.data + plane + i * width_;
        for (std::size_t j = 0; j < width_; j += lanes) {
          const V in = hn::Add(load(right + j - 1), load(above + j));
          const V out = hn::Add(load(right + j), load(below + j));
          put_part(hn::Mul(scale, hn::Sub(in, out)), to + j, width_ - j, dx.write);
        }
        std::swap(above, below);
      }
    });
  }

 private:
  [[nodiscard]] int tasks() const { return d_.input.channels * pieces_.count(); }
  [[nodiscard]] std::size_t worker_size() const { return 3 * row_ + lanes; }

  // visit(task, where the channel begins, rows [begin, end), worker).
  template <class Visit>
  void for_each_piece(const Visit& visit) const {
    pool_->run(tasks(), [&](int task, int worker) HWY_ATTR {
      const int piece = task / d_.input.channels;
      visit(task, task % d_.input.channels * d_.input.plane(), pieces_.begin(piece), pieces_.end(piece), worker);
    });
  }

  // visit(column, the differences to the right and downwards, their regularised length) for each vector of row i.
  template <class Visit>
  HWY_INLINE void for_each_vector(const float* plane, int i, const Visit& visit) const {
    const float* here = plane + i * width_;
    const float* next = i + 1 < d_.input.height ? here + width_ : here;
    const V square = splat(static_cast<float>(d_.epsilon * d_.epsilon));
    for (std::size_t j = 0; j < width_; j += lanes) {
      const V x = load_part(here + j, width_ - j);
      // The last column has no neighbour: without it the lanes that are left are those whose neighbour exists.
      const std::size_t neighbours = width_ - j - 1;
      const V across = hn::IfThenElseZero(hn::FirstN(D(), neighbours), hn::Sub(load_part(here + j + 1, neighbours), x));
      const V down = hn::Sub(load_part(next + j, width_ - j), x);
      visit(j, across, down, hn::Sqrt(hn::MulAdd(across, across, hn::MulAdd(down, down, square))));
    }
  }

  // The two components of each pixel's unit vector, of a whole number of vectors.
  void directions(const float* plane, int i, float* right, float* below) const {
    for_each_vector(plane, i, [&](std::size_t j, V across, V down, V length) HWY_ATTR {
      const V inverse = hn::Div(splat(1.0F), length);
      store(hn::Mul(across, inverse), right + j);
      store(hn::Mul(down, inverse), below + j);
    });
  }

  TotalVariationDesc d_;
  ThreadPool* pool_;
  std::size_t width_;
  std::size_t row_;  // the width in whole vectors
  Pieces pieces_;    // of the rows
};

LayerPointer new_masked_error(const MaskedErrorDesc& desc, ThreadPool& pool) {
  if (desc.kind == ErrorKind::absolute) return std::make_unique<MaskedError<AbsoluteForm>>(desc, pool);
  return std::make_unique<MaskedError<SquaredForm>>(desc, pool);
}

LayerPointer new_total_variation(const TotalVariationDesc& desc, ThreadPool& pool) {
  return std::make_unique<TotalVariation>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_masked_error);
HWY_EXPORT(new_total_variation);

LayerPointer make_masked_error(const MaskedErrorDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_masked_error)(desc, pool);
}

LayerPointer make_total_variation(const TotalVariationDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_total_variation)(desc, pool);
}

}  // namespace dipper::cpu
#endif
