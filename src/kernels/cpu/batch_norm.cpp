// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/batch_norm.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <cmath>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

/// Planes are cut into pieces that fit the L1 cache. A piece gives two sums; those of a channel are put together in
/// order and in double precision; then each piece is read once more to be written.
class BatchNorm final : public Layer<float> {
 public:
  BatchNorm(const BatchNormDesc& desc, ThreadPool& pool)
      : pool_(&pool), channels_(desc.input.channels), plane_(desc.input.plane()), epsilon_(desc.epsilon) {
    pieces_ = {static_cast<int>(plane_), 1 << 13};
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return 2 * static_cast<std::size_t>(channels_) * pieces_.count();
  }

  void forward(const Operands<float>& at) override {
    for_each_channel(
        [&](int c, int piece) HWY_ATTR {
          moments(at.x[0] + c * plane_ + pieces_.begin(piece), length(piece), partial(at.scratch, c, piece));
        },
        [&](int c) HWY_ATTR { combine_moments(c, at.scratch, at.saved); },
        [&](int c, int piece) HWY_ATTR {
          normalise(at, c, at.x[0] + c * plane_ + pieces_.begin(piece), at.y + c * plane_ + pieces_.begin(piece),
                    length(piece));
        });
  }

  void backward(const Operands<float>& at, const Gradients<float>& gradients) override {
    for_each_channel(
        [&](int c, int piece) HWY_ATTR {
          const std::size_t from = c * plane_ + pieces_.begin(piece);
          sums(at.x[0] + from, gradients.dy + from, at.saved[c], length(piece), partial(at.scratch, c, piece));
        },
        [&](int c) HWY_ATTR { combine_sums(c, at, gradients.dtheta); },
        [&](int c, int piece) HWY_ATTR {
          if (gradients.dx[0].data != nullptr) send_back(at, gradients, c, piece);
        });
  }

 private:
  // first(c, piece) for all pieces, then middle(c) once, then last(c, piece); channels of one piece stay with one task.
  template <class First, class Middle, class Last>
  void for_each_channel(const First& first, const Middle& middle, const Last& last) {
    const int count = pieces_.count();
    if (count == 1) {
      const Pieces groups{channels_, std::max(1, (1 << 12) / static_cast<int>(plane_))};
      pool_->run(groups.count(), [&](int task, int /*worker*/) HWY_ATTR {
        for (int c = groups.begin(task); c < groups.end(task); ++c) {
          first(c, 0);
          middle(c);
          last(c, 0);
        }
      });
      return;
    }
    pool_->run(channels_ * count, [&](int task, int /*worker*/) HWY_ATTR { first(task / count, task % count); });
    for (int c = 0; c < channels_; ++c) middle(c);
    pool_->run(channels_ * count, [&](int task, int /*worker*/) HWY_ATTR { last(task / count, task % count); });
  }

  [[nodiscard]] std::size_t length(int piece) const { return pieces_.end(piece) - pieces_.begin(piece); }
  [[nodiscard]] float* partial(float* scratch, int c, int piece) const {
    return scratch + 2 * (static_cast<std::size_t>(c) * pieces_.count() + piece);
  }

  // to = {mean, sum of squared deviations from it} of one piece.
  static void moments(const float* x, std::size_t n, float* to) {
    V sum = hn::Zero(D());
    for (std::size_t i = 0; i < n; i += lanes) sum = hn::Add(sum, load_part(x + i, n - i));
    const float mean = sum_lanes(sum) / static_cast<float>(n);
    const V centre = splat(mean);
    V squares = hn::Zero(D());
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
      const V deviation = hn::Sub(load(x + i), centre);
      squares = hn::MulAdd(deviation, deviation, squares);
    }
    float rest = 0;
    for (; i < n; ++i) rest += (x[i] - mean) * (x[i] - mean);
    to[0] = mean;
    to[1] = sum_lanes(squares) + rest;
  }

  // Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
  void combine_moments(int c, float* scratch, float* saved) const {
    double count = 0;
    double mean = 0;
    double squares = 0;
    for (int piece = 0; piece < pieces_.count(); ++piece) {
      const float* part = partial(scratch, c, piece);
      const auto n = static_cast<double>(length(piece));
      const double step = part[0] - mean;
      squares += part[1] + step * step * count * n / (count + n);
      mean += step * n / (count + n);
      count += n;
    }
    saved[c] = static_cast<float>(mean);
    saved[channels_ + c] = static_cast<float>(1 / std::sqrt(squares / count + epsilon_));
  }

  void normalise(const Operands<float>& at, int c, const float* x, float* y, std::size_t n) const {
    const V mean = splat(at.saved[c]);
    const V scale = splat(at.saved[channels_ + c] * at.theta[c]);
    const V beta = splat(at.theta[channels_ + c]);
    for (std::size_t i = 0; i < n; i += lanes) {
      store_part(hn::MulAdd(hn::Sub(load_part(x + i, n - i), mean), scale, beta), y + i, n - i);
    }
  }

  // to = {sum dy, sum dy (x - mean)} of one piece.
  static void sums(const float* x, const float* dy, float mean, std::size_t n, float* to) {
    const V centre = splat(mean);
    V sum = hn::Zero(D());
    V product = hn::Zero(D());
    for (std::size_t i = 0; i < n; i += lanes) {
      const V g = load_part(dy + i, n - i);
      sum = hn::Add(sum, g);
      product = hn::MulAdd(g, hn::Sub(load_part(x + i, n - i), centre), product);
    }
    to[0] = sum_lanes(sum);
    to[1] = sum_lanes(product);
  }

  void combine_sums(int c, const Operands<float>& at, float* dtheta) const {
    double sum = 0;
    double product = 0;
    for (int piece = 0; piece < pieces_.count(); ++piece) {
      sum += partial(at.scratch, c, piece)[0];
      product += partial(at.scratch, c, piece)[1];
    }
    dtheta[c] = static_cast<float>(product * at.saved[channels_ + c]);
    dtheta[channels_ + c] = static_cast<float>(sum);
  }

  // dx = gamma inverse (dy - dbeta / n - xhat dgamma / n), xhat = (x - mean) inverse.
  void send_back(const Operands<float>& at, const Gradients<float>& gradients, int c, int piece) const {
    const std::size_t from = c * plane_ + pieces_.begin(piece);
    const std::size_t n = length(piece);
    const float inverse = at.saved[channels_ + c];
    const auto count = static_cast<float>(plane_);
    const V mean = splat(at.saved[c]);
    const V scale = splat(at.theta[c] * inverse);
    const V shift = splat(gradients.dtheta[channels_ + c] / count);
    const V slope = splat(inverse * gradients.dtheta[c] / count);
    const float* x = at.x[0] + from;
    const float* dy = gradients.dy + from;
    float* dx = gradients.dx[0].data + from;
    for (std::size_t i = 0; i < n; i += lanes) {
      const V centred = hn::Sub(load_part(dy + i, n - i), shift);
      const V deviation = hn::Sub(load_part(x + i, n - i), mean);
      put_part(hn::Mul(scale, hn::NegMulAdd(deviation, slope, centred)), dx + i, n - i, gradients.dx[0].write);
    }
  }

  ThreadPool* pool_;
  int channels_;
  std::size_t plane_;
  double epsilon_;
  Pieces pieces_;
};

LayerPointer new_batch_norm(const BatchNormDesc& desc, ThreadPool& pool) {
  return std::make_unique<BatchNorm>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_batch_norm);

LayerPointer make_batch_norm(const BatchNormDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_batch_norm)(desc, pool);
}

}  // namespace dipper::cpu
#endif
