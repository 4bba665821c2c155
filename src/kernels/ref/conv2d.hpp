// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/desc.hpp"
#include "kernels/ref/common.hpp"

namespace dipper::ref {

/// Calls visit(o, i, j, c, u, v, at) for every product of a correlation: output (o, i, j) takes input element
/// `at` times weight (o, c, u, v); products with zero padding are left out.
template <class Visit>
void for_each_product(const Conv2dDesc& d, const Visit& visit) {
  const Shape in = d.input;
  const Shape out = d.output();
  for (int o = 0; o < out.channels; ++o) {
    for (int i = 0; i < out.height; ++i) {
      for (int j = 0; j < out.width; ++j) {
        for (int c = 0; c < in.channels; ++c) {
          for (int u = 0; u < d.kernel; ++u) {
            const int row = padded_index(i * d.stride + u - d.padding, in.height, d.mode);
            if (row < 0) continue;
            for (int v = 0; v < d.kernel; ++v) {
              const int column = padded_index(j * d.stride + v - d.padding, in.width, d.mode);
              if (column >= 0) visit(flat(out, o, i, j), flat(in, c, row, column), weight(d, o, c, u, v));
            }
          }
        }
      }
    }
  }
}

template <class T>
class Conv2d final : public Layer<T> {
 public:
  explicit Conv2d(const Conv2dDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    const Loader<T> x{d_.load, d_.input, at.x[0], at.norm};
    const T* w = at.theta;
    fill_bias(d_.output(), w + weights(d_), at.y);
    for_each_product(d_, [&](std::size_t y, std::size_t from, std::size_t k) { at.y[y] += x[from] * w[k]; });
  }

  void backward_parameters(const Operands<T>& at, const Gradients<T>& gradients) override {
    const Loader<T> x{d_.load, d_.input, at.x[0], at.norm};
    const T* dy = gradients.dy;
    T* dw = gradients.dtheta;
    std::fill_n(dw, weights(d_), T{});
    for_each_product(d_, [&](std::size_t y, std::size_t from, std::size_t k) { dw[k] += dy[y] * x[from]; });
    sum_planes(d_.output(), dy, dw + weights(d_));
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    const T* w = at.theta;
    const T* dy = gradients.dy;
    T* dx = start(gradients.dx[0], d_.input.size());
    for_each_product(d_, [&](std::size_t y, std::size_t from, std::size_t k) { dx[from] += dy[y] * w[k]; });
  }

 private:
  Conv2dDesc d_;
};

/// Where a convolution sends y[c] += x[o] * w[o][c]: the same products read the other way round.
template <class T>
class ConvTranspose2d final : public Layer<T> {
 public:
  explicit ConvTranspose2d(const ConvTranspose2dDesc& desc) : d_(desc), conv_(desc.adjoint()) {}

  void forward(const Operands<T>& at) override {
    const Loader<T> x{d_.load, d_.input, at.x[0], at.norm};
    const T* w = at.theta;
    fill_bias(d_.output(), w + weights(conv_), at.y);
    for_each_product(conv_, [&](std::size_t from, std::size_t y, std::size_t k) { at.y[y] += x[from] * w[k]; });
  }

  void backward_parameters(const Operands<T>& at, const Gradients<T>& gradients) override {
    const Loader<T> x{d_.load, d_.input, at.x[0], at.norm};
    const T* dy = gradients.dy;
    T* dw = gradients.dtheta;
    std::fill_n(dw, weights(conv_), T{});
    for_each_product(conv_, [&](std::size_t from, std::size_t y, std::size_t k) { dw[k] += dy[y] * x[from]; });
    sum_planes(d_.output(), dy, dw + weights(conv_));
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    const T* w = at.theta;
    const T* dy = gradients.dy;
    T* dx = start(gradients.dx[0], d_.input.size());
    for_each_product(conv_, [&](std::size_t from, std::size_t y, std::size_t k) { dx[from] += dy[y] * w[k]; });
  }

 private:
  ConvTranspose2dDesc d_;
  Conv2dDesc conv_;
};

}  // namespace dipper::ref
