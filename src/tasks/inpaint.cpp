// SPDX-License-Identifier: Apache-2.0
// Pixels are missing, scattered or in holes; a mask, a colour or a share says which.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "classic/interpolate.hpp"
#include "classic/nearest.hpp"
#include "classic/total_variation.hpp"
#include "damage/cover.hpp"
#include "dipper/error.hpp"
#include "tasks/mask.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

constexpr TaskOption options[] = {
    {.name = "mask",
     .value = "FILE",
     .help = "picture of what to repair: white is repaired, black is kept, gray is in between",
     .picture = true},
    {.name = "mask-known",
     .value = "FILE",
     .help = "picture of what to keep: white is kept, black is repaired",
     .picture = true},
    {.name = "missing",
     .value = "WHAT",
     .help = "repair the pixels that are exactly black, white, transparent, nan, or of the colour R,G,B (0 to 255); "
             "JPEG blurs colours, so give a mask for one"},
    {.name = "drop",
     .value = "P",
     .help = "for trying things out: IN is clean; drop the share P of its pixels first (0 to 1)",
     .damages = true},
};

std::array<float, 3> parse_colour(const std::string& text) {
  std::array<float, 3> colour{};
  const char* at = text.data();
  const char* end = at + text.size();
  for (std::size_t c = 0; c < colour.size(); ++c) {
    int value = -1;
    const auto [next, error] = std::from_chars(at, end, value);
    const bool last = c + 1 == colour.size();
    if (error != std::errc{} || value < 0 || value > 255 || (last ? next != end : next == end || *next != ',')) {
      const std::vector<std::string> words{"black", "white", "transparent", "nan"};
      throw Error(fmt::format("--missing is \"{}\" but must be black, white, transparent, nan or R,G,B from 0 to 255{}",
                              text, did_you_mean(text, words)));
    }
    colour[c] = static_cast<float>(value) / 255;
    at = next + 1;
  }
  return colour;
}

// 1 for the pixels whose colour is this one, to half a step of 8 bits (16-bit and float pictures: nearly).
std::vector<float> of_colour(const Image& picture, const std::array<float, 3>& colour) {
  const int channels = picture.colour_channels();
  if (channels == 1 && (colour[0] != colour[1] || colour[1] != colour[2])) {
    throw Error("the picture is gray, so --missing must be black, white, or a colour with R, G and B alike");
  }
  const float tolerance = picture.sample == SampleType::u8 ? 0.5F / 255 : 0.5F / 65535;
  std::vector<float> missing(picture.plane_size(), 1.0F);
  for (int c = 0; c < channels; ++c) {
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (!(std::abs(picture.plane(c)[i] - colour[c]) < tolerance)) missing[i] = 0;
    }
  }
  return missing;
}

std::vector<float> find_missing(const Image& picture, const std::string& what) {
  if (what == "black") return of_colour(picture, {0, 0, 0});
  if (what == "white") return of_colour(picture, {1, 1, 1});
  std::vector<float> missing(picture.plane_size(), 0.0F);
  if (what == "nan") {
    for (int c = 0; c < picture.colour_channels(); ++c) {
      for (std::size_t i = 0; i < missing.size(); ++i) {
        if (std::isnan(picture.plane(c)[i])) missing[i] = 1;
      }
    }
    return missing;
  }
  if (what == "transparent") {
    if (!picture.has_alpha()) throw Error("the picture has no transparency; say with --mask what to repair");
    const auto alpha = picture.plane(picture.channels - 1);
    for (std::size_t i = 0; i < missing.size(); ++i) missing[i] = alpha[i] == 0 ? 1.0F : 0.0F;
    return missing;
  }
  return of_colour(picture, parse_colour(what));
}

// The share that is to be repaired; throws when it is none or all.
double missing_share(const Observation& observation) {
  std::size_t known = 0;
  std::size_t whole = 0;
  for (const float weight : observation.weights) {
    known += weight > 0 ? 1 : 0;
    whole += weight >= 1 ? 1 : 0;
  }
  if (whole == observation.weights.size()) {
    throw Error("nothing is missing: no pixel is marked for repair; check the mask or --missing");
  }
  if (known == 0) {
    throw Error("everything is missing: every pixel is marked for repair, so there is nothing to go by");
  }
  return 1 - static_cast<double>(whole) / static_cast<double>(observation.weights.size());
}

