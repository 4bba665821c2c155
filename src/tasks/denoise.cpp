// SPDX-License-Identifier: Apache-2.0
// Noise covers the whole picture: Gaussian, or that of counted photons.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "classic/bm3d.hpp"
#include "classic/total_variation.hpp"
#include "dipper/error.hpp"
#include "image/noise.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

constexpr TaskOption options[] = {
    {.name = "noise",
     .value = "KIND",
     .help = "gaussian: alike everywhere; poisson: counted photons, so that bright places are noisier",
     .preset = "gaussian"},
    {.name = "sigma",
     .value = "S",
     .help = "standard deviation of the noise, where white is 255; --method goes by it, a fit does without",
     .preset = "estimated from the picture"},
};

bool is_poisson(const TaskInput& input) {
  const std::string* kind = input.option("noise");
  if (kind == nullptr || *kind == "gaussian") return false;
  if (*kind == "poisson") return true;
  throw Error(fmt::format("--noise is \"{}\" but must be gaussian or poisson{}", *kind,
                          did_you_mean(*kind, std::vector<std::string>{"gaussian", "poisson"})));
}

void check_gaussian(const Observation& observation) {
  if (observation.error == ErrorKind::squared) return;
  throw Error("--noise poisson is for a fit; leave it out, as every other --method takes the noise to be Gaussian");
}

Image least_variation(const Observation& observation, int threads) {
  check_gaussian(observation);
  return denoise_total_variation(observation.damaged, observation.noise, threads);
}

Image block_matching(const Observation& observation, int threads) {
  check_gaussian(observation);
  return denoise_bm3d(observation.damaged, observation.noise, threads);
}

constexpr TaskMethod methods[] = {
    {"bm3d", "similar blocks, filtered together (Dabov, Foi, Katkovnik, Egiazarian)", block_matching},
    {"tv", "the least total variation that is as far from the picture as its noise (Rudin, Osher, Fatemi)",
     least_variation},
};

Observation observe_denoise(const TaskInput& input) {
  Observation observation = all_known(input.picture);
  const std::string* sigma = input.option("sigma");
  const bool poisson = is_poisson(input);
  if (poisson) {
    observation.error = ErrorKind::poisson;
    const auto colours = input.picture.colour_channels() * input.picture.plane_size();
    const auto end = input.picture.samples.begin() + static_cast<std::ptrdiff_t>(colours);
    if (std::any_of(input.picture.samples.begin(), end, [](float sample) { return sample < 0; })) {
      throw Error("some pixels are below 0, which counted photons never are; use --noise gaussian");
    }
  }
  observation.noise = sigma != nullptr ? parse_number(*sigma, "--sigma", 0, 255) / 255 : estimate_noise(input.picture);
  if (!poisson) observation.classic = &methods[0];
  observation.summary = fmt::format("{} noise of sigma {:.1f}{}", poisson ? "Poisson" : "Gaussian",
                                    255 * observation.noise, sigma != nullptr ? "" : " (estimated)");
  return observation;
}

}  // namespace

extern const Task denoise_task{
    .name = "denoise",
    .summary = "Remove noise: high ISO, film grain, dim light",
    .example = "dipper denoise night.png -o clean.png",
    .recipes = {"small", "small", "small"},
    .options = options,
    .methods = methods,
    .observe = observe_denoise,
};

}  // namespace dipper
