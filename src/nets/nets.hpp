// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/values.hpp"
#include "graph/graph.hpp"
#include "nets/decoder.hpp"
#include "nets/resnet.hpp"
#include "nets/skip.hpp"
#include "nets/texture.hpp"
#include "nets/unet.hpp"

namespace dipper {

/// The options of every network that has some. A recipe holds them all and uses those of its own network.
struct NetworkOptions {
  SkipOptions skip{};
  UnetOptions unet{};
  ResnetOptions resnet{};
  TextureOptions texture{};
  DecoderOptions decoder{};
};

template <ValuesOf<NetworkOptions> Options, class Visit>
void for_each_value(Options& o, Visit&& visit) {
  for_each_value(o.skip, visit);
  for_each_value(o.unet, visit);
  for_each_value(o.resnet, visit);
  for_each_value(o.texture, visit);
  for_each_value(o.decoder, visit);
}

/// A network that a recipe can name.
struct Network {
  const char* name;
  const char* summary;

  /// Throws Error when the network's options do not go together. The functions below take options that do.
  void (*check)(const NetworkOptions& options);

  /// Width and height of the canvas, which is what the network draws, are multiples of this.
  int (*multiple)(const NetworkOptions& options);

  /// The input z of so many channels for a canvas of such a size.
  Shape (*z_shape)(const Shape& canvas, int channels, const NetworkOptions& options);

  /// Appends the network to a graph: from z to a canvas of `channels` channels in (0, 1).
  Tensor (*build)(Graph& graph, Tensor z, int channels, const NetworkOptions& options);
};

/// Every network there is.
[[nodiscard]] std::span<const Network> networks();

/// Throws Error that names the nearest one when there is no such network.
[[nodiscard]] const Network& find_network(const std::string& name);

}  // namespace dipper
