// SPDX-License-Identifier: Apache-2.0
// The file of a checkpoint. What is in it is held against a checksum and against the fit before that takes it.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <numeric>

#include "base/check.hpp"
#include "fit/safetensors.hpp"
#include "fuzz.hpp"

void dipper::fuzz::take(std::span<const std::byte> input) {
  static const int file = ::memfd_create("checkpoint", 0);
  DIPPER_CHECK_EQ(::ftruncate(file, 0), 0);
  DIPPER_CHECK_EQ(::pwrite(file, input.data(), input.size(), 0), static_cast<ssize_t>(input.size()));
  const Safetensors read(fmt::format("/proc/self/fd/{}", file));
  std::size_t values = 0;
  for (const NamedTensor& tensor : read.tensors()) {
    DIPPER_CHECK_EQ(read.find(tensor.name), &tensor);
    values += tensor.values.size();
  }
  DIPPER_CHECK(values * sizeof(float) <= input.size());
}
