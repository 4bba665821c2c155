// SPDX-License-Identifier: Apache-2.0
#include "networks.hpp"

#include <algorithm>
#include <utility>

#include "dipper/error.hpp"
#include "fit/hiding.hpp"
#include "fit/input.hpp"
#include "nets/nets.hpp"
#include "ops/masked_error.hpp"

namespace dipper {
namespace {

struct Built {
  Graph graph;
  Tensor x, loss;
};

Built build(const std::string& name, int size) {
  const Recipe recipe = recipe_of(name);
  const Network& network = find_network(recipe.network);
  const NetworkOptions& options = recipe.net;
  const int multiple = network.multiple(options);
  const int side = (size + multiple - 1) / multiple * multiple;
  const Shape canvas{3, side, side};
  Built b;
  const int channels = recipe.input_kind == "observed" ? Hiding::channels(3) : Input::channels(recipe, 0);
  const Tensor z = b.graph.input(network.z_shape(canvas, channels, options));
  const Tensor y = b.graph.input(canvas);
  const Tensor weights = b.graph.input({1, side, side});
  b.x = network.build(b.graph, z, 3, options);
  b.loss = masked_error(b.graph, b.x, y, weights, Reduction::sum, "loss");
  return b;
}

}  // namespace

Recipe recipe_of(const std::string& network) {
  if (std::ranges::find(built_in_recipes(), network, &BuiltInRecipe::name) != built_in_recipes().end()) {
    return load_recipe(network);
  }
  Recipe recipe = load_recipe("seed-pixel-shuffle");
  set_value(recipe, "network", network);
  const bool seeds = network.starts_with("hourglass");
  set_value(recipe, "input.channels", seeds ? "3" : network == "decoder" ? "128" : "32");
  return recipe;
}

Graph network_graph(const std::string& network, int size) {
  return build(network, size).graph;
}

Graph fused_network_graph(const std::string& network, int size) {
  const Built b = build(network, size);
  return fuse(b.graph, {b.x, b.loss}).graph;
}

bool is_convolution(const LayerDesc& desc) {
  return std::holds_alternative<Conv2dDesc>(desc) || std::holds_alternative<ConvTranspose2dDesc>(desc);
}

double iteration_flops(const Graph& graph) {
  double flops = 0;
  for (const Graph::Node& node : graph.nodes()) {
    if (!is_convolution(node.desc)) continue;
    const bool has_input_gradient = graph.values()[node.inputs[0].id].has_gradient;
    flops += (has_input_gradient ? 3 : 2) * forward_flops(node.desc);
  }
  return flops;
}

Precision precision_named(const std::string& name) {
  if (name == "f32") return Precision::f32;
  if (name == "tf32") return Precision::tf32;
  if (name == "bf16") return Precision::bf16;
  if (name == "fp16") return Precision::fp16;
  throw Error("--precision must be f32, tf32, bf16 or fp16");
}

}  // namespace dipper
