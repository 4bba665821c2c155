// SPDX-License-Identifier: Apache-2.0
#include "nets/parts.hpp"

#include "base/check.hpp"
#include "ops/activation.hpp"
#include "ops/batch_norm.hpp"
#include "ops/conv2d.hpp"

namespace dipper {

Padding padding_of(const std::string& word) {
  DIPPER_CHECK(word == "zero" || word == "reflect");
  return word == "zero" ? Padding::zero : Padding::reflect;
}

Interpolation interpolation_of(const std::string& word) {
  DIPPER_CHECK(word == "nearest" || word == "bilinear");
  return word == "nearest" ? Interpolation::nearest : Interpolation::bilinear;
}

Tensor activate(Graph& graph, Tensor x, const std::string& word, const std::string& name) {
  if (word == "leaky_relu") return leaky_relu(graph, x, 0.2, name);
  if (word == "relu") return relu(graph, x, name);
  if (word == "elu") return elu(graph, x, name);
  if (word == "swish") return swish(graph, x, name);
  DIPPER_CHECK_EQ(word, std::string("none"));
  return x;
}

Tensor convolve(Graph& graph, Tensor x, int channels, int kernel, Padding padding, const std::string& name) {
  DIPPER_CHECK_EQ(kernel % 2, 1);
  return conv2d(graph, x,
                {.out_channels = channels, .kernel = kernel, .stride = 1, .padding = (kernel - 1) / 2, .mode = padding},
                name);
}

Tensor normalise(Graph& graph, Tensor x, const std::string& activation, const std::string& name) {
  return activate(graph, batch_norm(graph, x, name + ".norm"), activation, name + ".activation");
}

Tensor block(Graph& graph, Tensor x, const BlockOptions& options, const std::string& name) {
  const Tensor y = convolve(graph, x, options.channels, options.kernel, options.padding, name + ".conv");
  return normalise(graph, y, options.activation, name);
}

}  // namespace dipper
