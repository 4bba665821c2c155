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
      : d_(desc), pool_(&pool), channels_(desc.input.channels), plane_(desc.input.plane()) {
    pieces_ = {static_cast<int>(plane_), 1 << 13};
    // Small planes are handed out several at a time.
    groups_ = {channels_, std::max(1, (1 << 12) / pieces_.size_of(0))};
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return 2 * static_cast<std::size_t>(channels_) * pieces_.count();
  }

  void forward(const Operands<float>& at) override {
    for_each_piece([&](int c, int piece) HWY_ATTR {
      moments(at.x[0] + begin(c, piece), pieces_.size_of(piece), partial(at.scratch, c, piece));
    });
    for (int c = 0; c < channels_; ++c) combine_moments(c, at);
    if (d_.deferred) return;
    for_each_piece([&](int c, int piece) HWY_ATTR {
      const std::size_t n = pieces_.size_of(piece);
      const Normalise norm(at.saved, channels_, c, d_.slope);
      const float* x = at.x[0] + begin(c, piece);
      float* y = at.y + begin(c, piece);
      for (std::size_t i = 0; i < n; i += lanes) store_part(norm(load_part(x + i, n - i)), y + i, n - i);
    });
  }

  void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
    for_each_piece([&](int c, int piece) HWY_ATTR { sums(at, gradients.dy, c, piece); });
    for (int c = 0; c < channels_; ++c) combine_sums(c, at, gradients.dtheta);
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    for_each_piece([&](int c, int piece) HWY_ATTR { send_back(at, gradients, c, piece); });
  }

 private:
  template <class Visit>
  void for_each_piece(const Visit& visit) const {
    const int count = groups_.count();
    pool_->run(pieces_.count() * count, [&](int task, int /*worker*/) HWY_ATTR {
      for (int c = groups_.begin(task % count); c < groups_.end(task % count); ++c) visit(c, task / count);
    });
  }

  [[nodiscard]] std::size_t begin(int c, int piece) const { return c * plane_ + pieces_.begin(piece); }
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
  void combine_moments(int c, const Operands<float>& at) const {
    double count = 0;
    double mean = 0;
    double squares = 0;
    for (int piece = 0; piece < pieces_.count(); ++piece) {
      const float* part = partial(at.scratch, c, piece);
      const auto n = static_cast<double>(pieces_.size_of(piece));
      const double step = part[0] - mean;
      squares += part[1] + step * step * count * n / (count + n);
      mean += step * n / (count + n);
      count += n;
    }
    const double inverse = 1 / std::sqrt(squares / count + d_.epsilon);
    at.saved[c] = static_cast<float>(mean);
    at.saved[channels_ + c] = static_cast<float>(inverse * at.theta[c]);
    at.saved[2 * channels_ + c] = at.theta[channels_ + c];
    at.saved[3 * channels_ + c] = static_cast<float>(inverse);
  }

  // partial = {sum g, sum g (x - mean)} of one piece, g the gradient before the activation.
  void sums(const Operands<float>& at, const float* dy, int c, int piece) const {
    const std::size_t n = pieces_.size_of(piece);
    const Normalise norm(at.saved, channels_, c, d_.slope);
    const V centre = splat(at.saved[c]);
    V sum = hn::Zero(D());
    V product = hn::Zero(D());
    for (std::size_t i = 0; i < n; i += lanes) {
      const V x = load_part(at.x[0] + begin(c, piece) + i, n - i);
      const V g = norm.backward(x, load_part(dy + begin(c, piece) + i, n - i));
      sum = hn::Add(sum, g);
      product = hn::MulAdd(g, hn::Sub(x, centre), product);
    }
    partial(at.scratch, c, piece)[0] = sum_lanes(sum);
    partial(at.scratch, c, piece)[1] = sum_lanes(product);
  }

  void combine_sums(int c, const Operands<float>& at, float* dtheta) const {
    double sum = 0;
    double product = 0;
    for (int piece = 0; piece < pieces_.count(); ++piece) {
      sum += partial(at.scratch, c, piece)[0];
      product += partial(at.scratch, c, piece)[1];
    }
    dtheta[c] = static_cast<float>(product * at.saved[3 * channels_ + c]);
    dtheta[channels_ + c] = static_cast<float>(sum);
  }

  // dx = gamma inverse (g - dbeta / n - xhat dgamma / n), xhat = (x - mean) inverse.
  void send_back(const Operands<float>& at, const Gradients<float>& gradients, int c, int piece) const {
    const std::size_t n = pieces_.size_of(piece);
    const float inverse = at.saved[3 * channels_ + c];
    const auto count = static_cast<float>(plane_);
    const Normalise norm(at.saved, channels_, c, d_.slope);
    const V mean = splat(at.saved[c]);
    const V scale = splat(at.saved[channels_ + c]);
    const V shift = splat(gradients.dtheta[channels_ + c] / count);
    const V share = splat(inverse * gradients.dtheta[c] / count);
    const float* x_at = at.x[0] + begin(c, piece);
    const float* dy = gradients.dy + begin(c, piece);
    float* dx = gradients.dx[0].data + begin(c, piece);
    for (std::size_t i = 0; i < n; i += lanes) {
      const V x = load_part(x_at + i, n - i);
      const V centred = hn::Sub(norm.backward(x, load_part(dy + i, n - i)), shift);
      put_part(hn::Mul(scale, hn::NegMulAdd(hn::Sub(x, mean), share, centred)), dx + i, n - i, gradients.dx[0].write);
    }
  }

  BatchNormDesc d_;
  ThreadPool* pool_;
  int channels_;
  std::size_t plane_;
  Pieces pieces_;  // of a plane
  Pieces groups_;  // of the channels
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
