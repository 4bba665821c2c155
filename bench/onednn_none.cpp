// SPDX-License-Identifier: Apache-2.0
// Linked in place of onednn.cpp where oneDNN is not installed.
#include "onednn.hpp"

namespace dipper {

std::string onednn_version() {
  return "";
}

std::unique_ptr<OneDnnLayer> make_onednn_layer(const LayerDesc& /*desc*/, int /*threads*/) {
  return nullptr;
}

}  // namespace dipper
