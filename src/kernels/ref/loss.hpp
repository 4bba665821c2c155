// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "kernels/desc.hpp"
#include "kernels/ref/common.hpp"

namespace dipper::ref {

template <class T>
class MaskedError final : public Layer<T> {
 public:
  explicit MaskedError(const MaskedErrorDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    using std::exp;
    const Loader<T> t{d_.load, d_.input, at.x[0], at.norm};
    T sum{};
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      if (d_.sigmoid) at.saved[i] = T(1) / (T(1) + exp(-t[i]));
      sum += at.x[2][i % d_.input.plane()] * error(d_.sigmoid ? at.saved[i] : t[i], at.x[1][i]);
    }
    *at.y = sum * T(d_.scale());
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    const Loader<T> t{d_.load, d_.input, at.x[0], at.norm};
    const T scale = *gradients.dy * T(d_.scale());
    for (std::size_t i = 0; i < d_.input.size(); ++i) {
      const T x = d_.sigmoid ? at.saved[i] : t[i];
      const T dx = scale * at.x[2][i % d_.input.plane()] * slope(x, at.x[1][i]);
      put(gradients.dx[0], i, d_.sigmoid ? dx * x * (T(1) - x) : dx);
    }
  }

 private:
  [[nodiscard]] T error(T x, T y) const {
    using std::sqrt;
    const T e = T(d_.epsilon);
    if (d_.kind == ErrorKind::squared) return (x - y) * (x - y);
    return sqrt((x - y) * (x - y) + e * e) - e;
  }

  /// Its derivative in x.
  [[nodiscard]] T slope(T x, T y) const {
    using std::sqrt;
    const T e = T(d_.epsilon);
    if (d_.kind == ErrorKind::squared) return T(2) * (x - y);
    return (x - y) / sqrt((x - y) * (x - y) + e * e);
  }

  MaskedErrorDesc d_;
};

template <class T>
class TotalVariation final : public Layer<T> {
 public:
  explicit TotalVariation(const TotalVariationDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    T sum{};
    for_each(at.x[0], [&](std::size_t, std::size_t, std::size_t, T, T, T length) { sum += length - T(d_.epsilon); });
    *at.y = sum * T(d_.scale());
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    T* dx = start(gradients.dx[0], d_.input.size());
    const T scale = *gradients.dy * T(d_.scale());
    for_each(at.x[0], [&](std::size_t here, std::size_t right, std::size_t below, T across, T down, T length) {
      dx[right] += scale * across / length;
      dx[below] += scale * down / length;
      dx[here] -= scale * (across + down) / length;
    });
  }

 private:
  // visit(a pixel, its neighbours to the right and below, the differences to them, the regularised length of those two)
  template <class Visit>
  void for_each(const T* x, const Visit& visit) const {
    using std::sqrt;
    for (int c = 0; c < d_.input.channels; ++c) {
      for (int i = 0; i < d_.input.height; ++i) {
        for (int j = 0; j < d_.input.width; ++j) {
          const std::size_t here = flat(d_.input, c, i, j);
          const std::size_t right = flat(d_.input, c, i, std::min(j + 1, d_.input.width - 1));
          const std::size_t below = flat(d_.input, c, std::min(i + 1, d_.input.height - 1), j);
          const T across = x[right] - x[here];
          const T down = x[below] - x[here];
          visit(here, right, below, across, down, sqrt(across * across + down * down + T(d_.epsilon * d_.epsilon)));
        }
      }
    }
  }

  TotalVariationDesc d_;
};

}  // namespace dipper::ref
