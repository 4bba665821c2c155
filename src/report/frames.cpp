// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "dipper/report.hpp"

namespace dipper {

std::string frame_name(int iteration) {
  return fmt::format("frame_{:06}.png", iteration);
}

}  // namespace dipper
