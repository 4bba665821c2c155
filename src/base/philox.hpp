// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace dipper {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): four random words that depend
/// on the counter and the key alone, never on order, threads or device.
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key);

/// What a random number is drawn for; each stream is independent of the others.
enum class Stream : std::uint32_t {
  weights = 0,
  input = 1,
  input_noise = 2,
  drop = 3,
  noise = 4,          // of a damaged picture's sensor,
  photons = 5,        // of its light,
  scratches = 6,      // and what is drawn over it
  hiding = 7,         // known pixels from a step of a fit
  held_out = 8,       // and from all of them
  other_noise = 9,    // in place of that of pixels held out
  crops = 10,         // which part of a picture a step sees, and which way up,
  damage_again = 11,  // and how it is damaged once more
};

/// Random numbers of one seed and stream. Block b of step s gives the four numbers 4b .. 4b+3.
struct Philox {
  std::uint64_t seed = 0;
  Stream stream = Stream::weights;

  [[nodiscard]] std::array<std::uint32_t, 4> block(std::uint64_t step, std::uint64_t index) const;

  /// In [0, 1), a multiple of 2^-24: number `index` of `step`.
  [[nodiscard]] float uniform(std::uint64_t step, std::uint64_t index) const;

  /// Numbers `first`, a multiple of 4, and those after it, in a fraction of the time.
  void uniforms(std::uint64_t step, std::uint64_t first, std::span<float> to) const;

  /// One of 0 to count - 1, by that number; count from 1 to 2^24.
  [[nodiscard]] int below(int count, std::uint64_t step, std::uint64_t index) const;
};

/// A word as a float in [0, 1): its upper 24 bits over 2^24.
[[nodiscard]] constexpr float unit_float(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}

}  // namespace dipper
