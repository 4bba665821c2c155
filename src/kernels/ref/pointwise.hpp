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
    using std::exp;
    const Loader<T> t{d_.load, d_.input, at.x[0], at.norm};
    T sum{};
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      if (d_.sigmoid) at.saved[i] = T(1) / (T(1) + exp(-t[i]));
      const T difference = (d_.sigmoid ? at.saved[i] : t[i]) - at.x[1][i];
      sum += at.x[2][i % d_.input.plane()] * difference * difference;
    }
    *at.y = sum * T(d_.scale());
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    const Loader<T> t{d_.load, d_.input, at.x[0], at.norm};
    const T scale = *gradients.dy * T(2 * d_.scale());
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      const T x = d_.sigmoid ? at.saved[i] : t[i];
      const T dx = scale * at.x[2][i % d_.input.plane()] * (x - at.x[1][i]);
      put(gradients.dx[0], i, d_.sigmoid ? dx * x * (T(1) - x) : dx);
    }
  }

 private:
  MaskedSquaredErrorDesc d_;
};

}  // namespace dipper::ref
