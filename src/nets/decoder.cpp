// SPDX-License-Identifier: Apache-2.0
#include "nets/decoder.hpp"

#include "nets/parts.hpp"
#include "ops/activation.hpp"
#include "ops/batch_norm.hpp"
#include "ops/upsample.hpp"

namespace dipper {

int multiple(const DecoderOptions& options) {
  return 1 << options.upsamplings;
}

Shape z_shape(const Shape& canvas, int channels, const DecoderOptions& options) {
  return {channels, canvas.height / multiple(options), canvas.width / multiple(options)};
}

Tensor decoder(Graph& graph, Tensor z, int channels, const DecoderOptions& options) {
  Tensor x = z;
  for (int number = 0; number <= options.upsamplings; ++number) {
    const std::string name = "layer" + std::to_string(number);
    x = convolve(graph, x, options.channels, 1, Padding::zero, name + ".conv");
    if (number < options.upsamplings) {
      x = upsample(graph, x, 2, interpolation_of(options.upsampling), name + ".upsample");
    }
    x = batch_norm(graph, relu(graph, x, name + ".activation"), name + ".norm");
  }
  return sigmoid(graph, convolve(graph, x, channels, 1, Padding::zero, "output.conv"), "output.sigmoid");
}

}  // namespace dipper
