// SPDX-License-Identifier: Apache-2.0
// The picture is blurred by a kernel that is known.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "base/text.hpp"
#include "base/thread_pool.hpp"
#include "classic/deconvolve.hpp"
#include "damage/degrade.hpp"
#include "dipper/error.hpp"
#include "image/blur_kernel.hpp"
#include "image/noise.hpp"
#include "image/samples.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

constexpr TaskOption options[] = {
    {.name = "gaussian", .value = "SIGMA", .help = "out of focus: a Gaussian of this standard deviation in pixels"},
    {.name = "motion",
     .value = "LENGTH,ANGLE",
     .help = "the camera moved so many pixels; ANGLE in degrees counter-clockwise from 0, which is level"},
    {.name = "kernel",
     .value = "FILE",
     .help =
         "a gray picture of what the blur makes of a point of light; it is scaled to the sum 1, and the point lay in "
         "its middle, along an even side in the second of the two pixels there",
     .picture = true},
};

Kernel kernel_of(const TaskInput& input) {
  const std::string* gaussian = input.option("gaussian");
  const std::string* motion = input.option("motion");
  const Image* picture = input.image("kernel");
  if (std::ranges::count(std::array{gaussian != nullptr, motion != nullptr, picture != nullptr}, true) != 1) {
    throw Error("say how the picture is blurred with exactly one of --gaussian, --motion and --kernel");
  }
  if (gaussian != nullptr) return gaussian_kernel(parse_number(*gaussian, "--gaussian", least_sigma, most_sigma));
  if (motion != nullptr) {
    const Motion m = parse_motion(*motion, "--motion");
    return motion_kernel(m.length, m.angle);
  }
  DIPPER_CHECK(picture != nullptr);
  return kernel_from(*picture);
}

// What is done with a user's kernel, lest somebody has meant it otherwise.
std::string told_of(const Image& picture) {
  return fmt::format("blurred by the kernel of {}x{}, scaled to the sum 1, its middle in column {} and row {}",
                     picture.width, picture.height, picture.width / 2 + 1, picture.height / 2 + 1);
}

Image least_variation(const Observation& observation, int threads, Patience& patience) {
  const FilterKernel& kernel = observation.observed_by->kernel;
  return deconvolve(observation.damaged, kernel.rows, kernel.columns, kernel.weights, observation.noise.sigma(),
                    threads, patience);
}

constexpr TaskMethod tv{"tv", "the least total variation that was blurred to the picture (Rudin, Osher, Fatemi)",
                        least_variation};

constexpr TaskMethod methods[] = {tv};

// The task's own clamp what they make.
constexpr Recipes beyond_white{"small-fast", "small-balanced", "small"};

Observation observe_deblur(const TaskInput& input) {
  Kernel kernel = kernel_of(input);
  const Image* picture = input.image("kernel");
  Observation observation = all_known(input.picture);
  observation.noise = NoiseModel(estimate_noise(input.picture));
  observation.classic = &tv;
  if (!in_range(input.picture.colours())) observation.recipes = &beyond_white;
  const auto pool = std::make_shared<ThreadPool>(1);
  // Who sharpens well sharpens the file's rounding too.
  observation.damage_again = [kernel, pool, noise = observation.noise.sigma(), sample = input.picture.sample](
                                 const Image& sharp, std::uint64_t draw) {
    Image again = sharp;
    blur(again, kernel, *pool);
    add_normal_noise(again, noise, {draw, Stream::damage_again});
    again.sample = sample;
    round_samples(again);
    return again;
  };
  // A point is spread to the right by weights at the right, so a pixel reads at its left by them.
  std::ranges::reverse(kernel.weights);
  observation.observed_by = {.kernel = {kernel.rows, kernel.columns, kernel.weights},
                             .first_row = -(kernel.rows / 2),
                             .first_column = -(kernel.columns / 2),
                             .height = input.picture.height,
                             .width = input.picture.width,
                             .reads_beyond = true};
  observation.summary =
      picture == nullptr ? fmt::format("blurred by a kernel of {}x{}", kernel.columns, kernel.rows) : told_of(*picture);
  return observation;
}

}  // namespace

extern const Task deblur_task{
    .name = "deblur",
    .summary = "Undo a known blur: out of focus, or a camera that moved",
    .example = "dipper deblur soft.png --gaussian 1.6 -o sharp.png",
    .input = "the blurred picture",
    .recipes = {"deblur-fast", "deblur-balanced", "deblur-best"},
    .options = options,
    .methods = methods,
    .observe = observe_deblur,
};

}  // namespace dipper
