// SPDX-License-Identifier: Apache-2.0
#include "base/philox.hpp"

#include <algorithm>
#include <cstddef>

namespace dipper {
namespace {

// Here, where it becomes part of the loops that call it.
std::array<std::uint32_t, 4> ten_rounds(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(a)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

// The counter holds 32 bits of block, 32 bits of stream and 64 bits of step: 2^34 numbers a step, which is more than
// any tensor has.
std::array<std::uint32_t, 4> block_of(const Philox& random, std::uint64_t step, std::uint64_t index) {
  return ten_rounds({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(random.stream),
                     static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)},
                    {static_cast<std::uint32_t>(random.seed), static_cast<std::uint32_t>(random.seed >> 32)});
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  return ten_rounds(counter, key);
}

std::array<std::uint32_t, 4> Philox::block(std::uint64_t step, std::uint64_t index) const {
  return block_of(*this, step, index);
}

float Philox::uniform(std::uint64_t step, std::uint64_t index) const {
  return unit_float(block(step, index / 4)[index % 4]);
}

void Philox::uniforms(std::uint64_t step, std::uint64_t first, std::span<float> to) const {
  const std::size_t whole = to.size() / 4;
  for (std::size_t b = 0; b < whole; ++b) {
    const std::array<std::uint32_t, 4> words = block_of(*this, step, first / 4 + b);
    for (std::size_t i = 0; i < 4; ++i) to[4 * b + i] = unit_float(words[i]);
  }
  for (std::size_t i = 4 * whole; i < to.size(); ++i) to[i] = uniform(step, first + i);
}

int Philox::below(int count, std::uint64_t step, std::uint64_t index) const {
  // The product may round up to count itself.
  return std::min(count - 1, static_cast<int>(uniform(step, index) * static_cast<float>(count)));
}

}  // namespace dipper