Image linear(const Observation& observation, int /*threads*/, Patience& patience) {
  return interpolate_scattered(observation.damaged, observation.weights, Interpolant::linear, patience);
}

Image cubic(const Observation& observation, int /*threads*/, Patience& patience) {
  return interpolate_scattered(observation.damaged, observation.weights, Interpolant::cubic, patience);
}

// Known pixels are right, so their error weighs as much as is well for the method's speed.
Image least_variation(const Observation& observation, int threads, Patience& patience) {
  return total_variation(observation.damaged, observation.weights, 1000, threads, patience);
}

constexpr TaskMethod cubic_interpolation{
    .name = "cubic",
    .help = "the same with smooth slopes: the classic to beat for scattered pixels",
    .restore = cubic,
    .on_one_thread = true};

constexpr TaskMethod methods[] = {
    {"linear", "interpolation over the triangles between known pixels", linear},
    cubic_interpolation,
    {"tv", "the least total variation", least_variation},
};

// Whether what is missing is far from all that is known, in pixels, rather than in strokes or scattered, where it
// follows from what is near.
bool has_a_hole(const Observation& observation) {
  constexpr std::int64_t far = 12;
  constexpr double few = 0.01;  // of the missing pixels: nine in ten scattered ones leave some lonely places too
  std::vector<std::uint8_t> known(observation.weights.size());
  std::ranges::transform(observation.weights, known.begin(), [](float weight) { return weight > 0 ? 1 : 0; });
  const int width = observation.damaged.width;
  const std::vector<int> nearest = nearest_marked(known, width, observation.damaged.height);
  std::size_t missing = 0;
  std::size_t lonely = 0;
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    missing += known[i] == 0 ? 1 : 0;
    lonely += squared_distance(static_cast<int>(i), nearest[i], width) > far * far ? 1 : 0;
  }
  return static_cast<double>(lonely) > few * static_cast<double>(missing);
}

constexpr Recipes of_a_hole{"hole-fast", "hole-balanced", "hole-best"};

Observation observe_inpaint(const TaskInput& input) {
  const Image* mask = input.image("mask");
  const Image* mask_known = input.image("mask-known");
  const std::string* missing = input.option("missing");
  const std::string* drop = input.option("drop");
  const std::array<bool, 4> given{mask != nullptr, mask_known != nullptr, missing != nullptr, drop != nullptr};
  if (std::ranges::count(given, true) != 1) {
    throw Error("say what is missing with exactly one of --mask, --mask-known, --missing and --drop");
  }
  Observation observation{.damaged = input.picture, .keeps_known = true};
  std::vector<float> repair;
  if (mask != nullptr) repair = read_mask(*mask, input.picture, "mask");
  if (mask_known != nullptr) repair = read_mask(*mask_known, input.picture, "mask-known");
  if (missing != nullptr) repair = find_missing(input.picture, *missing);
  if (drop != nullptr) repair = dropped_pixels(input.picture.plane_size(), parse_share(*drop), input.seed);
  observation.weights.resize(repair.size());
  for (std::size_t i = 0; i < repair.size(); ++i)
    observation.weights[i] = mask_known != nullptr ? repair[i] : 1 - repair[i];
  observation.opaque_where_missing = missing != nullptr && *missing == "transparent";
  if (drop != nullptr) {
    observation.truth = input.picture;
    for (std::size_t i = 0; i < repair.size(); ++i) {
      for (int c = 0; c < input.picture.colour_channels() && repair[i] > 0; ++c) observation.damaged.plane(c)[i] = 0;
    }
  }
  observation.summary = fmt::format("{:.1f} % of the pixels are missing", 100 * missing_share(observation));
  if (has_a_hole(observation)) {
    observation.recipes = &of_a_hole;
  } else {
    observation.classic = &cubic_interpolation;
  }
  return observation;
}

}  // namespace

extern const Task inpaint_task{
    .name = "inpaint",
    .summary = "Fill in missing pixels: scratches, text, holes, dropped samples",
    .example = "dipper inpaint scan.png --mask scratches.png -o restored.png",
    .input = "the picture to repair",
    .recipes = {"inpaint-fast", "inpaint-balanced", "inpaint-best"},
    .options = options,
    .methods = methods,
    .observe = observe_inpaint,
};

}  // namespace dipper
