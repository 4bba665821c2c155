// SPDX-License-Identifier: Apache-2.0
#include "nets/skip.hpp"

#include <string>

#include "ops/activation.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/upsample.hpp"

namespace dipper {
namespace {

class Builder {
 public:
  Builder(Graph& graph, const SkipOptions& options) : graph_(graph), o_(options) {}

  // From the input of a scale to its output, of the same size.
  Tensor scale(std::size_t number, Tensor x) {
    const SkipOptions::Scale& s = o_.scales[number];
    const std::string name = "scale" + std::to_string(number);
    Tensor deep = block(x, s.down, o_.down_kernel, 2, name + ".down1");
    deep = block(deep, s.down, o_.down_kernel, 1, name + ".down2");
    if (number + 1 < o_.scales.size()) deep = scale(number + 1, deep);
    Tensor y = upsample(graph_, deep, 2, o_.upsampling, name + ".upsample");
    if (s.skip > 0) y = concat(graph_, {block(x, s.skip, 1, 1, name + ".skip"), y}, name + ".concat");
    y = block(batch_norm(graph_, y, name + ".norm"), s.up, o_.up_kernel, 1, name + ".up");
    return o_.up_1x1 ? block(y, s.up, 1, 1, name + ".mix") : y;
  }

  Tensor convolution(Tensor x, int channels, int kernel, int stride, const std::string& name) {
    return conv2d(
        graph_, x,
        {.out_channels = channels, .kernel = kernel, .stride = stride, .padding = kernel / 2, .mode = o_.padding},
        name);
  }

 private:
  Tensor block(Tensor x, int channels, int kernel, int stride, const std::string& name) {
    const Tensor y = batch_norm(graph_, convolution(x, channels, kernel, stride, name + ".conv"), name + ".norm");
    return leaky_relu(graph_, y, o_.slope, name + ".activation");
  }

  Graph& graph_;
  const SkipOptions& o_;
};

}  // namespace

Tensor skip(Graph& graph, Tensor z, int channels, const SkipOptions& options) {
  Builder builder(graph, options);
  return sigmoid(graph, builder.convolution(builder.scale(0, z), channels, 1, 1, "output.conv"), "output.sigmoid");
}

Tensor skip_default(Graph& graph, Tensor z, int channels) {
  return skip(graph, z, channels, {});
}

}  // namespace dipper
