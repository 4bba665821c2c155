// SPDX-License-Identifier: Apache-2.0
#include "nets/resnet.hpp"

#include "nets/parts.hpp"
#include "ops/activation.hpp"
#include "ops/add.hpp"
#include "ops/batch_norm.hpp"

namespace dipper {
namespace {

/// Appends the network's layers one by one.
struct Builder {
  Graph& graph;
  const ResnetOptions& options;
  Padding padding = padding_of(options.padding);

  [[nodiscard]] Tensor convolved(Tensor x, const std::string& name) const {
    return convolve(graph, x, options.channels, 3, padding, name + ".conv");
  }
  [[nodiscard]] Tensor normalised(Tensor x, const std::string& name) const {
    return options.norm ? batch_norm(graph, x, name + ".norm") : x;
  }
  [[nodiscard]] Tensor activated(Tensor x, const std::string& name) const {
    return activate(graph, x, options.activation, name + ".activation");
  }
};

}  // namespace

Tensor resnet(Graph& graph, Tensor z, int channels, const ResnetOptions& options) {
  const Builder build{graph, options};
  Tensor x = build.activated(build.convolved(z, "start"), "start");
  for (int number = 0; number < options.blocks; ++number) {
    const std::string name = "block" + std::to_string(number);
    const std::string first = name + ".first";
    const std::string second = name + ".second";
    const Tensor y = build.activated(build.normalised(build.convolved(x, first), first), first);
    x = add(graph, x, build.normalised(build.convolved(y, second), second), name + ".add");
  }
  x = build.normalised(build.convolved(x, "end"), "end");
  return sigmoid(graph, convolve(graph, x, channels, 3, build.padding, "output.conv"), "output.sigmoid");
}

}  // namespace dipper
