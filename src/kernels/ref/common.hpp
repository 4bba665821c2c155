// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <complex>

#include "kernels/desc.hpp"
#include "kernels/layer.hpp"

/// The reference backend: scalar, templated on the number type (float to run, double to compare with, complex<double>
/// to check gradients by the complex step), one loop after the other. Branches look at real parts only, so that every
/// function stays analytic.
namespace dipper::ref {

inline std::size_t flat(const Shape& s, int channel, int row, int column) {
  return (static_cast<std::size_t>(channel) * s.height + row) * s.width + column;
}

inline std::size_t weight(const Conv2dDesc& d, int o, int c, int u, int v) {
  return ((static_cast<std::size_t>(o) * d.input.channels + c) * d.kernel + u) * d.kernel + v;
}

inline std::size_t weights(const Conv2dDesc& d) {
  return static_cast<std::size_t>(d.out_channels) * d.input.channels * d.kernel * d.kernel;
}

template <class T>
bool is_positive(T value) {
  return std::real(value) > 0;
}

/// A layer's input as the layer takes it.
template <class T>
struct Loader {
  Load load;
  Shape shape;
  const T* x;
  const T* norm;  // mean, scale, beta of each channel

  T operator[](std::size_t i) const {
    if (!load.normalise) return x[i];
    const std::size_t c = i / shape.plane();
    const auto channels = static_cast<std::size_t>(shape.channels);
    const T t = (x[i] - norm[c]) * norm[channels + c] + norm[2 * channels + c];
    return is_positive(t) ? t : t * T(load.slope);
  }
};

template <class T>
void fill_bias(const Shape& shape, const T* bias, T* y) {
  for (int c = 0; c < shape.channels; ++c) std::fill_n(y + c * shape.plane(), shape.plane(), bias[c]);
}

/// Overwrites out[c] with the sum of plane c.
template <class T>
void sum_planes(const Shape& shape, const T* x, T* out) {
  for (int c = 0; c < shape.channels; ++c) {
    out[c] = T{};
    for (std::size_t i = 0; i < shape.plane(); ++i) out[c] += x[c * shape.plane() + i];
  }
}

/// Makes a gradient ready for +=: clears it unless it accumulates.
template <class T>
T* start(const GradientTarget<T>& target, std::size_t size) {
  if (target.write == Write::overwrite) std::fill_n(target.data, size, T{});
  return target.data;
}

/// Writes or adds one element: for gradients that may lie over dy, which start() would clear.
template <class T>
void put(const GradientTarget<T>& target, std::size_t i, T value) {
  target.data[i] = target.write == Write::accumulate ? target.data[i] + value : value;
}

}  // namespace dipper::ref
