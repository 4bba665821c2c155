// SPDX-License-Identifier: Apache-2.0
#include "nets/resnet.hpp"

#include "nets/parts.hpp"
#include "ops/activation.hpp"
#include "ops/add.hpp"
#include "ops/batch_norm.hpp"

namespace dipper {

Tensor resnet(Graph& graph, Tensor z, int channels, const ResnetOptions& options) {
  const Padding padding = padding_of(options.padding);
  const BlockOptions plain{
      .channels = options.channels, .kernel = 3, .padding = padding, .activation = options.activation};
  Tensor x = convolve(graph, z, options.channels, 3, padding, "start.conv");
  x = activate(graph, x, options.activation, "start.activation");
  for (int number = 0; number < options.blocks; ++number) {
    const std::string name = "block" + std::to_string(number);
    Tensor y = block(graph, x, plain, name + ".first");
    y = convolve(graph, y, options.channels, 3, padding, name + ".second.conv");
    x = add(graph, x, batch_norm(graph, y, name + ".second.norm"), name + ".add");
  }
  x = convolve(graph, x, options.channels, 3, padding, "end.conv");
  x = batch_norm(graph, x, "end.norm");
  return sigmoid(graph, convolve(graph, x, channels, 3, padding, "output.conv"), "output.sigmoid");
}

}  // namespace dipper
