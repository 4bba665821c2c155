// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"

void dipper::fuzz::take(std::span<const std::byte> input) {
  read_and_write("TIFF", input);
}
