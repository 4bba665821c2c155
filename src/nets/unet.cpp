// SPDX-License-Identifier: Apache-2.0
#include "nets/unet.hpp"

#include <array>

#include "nets/parts.hpp"
#include "ops/activation.hpp"
#include "ops/concat.hpp"
#include "ops/conv_transpose2d.hpp"
#include "ops/max_pool.hpp"
#include "ops/upsample.hpp"

namespace dipper {
namespace {

constexpr std::size_t levels = 5;
constexpr std::array<int, levels> widths{64, 128, 256, 512, 1024};

class Builder {
 public:
  Builder(Graph& graph, const UnetOptions& options)
      : graph_(graph), o_(options), padding_(padding_of(options.padding)) {}

  // From the input of a level to its output, of the same size.
  Tensor level(std::size_t number, Tensor x) {
    const std::string name = "level" + std::to_string(number);
    const int channels = widths[number] / o_.feature_scale;
    const BlockOptions options{.channels = channels, .kernel = 3, .padding = padding_, .activation = "relu"};
    x = block(graph_, block(graph_, x, options, name + ".down1"), options, name + ".down2");
    if (number + 1 == levels) return x;
    const Tensor deep = level(number + 1, max_pool(graph_, x, 2, name + ".pool"));
    const Tensor y = concat(graph_, {enlarge(deep, channels, name + ".enlarge"), x}, name + ".concat");
    return rectified(rectified(y, channels, name + ".up1"), channels, name + ".up2");
  }

 private:
  Tensor enlarge(Tensor x, int channels, const std::string& name) {
    if (o_.upsampling == "deconv") return conv_transpose2d(graph_, x, {.out_channels = channels}, name + ".deconv");
    const Tensor y = upsample(graph_, x, 2, interpolation_of(o_.upsampling), name + ".upsample");
    return convolve(graph_, y, channels, 3, padding_, name + ".conv");
  }

  Tensor rectified(Tensor x, int channels, const std::string& name) {
    return relu(graph_, convolve(graph_, x, channels, 3, padding_, name + ".conv"), name + ".activation");
  }

  Graph& graph_;
  const UnetOptions& o_;
  Padding padding_;
};

}  // namespace

Tensor unet(Graph& graph, Tensor z, int channels, const UnetOptions& options) {
  const Tensor x = Builder(graph, options).level(0, z);
  return sigmoid(graph, convolve(graph, x, channels, 1, Padding::zero, "output.conv"), "output.sigmoid");
}

}  // namespace dipper
