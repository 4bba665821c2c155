// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <utility>

#include "kernels/desc.hpp"
#include "kernels/ref/common.hpp"

namespace dipper::ref {

template <class T>
class Filter final : public Layer<T> {
 public:
  explicit Filter(FilterDesc desc) : d_(std::move(desc)) {}

  void forward(const Operands<T>& at) override {
    std::fill_n(at.y, d_.output().size(), T{});
    for_each([&](std::size_t from, std::size_t to, float weight) { at.y[to] += T(weight) * at.x[0][from]; });
  }

  void backward_inputs(const Operands<T>& /*at*/, const Gradients<T>& gradients) override {
    T* dx = start(gradients.dx[0], d_.input.size());
    for_each([&](std::size_t from, std::size_t to, float weight) { dx[from] += T(weight) * gradients.dy[to]; });
  }

 private:
  template <class Visit>
  void for_each(const Visit& visit) const {
    const Shape out = d_.output();
    for (int c = 0; c < out.channels; ++c) {
      for (int i = 0; i < out.height; ++i) {
        for (int j = 0; j < out.width; ++j) {
          for (int u = 0; u < d_.kernel.rows; ++u) {
            for (int v = 0; v < d_.kernel.columns; ++v) {
              const int row = d_.window.top + std::clamp(i * d_.stride + d_.first_row + u, 0, d_.window.height - 1);
              const int column =
                  d_.window.left + std::clamp(j * d_.stride + d_.first_column + v, 0, d_.window.width - 1);
              visit(flat(d_.input, c, row, column), flat(out, c, i, j), d_.kernel.weights[u * d_.kernel.columns + v]);
            }
          }
        }
      }
    }
  }

  FilterDesc d_;
};

template <class T>
class MaxPool final : public Layer<T> {
 public:
  explicit MaxPool(const MaxPoolDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    for_each(at.x[0], [&](std::size_t from, std::size_t to) { at.y[to] = at.x[0][from]; });
  }

  void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) override {
    T* dx = start(gradients.dx[0], d_.input.size());
    for_each(at.x[0], [&](std::size_t from, std::size_t to) { dx[from] += gradients.dy[to]; });
  }

 private:
  // visit(the largest of a window, its output)
  template <class Visit>
  void for_each(const T* x, const Visit& visit) const {
    const Shape out = d_.output();
    for (int c = 0; c < out.channels; ++c) {
      for (int i = 0; i < out.height; ++i) {
        for (int j = 0; j < out.width; ++j) {
          std::size_t largest = flat(d_.input, c, i * d_.factor, j * d_.factor);
          for (int u = 0; u < d_.factor; ++u) {
            for (int v = 0; v < d_.factor; ++v) {
              const std::size_t other = flat(d_.input, c, i * d_.factor + u, j * d_.factor + v);
              if (std::real(x[other]) > std::real(x[largest])) largest = other;
            }
          }
          visit(largest, flat(out, c, i, j));
        }
      }
    }
  }

  MaxPoolDesc d_;
};

}  // namespace dipper::ref
