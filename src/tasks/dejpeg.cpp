// SPDX-License-Identifier: Apache-2.0
// JPEG left blocks, rings and blotches of colour.
#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "base/philox.hpp"
#include "classic/deblock.hpp"
#include "classic/jpeg_coding.hpp"
#include "image/samples.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

// Of samples beyond white or black there was no JPEG.
std::optional<JpegCoding> coding_of(const Image& picture) {
  return in_range(picture.colours()) ? find_jpeg_coding(picture) : std::nullopt;
}

Image without_blocks(const Observation& observation, int threads, Patience& patience) {
  const auto coding = coding_of(observation.damaged);
  return coding ? deblock(observation.damaged, *coding, threads, patience) : observation.damaged;
}

constexpr TaskMethod bm3d{
    "bm3d", "BM3D, as far as what JPEG rounded allows, thrice; only where the blocks can be found", without_blocks};

constexpr TaskMethod methods[] = {bm3d};

// The task's own have to know the blocks.
constexpr Recipes without_coding{"small-fast", "small-balanced", "small"};

Observation observe_dejpeg(const TaskInput& input) {
  Observation observation = all_known(input.picture);
  const auto coding = coding_of(input.picture);
  if (!coding) {
    observation.recipes = &without_coding;
    observation.summary = "no blocks of a JPEG are found, as after a change of size, so what it did may be anywhere";
    return observation;
  }
  observation.summary = fmt::format("JPEG's blocks of 8x8{}, luma in steps of {:.0f} for the lowest frequencies{}",
                                    coding->was_cut() ? ", cut since" : "", coding->coarseness(),
                                    coding->halved_chroma ? ", colours at half the size" : "");
  observation.classic = &bm3d;
  observation.damage_again = [coding = *coding](const Image& picture, std::uint64_t draw) {
    if (draw == 0) return code_again(picture, coding, coding.up, coding.left);  // by blocks like the picture's own
    const Philox random{draw, Stream::damage_again};
    return code_again(picture, coding, random.below(16, 0, 0), random.below(16, 0, 1));
  };
  observation.agree = [coding = *coding, decoded = input.picture](const Image& picture) {
    return near_coefficients(picture, decoded, coding, likely_rounding);
  };
  return observation;
}

}  // namespace

extern const Task dejpeg_task{
    .name = "dejpeg",
    .summary = "Remove the blocks and rings that JPEG leaves at low quality",
    .example = "dipper dejpeg thumbnail.jpg -o clean.png",
    .input = "a picture that was a JPEG of low quality",
    .recipes = {"dejpeg-fast", "dejpeg-balanced", "dejpeg-best"},
    .options = {},
    .methods = methods,
    .observe = observe_dejpeg,
};

}  // namespace dipper
