// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kernels/desc.hpp"
#include "kernels/layer.hpp"

namespace dipper {

/// One convolution or transposed convolution in oneDNN, to be timed beside ours.
///
/// The comparison favours oneDNN in three ways. It chooses the formats of all its tensors, and bringing planar tensors
/// into those formats is not counted. Where both its direct and its Winograd algorithm exist, both are tried and the
/// faster counts. And it knows no reflection padding, so that it pads by zeros where ours reflects.
class OneDnnLayer {
 public:
  virtual ~OneDnnLayer() = default;
  OneDnnLayer(const OneDnnLayer&) = delete;
  OneDnnLayer& operator=(const OneDnnLayer&) = delete;

  /// Makes one pass ready in place of the last. Returns oneDNN's own name of what it does, such as "jit:avx512_core",
  /// or nothing when it has no way to do it.
  virtual std::string prepare(Pass pass) = 0;
  /// The prepared pass.
  virtual void run() = 0;

 protected:
  OneDnnLayer() = default;
};

/// "2.6.3", or empty in a build without oneDNN.
[[nodiscard]] std::string onednn_version();

/// To be run on that number of threads. Null for other layers, and in a build without oneDNN.
[[nodiscard]] std::unique_ptr<OneDnnLayer> make_onednn_layer(const LayerDesc& desc, int threads);

}  // namespace dipper
