// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// A network that a recipe can name.
struct Network {
  const char* name;
  const char* summary;
  int multiple;  // width and height of its input are multiples of this
  Tensor (*build)(Graph& graph, Tensor z, int channels);
};

/// Every network there is.
[[nodiscard]] std::span<const Network> networks();

/// Throws Error that names the nearest one when there is no such network.
[[nodiscard]] const Network& find_network(const std::string& name);

}  // namespace dipper
