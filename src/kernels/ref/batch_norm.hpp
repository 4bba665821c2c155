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
    for (std::size_t c = 0; c < channels(); ++c) {
      const T* x = at.x[0] + c * plane();
      T mean{};
      for (std::size_t i = 0; i < plane(); ++i) mean += x[i];
      mean /= count();
      T variance{};
      for (std::size_t i = 0; i < plane(); ++i) variance += (x[i] - mean) * (x[i] - mean);
      variance /= count();
      const T inverse = T(1) / sqrt(variance + T(d_.epsilon));
      at.saved[c] = mean;
      at.saved[channels() + c] = inverse * at.theta[c];
      at.saved[2 * channels() + c] = at.theta[channels() + c];
      at.saved[3 * channels() + c] = inverse;
    }
    if (d_.deferred) return;
    const Loader<T> y{{.normalise = true, .slope = d_.slope}, d_.input, at.x[0], at.saved};
    for (std::size_t i = 0; i < d_.input.size(); ++i) at.y[i] = y[i];
  }

  // With g the gradient before the LeakyReLU and xhat = (x - mean) * inverse: dbeta = sum g, dgamma = sum g xhat,
  // dx = gamma * inverse * (g - dbeta / n - xhat * dgamma / n). The derivation is in docs/derivations.md.
  void backward_parameters(const Operands<T>& at, const Gradients<T>& gradients) override {
    for (std::size_t c = 0; c < channels(); ++c) {
      T dgamma{};
      T dbeta{};
      for (std::size_t i = 0; i < plane(); ++i) {
        const T g = before_activation(at, gradients.dy, c, i);
        dgamma += g * (at.x[0][c * plane() + i] - at.saved[c]) * at.saved[3 * channels() + c];
        dbeta += g;
      }
      gradients.dtheta[c] = dgamma;
      gradients.dtheta[channels() + c] = dbeta;
    }
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    for (std::size_t c = 0; c < channels(); ++c) {
      const T inverse = at.saved[3 * channels() + c];
      const T dgamma = gradients.dtheta[c];
      const T dbeta = gradients.dtheta[channels() + c];
      for (std::size_t i = 0; i < plane(); ++i) {
        const T g = before_activation(at, gradients.dy, c, i);
        const T xhat = (at.x[0][c * plane() + i] - at.saved[c]) * inverse;
        put(gradients.dx[0], c * plane() + i,
            at.saved[channels() + c] * (g - dbeta / count() - xhat * dgamma / count()));
      }
    }
  }

 private:
  [[nodiscard]] std::size_t plane() const { return d_.input.plane(); }
  [[nodiscard]] std::size_t channels() const { return static_cast<std::size_t>(d_.input.channels); }
  [[nodiscard]] T count() const { return T(static_cast<double>(plane())); }

  [[nodiscard]] T before_activation(const Operands<T>& at, const T* dy, std::size_t c, std::size_t i) const {
    const T t = (at.x[0][c * plane() + i] - at.saved[c]) * at.saved[channels() + c] + at.saved[2 * channels() + c];
    return is_positive(t) ? dy[c * plane() + i] : T(d_.slope) * dy[c * plane() + i];
  }

  BatchNormDesc d_;
};

}  // namespace dipper::ref
