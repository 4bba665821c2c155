// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "kernels/desc.hpp"
#include "kernels/layer.hpp"

namespace dipper::ref {

/// The definition of a layer, for T = float, double or std::complex<double>.
template <class T>
[[nodiscard]] std::unique_ptr<Layer<T>> make_layer(const LayerDesc& desc);

}  // namespace dipper::ref
