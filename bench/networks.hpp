// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fit/recipe.hpp"
#include "graph/fuse.hpp"
#include "graph/graph.hpp"
#include "kernels/backend.hpp"

namespace dipper {

/// A built-in recipe, or that of the seed with another network and the channels of z that this is used with: 3 for the
/// seed's, 128 for the Deep Decoder, 32 for the others. Functions below take either name.
[[nodiscard]] Recipe recipe_of(const std::string& network);

/// A network for pictures of three channels and size x size pixels, rounded up as a fit does, with its loss; as it is
/// defined, or rewritten as a fit runs it.
[[nodiscard]] Graph network_graph(const std::string& network, int size);
[[nodiscard]] Graph fused_network_graph(const std::string& network, int size);

/// What the convolutions of one iteration cost by the direct method: each of the three passes as much as forward.
/// Nobody wants the gradient in z, so that the first layers have two passes only.
[[nodiscard]] double iteration_flops(const Graph& graph);

/// What --precision means. Throws Error for a name that is none.
[[nodiscard]] Precision precision_named(const std::string& name);

[[nodiscard]] bool is_convolution(const LayerDesc& desc);

}  // namespace dipper
