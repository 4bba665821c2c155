// SPDX-License-Identifier: Apache-2.0
// Noise covers the whole picture: Gaussian, or that of counted photons.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "classic/anscombe.hpp"
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

// Their variance is gain times the light, so a deviation says which gain once it is said at which light.
void observe_photons(const Image& picture, const double* sigma, Observation& observation) {
  if (std::ranges::any_of(picture.colours(), [](float sample) { return sample < 0; })) {
    throw Error("some pixels are below 0, which counted photons never are; use --noise gaussian");
  }
  observation.error = ErrorKind::poisson;
  const double mean = mean_of(picture);
  const double told = sigma != nullptr && mean > 0 ? *sigma * *sigma / mean : 0;
  observation.gain = sigma != nullptr ? told : estimate_gain(picture);
  observation.noise = std::sqrt(observation.gain * std::max(0.0, mean));
}

// Every method takes the noise to be Gaussian, so photons are transformed for it.
Image denoise(const Observation& observation, const Denoiser& method) {
  if (observation.error == ErrorKind::poisson) return denoise_photons(observation.damaged, observation.gain, method);
  return method(observation.damaged, observation.noise);
}

Image least_variation(const Observation& observation, int threads, Patience& patience) {
  return denoise(observation, [&](const Image& picture, double sigma) {
    return denoise_total_variation(picture, sigma, threads, patience);
  });
}

Image block_matching(const Observation& observation, int threads, Patience& patience) {
  return denoise(observation,
                 [&](const Image& picture, double sigma) { return denoise_bm3d(picture, sigma, threads, patience); });
}

constexpr TaskMethod bm3d{"bm3d", "similar blocks, filtered together (Dabov, Foi, Katkovnik, Egiazarian)",
                          block_matching};

constexpr TaskMethod methods[] = {
    bm3d,
    {"tv", "the least total variation that is as far from the picture as its noise (Rudin, Osher, Fatemi)",
     least_variation},
};

// The task's own hide pixels, which suits noise that is alike everywhere.
constexpr Recipes of_photons{"small", "small", "small"};

Observation observe_denoise(const TaskInput& input) {
  Observation observation = all_known(input.picture);
  const std::string* text = input.option("sigma");
  const double sigma = text != nullptr ? parse_number(*text, "--sigma", 0, 255) / 255 : 0;
  observation.classic = &bm3d;
  const char* how = text != nullptr ? "" : " (estimated)";
  if (!is_poisson(input)) {
    observation.noise = text != nullptr ? sigma : estimate_noise(input.picture);
    observation.summary = fmt::format("Gaussian noise of sigma {:.1f}{}", 255 * observation.noise, how);
    const Clipping clipping(input.picture, observation.noise);
    if (clipping.any()) observation.clipping = clipping;
    return observation;
  }
  observation.recipes = &of_photons;
  observe_photons(input.picture, text != nullptr ? &sigma : nullptr, observation);
  observation.summary = fmt::format("Poisson noise of sigma {:.1f} at the picture's mean", 255 * observation.noise);
  if (observation.gain > 0) observation.summary += fmt::format(", {:.3g} photons at white", 1 / observation.gain);
  observation.summary += how;
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
