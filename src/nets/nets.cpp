// SPDX-License-Identifier: Apache-2.0
#include "nets/nets.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/text.hpp"
#include "dipper/error.hpp"
#include "nets/hourglass.hpp"
#include "nets/skip.hpp"

namespace dipper {
namespace {

constexpr Network table[] = {
    {"hourglass-shuffle", "six levels down by strided convolution, up by pixel shuffle", 64, hourglass_shuffle},
    {"hourglass-deconv", "six levels down by strided convolution, up by transposed convolution", 64, hourglass_deconv},
    {"skip", "the paper's: five scales of 128 channels with skip connections", 32, skip_default},
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
