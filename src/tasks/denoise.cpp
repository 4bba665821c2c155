// SPDX-License-Identifier: Apache-2.0
// Noise covers the whole picture: Gaussian, or that of counted photons.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
     .help = "standard deviation of the noise, where white is 255, of photons at the picture's mean",
     .preset = "estimated from the picture"},
};

bool is_poisson(const TaskInput& input) {
  const std::string* kind = input.option("noise");
  if (kind == nullptr || *kind == "gaussian") return false;
  if (*kind == "poisson") return true;
  throw Error(fmt::format("--noise is \"{}\" but must be gaussian or poisson{}", *kind,
                          did_you_mean(*kind, std::vector<std::string>{"gaussian", "poisson"})));
}

double mean_of(const Image& picture) {
  double sum = 0;
  for (const float sample : picture.colours()) sum += sample;
  return sum / static_cast<double>(picture.colours().size());
}

Image least_variation(const Observation& observation, int threads, Patience& patience) {
  return denoise_total_variation(observation.damaged, observation.noise.sigma(), threads, patience);
}

Image block_matching(const Observation& observation, int threads, Patience& patience) {
  return denoise_bm3d(observation.damaged, observation.noise.sigma(), threads, patience);
}

constexpr TaskMethod methods[] = {
    {"bm3d", "similar blocks, filtered together (Dabov, Foi, Katkovnik, Egiazarian)", block_matching},
    {"tv", "the least total variation that is as far from the picture as its noise (Rudin, Osher, Fatemi)",
     least_variation},
};

void observe_gaussian(const Image& picture, const double* told, Observation& observation) {
  const double sigma = told != nullptr ? *told : estimate_noise(picture);
  if (told == nullptr) observation.noise_doubt = doubt_of_estimates;
  observation.summary = fmt::format("Gaussian noise of sigma {:.1f}", 255 * sigma);
  observation.noise = NoiseModel::gaussian(picture, sigma);
}

// Their variance is gain times the light, so a deviation says which gain once it is said at which light.
void observe_photons(const Image& picture, const double* told, Observation& observation) {
  if (std::ranges::any_of(picture.colours(), [](float sample) { return sample < 0; })) {
    throw Error("some pixels are below 0, which counted photons never are; use --noise gaussian");
  }
  const double mean = std::max(0.0, mean_of(picture));
  const double gain = told == nullptr ? estimate_gain(picture) : mean > 0 ? *told * *told / mean : 0;
  observation.summary =
      fmt::format("Poisson noise of sigma {:.1f} at the picture's mean", 255 * std::sqrt(gain * mean));
  if (!(gain > 0)) return;
  if (told == nullptr) observation.noise_doubt = doubt_of_estimates;
  observation.summary += fmt::format(", {:.3g} photons at white", 1 / gain);
  observation.noise = NoiseModel::photons(picture, gain);
  observation.damaged = observation.noise.even(picture);
  observation.frame = picture;
}

Observation observe_denoise(const TaskInput& input) {
  Observation observation = all_known(input.picture);
  observation.classic = &methods[0];
  observation.quick_classic = &methods[1];
  const std::string* text = input.option("sigma");
  const double sigma = text != nullptr ? parse_number(*text, "--sigma", 0, 255) / 255 : 0;
  const auto observe = is_poisson(input) ? observe_photons : observe_gaussian;
  observe(input.picture, text != nullptr ? &sigma : nullptr, observation);
  if (text == nullptr) observation.summary += " (estimated)";
  return observation;
}

}  // namespace

extern const Task denoise_task{
    .name = "denoise",
    .summary = "Remove noise: high ISO, film grain, dim light",
    .example = "dipper denoise night.png -o clean.png",
    .input = "the noisy picture",
    .recipes = {"denoise-fast", "denoise-balanced", "denoise-best"},
    .options = options,
    .methods = methods,
    .observe = observe_denoise,
};

}  // namespace dipper
