// SPDX-License-Identifier: Apache-2.0
// Two pictures of one scene: the dark one keeps its light, and the one with flash lends its detail.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "classic/guided.hpp"
#include "dipper/error.hpp"
#include "image/noise.hpp"
#include "image/samples.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

constexpr TaskOption options[] = {
    {.name = "flash",
     .value = "FLASH",
     .help = "the same scene with flash, of the same size, which lends its detail",
     .picture = true,
     .positional = true},
    {.name = "sigma",
     .value = "S",
     .help = "standard deviation of the noise of the picture without flash, where white is 255",
     .preset = "estimated from the picture"},
};

Image guided(const Observation& observation, int threads, Patience& patience) {
  return guided_filter(observation.damaged, observation.weights, *observation.guide, observation.noise.sigma(), threads,
                       patience);
}

Image guided_and_matched(const Observation& observation, int threads, Patience& patience) {
  return guided_bm3d(observation.damaged, observation.weights, *observation.guide, observation.noise.sigma(), threads,
                     patience);
}

constexpr TaskMethod methods[] = {
    {"guided", "colours that follow those of the flash picture, window by window (He, Sun, Tang)", guided},
    {"guided-bm3d", "the same, and similar blocks of what that leaves, filtered together", guided_and_matched},
};

Image guide_of(const Image& flash) {
  Image guide = flash;
  guide.channels = flash.colour_channels();
  guide.samples.resize(guide.channels * flash.plane_size());
  if (!in_range(guide.samples)) throw Error("the picture with flash holds samples outside of 0 to 1; give one without");
  return guide;
}

Observation observe_flash(const TaskInput& input) {
  const Image* flash = input.image("flash");
  if (flash == nullptr) throw Error("flash needs two pictures: the one without flash, and then the one with it");
  if (flash->width != input.picture.width || flash->height != input.picture.height) {
    throw Error(
        fmt::format("the picture with flash is {}x{} but the one without is {}x{}; align them and make them one size",
                    flash->width, flash->height, input.picture.width, input.picture.height));
  }
  Observation observation = all_known(input.picture);
  observation.guide = guide_of(*flash);
  const std::string* text = input.option("sigma");
  const double fine = estimate_noise(input.picture);
  const double all = noise_beside(input.picture, *observation.guide);
  const double sigma = text != nullptr ? parse_number(*text, "--sigma", 0, 255) / 255 : std::max(fine, all);
  observation.noise = NoiseModel::gaussian(input.picture, sigma);
  if (text == nullptr) observation.noise_doubt = doubt_of_estimates;
  // Noise that neighbours share is no fine one, and BM3D would take it for detail.
  constexpr double much = 1.25;
  const bool shared = all > much * fine;
  observation.classic = &methods[shared ? 0 : 1];
  if (!shared) observation.quick_classic = &methods[0];
  observation.summary = fmt::format("light of the first picture, of noise of sigma {:.1f}{}, detail of the second",
                                    255 * sigma, text != nullptr ? "" : " (estimated)");
  return observation;
}

}  // namespace

extern const Task flash_task{
    .name = "flash",
    .summary = "Join two pictures of a dark scene: the light of one, the detail of one with flash",
    .example = "dipper flash ambient.jpg flash.jpg -o joined.png",
    .input = "the scene without flash, which lends its light",
    .recipes = {"flash-fast", "flash-balanced", "flash-best"},
    .options = options,
    .methods = methods,
    .observe = observe_flash,
};

}  // namespace dipper
