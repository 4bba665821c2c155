// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "kernels/desc.hpp"
#include "kernels/ref/common.hpp"

namespace dipper::ref {

template <class T>
class LeakyRelu final : public Layer<T> {
 public:
  explicit LeakyRelu(const LeakyReluDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      const T x = at.x[0][i];
      at.y[i] = is_positive(x) ? x : x * T(d_.slope);
    }
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      put(gradients.dx[0], i, is_positive(at.y[i]) ? gradients.dy[i] : gradients.dy[i] * T(d_.slope));
    }
  }

 private:
  LeakyReluDesc d_;
};

template <class T>
class Sigmoid final : public Layer<T> {
 public:
  explicit Sigmoid(const SigmoidDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    using std::exp;
    for (std::size_t i = 0; i < d_.input.size(); ++i) at.y[i] = T(1) / (T(1) + exp(-at.x[0][i]));
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      put(gradients.dx[0], i, gradients.dy[i] * at.y[i] * (T(1) - at.y[i]));
    }
  }

 private:
  SigmoidDesc d_;
};

template <class T>
class MaskedSquaredError final : public Layer<T> {
 public:
  explicit MaskedSquaredError(const MaskedSquaredErrorDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    T sum{};
    for_each(at, [&](std::size_t /*i*/, T difference, T w) { sum += w * difference * difference; });
    *at.y = sum * T(d_.scale());
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    const T scale = *gradients.dy * T(2 * d_.scale());
    for_each(at, [&](std::size_t i, T difference, T w) { put(gradients.dx[0], i, scale * w * difference); });
  }

 private:
  template <class Visit>
  void for_each(const Operands<T>& at, const Visit& visit) const {
    const std::size_t plane = d_.input.plane();
    for (std::size_t i = 0; i < d_.input.size(); ++i) visit(i, at.x[0][i] - at.x[1][i], at.x[2][i % plane]);
  }

  MaskedSquaredErrorDesc d_;
};

}  // namespace dipper::ref
