// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "kernels/desc.hpp"
#include "kernels/ref/common.hpp"

namespace dipper::ref {

template <class T>
class BatchNorm final : public Layer<T> {
 public:
  explicit BatchNorm(const BatchNormDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    using std::sqrt;
    for (int c = 0; c < d_.input.channels; ++c) {
      const T* x = at.x[0] + c * plane();
      T mean{};
      for (std::size_t i = 0; i < plane(); ++i) mean += x[i];
      mean /= count();
      T variance{};
      for (std::size_t i = 0; i < plane(); ++i) variance += (x[i] - mean) * (x[i] - mean);
      variance /= count();
      const T inverse = T(1) / sqrt(variance + T(d_.epsilon));
      const T gamma = at.theta[c];
      const T beta = at.theta[channels() + c];
      for (std::size_t i = 0; i < plane(); ++i) at.y[c * plane() + i] = (x[i] - mean) * inverse * gamma + beta;
      at.saved[c] = mean;
      at.saved[channels() + c] = inverse;
    }
  }

  // With xhat = (x - mean) * inverse: dbeta = sum dy, dgamma = sum dy xhat,
  // dx = gamma * inverse * (dy - dbeta / n - xhat * dgamma / n). The derivation is in docs/derivations.md.
  void backward(const Operands<T>& at, const Gradients<T>& gradients) override {
    for (int c = 0; c < d_.input.channels; ++c) {
      const T* x = at.x[0] + c * plane();
      const T* dy = gradients.dy + c * plane();
      const T mean = at.saved[c];
      const T inverse = at.saved[channels() + c];
      T dgamma{};
      T dbeta{};
      for (std::size_t i = 0; i < plane(); ++i) {
        dgamma += dy[i] * (x[i] - mean) * inverse;
        dbeta += dy[i];
      }
      gradients.dtheta[c] = dgamma;
      gradients.dtheta[channels() + c] = dbeta;
      if (gradients.dx[0].data == nullptr) continue;
      const T scale = at.theta[c] * inverse;
      for (std::size_t i = 0; i < plane(); ++i) {
        const T xhat = (x[i] - mean) * inverse;
        put(gradients.dx[0], c * plane() + i, scale * (dy[i] - dbeta / count() - xhat * dgamma / count()));
      }
    }
  }

 private:
  [[nodiscard]] std::size_t plane() const { return d_.input.plane(); }
  [[nodiscard]] std::size_t channels() const { return static_cast<std::size_t>(d_.input.channels); }
  [[nodiscard]] T count() const { return T(static_cast<double>(plane())); }

  BatchNormDesc d_;
};

}  // namespace dipper::ref
