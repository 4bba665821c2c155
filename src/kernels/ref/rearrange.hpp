// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <utility>

#include "kernels/desc.hpp"
#include "kernels/ref/common.hpp"

namespace dipper::ref {

template <class T>
class PixelShuffle final : public Layer<T> {
 public:
  explicit PixelShuffle(const PixelShuffleDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    const Loader<T> x{d_.load, d_.input, at.x[0], at.norm};
    for_each([&](std::size_t from, std::size_t to) { at.y[to] = x[from]; });
  }

  void backward_inputs(const Operands<T>& /*at*/, const Gradients<T>& gradients) override {
    for_each([&](std::size_t from, std::size_t to) { put(gradients.dx[0], from, gradients.dy[to]); });
  }

 private:
  template <class Visit>
  void for_each(const Visit& visit) const {
    const int f = d_.factor;
    const Shape out = d_.output();
    for (int c = 0; c < d_.input.channels; ++c) {
      for (int i = 0; i < d_.input.height; ++i) {
        for (int j = 0; j < d_.input.width; ++j) {
          visit(flat(d_.input, c, i, j), flat(out, c / (f * f), f * i + c / f % f, f * j + c % f));
        }
      }
    }
  }

  PixelShuffleDesc d_;
};

template <class T>
class Concat final : public Layer<T> {
 public:
  explicit Concat(ConcatDesc desc) : d_(std::move(desc)) {}

  void forward(const Operands<T>& at) override {
    T* y = at.y;
    for (std::size_t n = 0; n < d_.parts.size(); ++n) y = std::copy_n(at.x[n], d_.parts[n].size(), y);
  }

  void backward_inputs(const Operands<T>& /*at*/, const Gradients<T>& gradients) override {
    const T* dy = gradients.dy;
    for (std::size_t n = 0; n < d_.parts.size(); ++n) {
      const std::size_t size = d_.parts[n].size();
      if (gradients.dx[n].data != nullptr) {
        for (std::size_t i = 0; i < size; ++i) put(gradients.dx[n], i, dy[i]);
      }
      dy += size;
    }
  }

 private:
  ConcatDesc d_;
};

template <class T>
class Upsample final : public Layer<T> {
 public:
  explicit Upsample(const UpsampleDesc& desc) : d_(desc) {}

  void forward(const Operands<T>& at) override {
    std::fill_n(at.y, d_.output().size(), T{});
    const Loader<T> x{d_.load, d_.input, at.x[0], at.norm};
    for_each([&](std::size_t from, std::size_t to, double share) { at.y[to] += x[from] * T(share); });
  }

  void backward_inputs(const Operands<T>& /*at*/, const Gradients<T>& gradients) override {
    T* dx = start(gradients.dx[0], d_.input.size());
    for_each([&](std::size_t from, std::size_t to, double share) { dx[from] += gradients.dy[to] * T(share); });
  }

 private:
  struct Sample {
    int low, high;
    double share;  // of high
  };

  // Position i of the enlarged axis seen from the n samples of the small one.
  [[nodiscard]] Sample sample(int i, int n) const {
    if (d_.interpolation == Interpolation::nearest) return {i / d_.factor, i / d_.factor, 0};
    const double at = std::max(0.0, (i + 0.5) / d_.factor - 0.5);
    const int low = std::min(static_cast<int>(at), n - 1);
    return {low, std::min(low + 1, n - 1), at - low};
  }

  template <class Visit>
  void for_each(const Visit& visit) const {
    const Shape out = d_.output();
    for (int c = 0; c < out.channels; ++c) {
      for (int i = 0; i < out.height; ++i) {
        const Sample row = sample(i, d_.input.height);
        for (int j = 0; j < out.width; ++j) {
          const Sample column = sample(j, d_.input.width);
          const std::size_t to = flat(out, c, i, j);
          visit(flat(d_.input, c, row.low, column.low), to, (1 - row.share) * (1 - column.share));
          visit(flat(d_.input, c, row.low, column.high), to, (1 - row.share) * column.share);
          visit(flat(d_.input, c, row.high, column.low), to, row.share * (1 - column.share));
          visit(flat(d_.input, c, row.high, column.high), to, row.share * column.share);
        }
      }
    }
  }

  UpsampleDesc d_;
};

}  // namespace dipper::ref
