// SPDX-License-Identifier: Apache-2.0
#include "nets/hourglass.hpp"

#include <array>
#include <string>

#include "ops/activation.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/conv_transpose2d.hpp"
#include "ops/pixel_shuffle.hpp"

namespace dipper {
namespace {

constexpr int levels = 6;
constexpr double slope = 0.01;
constexpr int skip_channels = 4;
constexpr std::array<int, levels> widths{8, 16, 32, 64, 128, 256};

// Level n, counted from 1, has the width of a (1 << n)-th of the picture.
using Encoded = std::array<Tensor, levels + 1>;

std::string part(const char* name, int level) {
  return name + std::to_string(level);
}

Tensor normalise(Graph& graph, Tensor x, const std::string& name) {
  return leaky_relu(graph, batch_norm(graph, x, name + ".norm"), slope, name + ".activation");
}

Encoded encode(Graph& graph, Tensor z) {
  Encoded d{z};
  for (int level = 1; level <= levels; ++level) {
    const std::string name = part("encoder", level);
    const Tensor y =
        conv2d(graph, d[level - 1], {.out_channels = widths[level - 1], .kernel = 5, .stride = 2, .padding = 2},
               name + ".conv");
    d[level] = normalise(graph, y, name);
  }
  return d;
}

// The upsampled map, joined by the encoder's at levels 3 to 5.
Tensor join_skip(Graph& graph, Tensor up, const Encoded& d, int level) {
  if (level < 3) return up;
  const Tensor skip = conv2d(graph, d[level], {.out_channels = skip_channels, .kernel = 5, .padding = 2},
                             part("skip", level) + ".conv");
  return concat(graph, {up, skip}, part("decoder", level) + ".concat");
}

Tensor finish(Graph& graph, Tensor x) {
  return sigmoid(graph, batch_norm(graph, x, "output.norm"), "output.sigmoid");
}

}  // namespace

Tensor hourglass_shuffle(Graph& graph, Tensor z, int channels) {
  const Encoded d = encode(graph, z);
  constexpr std::array<int, levels> decoded{16, 16, 32, 64, 128};
  Tensor x = d[levels];
  for (int level = levels - 1; level >= 1; --level) {
    const std::string name = part("decoder", level);
    const Tensor up = join_skip(graph, pixel_shuffle(graph, x, 2, name + ".shuffle"), d, level);
    const Tensor y = conv2d(graph, up, {.out_channels = decoded[level - 1], .kernel = 5, .padding = 2}, name + ".conv");
    x = normalise(graph, y, name);
  }
  const Tensor up = pixel_shuffle(graph, x, 2, "output.shuffle");
  return finish(graph, conv2d(graph, up, {.out_channels = channels, .kernel = 5, .padding = 2}, "output.conv"));
}

Tensor hourglass_deconv(Graph& graph, Tensor z, int channels) {
  const Encoded d = encode(graph, z);
  constexpr std::array<int, levels> decoded{8, 16, 28, 60, 124};
  Tensor x = d[levels];
  for (int level = levels - 1; level >= 1; --level) {
    const std::string name = part("decoder", level);
    const Tensor up = conv_transpose2d(graph, x, {.out_channels = decoded[level - 1]}, name + ".deconv");
    x = normalise(graph, join_skip(graph, up, d, level), name);
  }
  return finish(graph, conv_transpose2d(graph, x, {.out_channels = channels}, "output.deconv"));
}

}  // namespace dipper
