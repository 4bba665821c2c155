// SPDX-License-Identifier: Apache-2.0
// Two pictures of one scene: the dark one keeps its light, and the one with flash lends its detail.
#include <fmt/format.h>

#include <algorithm>

#include "dipper/error.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

constexpr TaskOption options[] = {
    {.name = "flash",
     .value = "FLASH",
     .help = "the same scene with flash, of the same size, which lends its detail",
     .picture = true,
     .positional = true},
};

Observation observe_flash(const TaskInput& input) {
  const Image* flash = input.image("flash");
  if (flash == nullptr) throw Error("flash needs two pictures: the one without flash, and then the one with it");
  if (flash->width != input.picture.width || flash->height != input.picture.height) {
    throw Error(
        fmt::format("the picture with flash is {}x{} but the one without is {}x{}; align them and make them one size",
                    flash->width, flash->height, input.picture.width, input.picture.height));
  }
  Observation observation = all_known(input.picture);
  observation.guide = *flash;
  observation.guide->channels = flash->colour_channels();
  observation.guide->samples.resize(observation.guide->channels * flash->plane_size());
  const auto in_range = [](float sample) { return sample >= 0 && sample <= 1; };
  if (!std::ranges::all_of(observation.guide->samples, in_range)) {
    throw Error("the picture with flash holds samples outside of 0 to 1; give one without");
  }
  observation.summary = "light of the first picture, detail of the second";
  return observation;
}

}  // namespace

extern const Task flash_task{
    .name = "flash",
    .summary = "Join two pictures of a dark scene: the light of one, the detail of one with flash",
    .example = "dipper flash ambient.jpg flash.jpg -o joined.png",
    .input = "the scene without flash, which lends its light",
    .recipes = {"flash", "flash", "flash"},
    .options = options,
    .methods = {},
    .observe = observe_flash,
};

}  // namespace dipper
