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
class Elu final : public Layer<T> {
 public:
  explicit Elu(const EluDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    using std::exp;
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      const T x = at.x[0][i];
      at.y[i] = is_positive(x) ? x : exp(x) - T(1);
    }
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      const T y = at.y[i];
      put(gradients.dx[0], i, is_positive(y) ? gradients.dy[i] : gradients.dy[i] * (y + T(1)));
    }
  }

 private:
  EluDesc d_;
};

template <class T>
class Swish final : public Layer<T> {
 public:
  explicit Swish(const SwishDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    using std::exp;
    for (std::size_t i = 0; i < d_.input.size(); ++i) at.y[i] = at.x[0][i] / (T(1) + exp(-at.x[0][i]));
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    using std::exp;
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      const T x = at.x[0][i];
      const T s = T(1) / (T(1) + exp(-x));
      put(gradients.dx[0], i, gradients.dy[i] * s * (T(1) + x * (T(1) - s)));
    }
  }

 private:
  SwishDesc d_;
};

template <class T>
class Add final : public Layer<T> {
 public:
  explicit Add(const AddDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    for (std::size_t i = 0; i < d_.input.size(); ++i) at.y[i] = at.x[0][i] + T(d_.scale) * at.x[1][i];
  }

  void backward_inputs(const Operands<T>& /*at*/, const Gradients<T>& gradients) override {
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      const T dy = gradients.dy[i];  // dx[0] may lie over it
      if (gradients.dx[0].data != nullptr) put(gradients.dx[0], i, dy);
      if (gradients.dx[1].data != nullptr) put(gradients.dx[1], i, T(d_.scale) * dy);
    }
  }

 private:
  AddDesc d_;
};

}  // namespace dipper::ref
