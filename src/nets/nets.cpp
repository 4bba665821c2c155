// SPDX-License-Identifier: Apache-2.0
#include "nets/nets.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/text.hpp"
#include "dipper/error.hpp"
#include "nets/hourglass.hpp"

namespace dipper {
namespace {

// For networks without options, or whose options always go together.
void any_options(const NetworkOptions& /*options*/) {}

Shape as_large_as_the_canvas(const Shape& canvas, int channels, const NetworkOptions& /*options*/) {
  return {channels, canvas.height, canvas.width};
}

constexpr Network table[] = {
    {.name = "hourglass-shuffle",
     .summary = "six levels down by strided convolution, up by pixel shuffle",
     .check = any_options,
     .multiple = [](const NetworkOptions&) { return 64; },
     .z_shape = as_large_as_the_canvas,
     .build = [](Graph& graph, Tensor z, int channels,
                 const NetworkOptions&) { return hourglass_shuffle(graph, z, channels); }},
    {.name = "hourglass-deconv",
     .summary = "six levels down by strided convolution, up by transposed convolution",
     .check = any_options,
     .multiple = [](const NetworkOptions&) { return 64; },
     .z_shape = as_large_as_the_canvas,
     .build = [](Graph& graph, Tensor z, int channels,
                 const NetworkOptions&) { return hourglass_deconv(graph, z, channels); }},
    {.name = "skip",
     .summary = "the paper's encoder-decoder with skip connections",
     .check = [](const NetworkOptions& o) { check(o.skip); },
     .multiple = [](const NetworkOptions& o) { return multiple(o.skip); },
     .z_shape = as_large_as_the_canvas,
     .build = [](Graph& graph, Tensor z, int channels,
                 const NetworkOptions& o) { return skip(graph, z, channels, o.skip); }},
    {.name = "unet",
     .summary = "a U-Net of five levels, down by max pooling",
     .check = any_options,
     .multiple = [](const NetworkOptions&) { return 16; },
     .z_shape = as_large_as_the_canvas,
     .build = [](Graph& graph, Tensor z, int channels,
                 const NetworkOptions& o) { return unet(graph, z, channels, o.unet); }},
    {.name = "resnet",
     .summary = "residual blocks at full size",
     .check = any_options,
     .multiple = [](const NetworkOptions&) { return 1; },
     .z_shape = as_large_as_the_canvas,
     .build = [](Graph& graph, Tensor z, int channels,
                 const NetworkOptions& o) { return resnet(graph, z, channels, o.resnet); }},
    {.name = "texture",
     .summary = "z averaged to six sizes, joined from coarse to fine",
     .check = [](const NetworkOptions& o) { check(o.texture); },
     .multiple = [](const NetworkOptions& o) { return multiple(o.texture); },
     .z_shape = as_large_as_the_canvas,
     .build = [](Graph& graph, Tensor z, int channels,
                 const NetworkOptions& o) { return texture(graph, z, channels, o.texture); }},
    {.name = "decoder",
     .summary = "the Deep Decoder: a small z enlarged five times between 1x1 convolutions",
     .check = any_options,
     .multiple = [](const NetworkOptions& o) { return multiple(o.decoder); },
     .z_shape = [](const Shape& canvas, int channels,
                   const NetworkOptions& o) { return z_shape(canvas, channels, o.decoder); },
     .build = [](Graph& graph, Tensor z, int channels,
                 const NetworkOptions& o) { return decoder(graph, z, channels, o.decoder); }},
};

}  // namespace

std::span<const Network> networks() {
  return table;
}

const Network& find_network(const std::string& name) {
  std::vector<std::string> names;
  for (const Network& network : table) {
    if (name == network.name) return network;
    names.emplace_back(network.name);
  }
  throw Error(fmt::format("there is no network \"{}\"{}", name, did_you_mean(name, names)));
}

}  // namespace dipper
