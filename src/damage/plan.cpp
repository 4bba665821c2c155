// SPDX-License-Identifier: Apache-2.0
#include "damage/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "damage/text.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

constexpr int most_scratches = 10000;

// "120x80+30+40".
Hole parse_hole(const std::string& text) {
  Hole hole;
  const std::array<int*, 4> numbers{&hole.width, &hole.height, &hole.x, &hole.y};
  constexpr std::array<char, 4> before{'\0', 'x', '+', '+'};
  const char* at = text.data();
  const char* end = at + text.size();
  bool good = true;
  for (std::size_t i = 0; i < numbers.size() && good; ++i) {
    if (i > 0) good = at != end && *at++ == before[i];
    if (!good) break;
    const auto [next, error] = std::from_chars(at, end, *numbers[i]);
    good = error == std::errc{} && *numbers[i] >= 0;
    at = next;
  }
  if (good && at == end && hole.width > 0 && hole.height > 0) return hole;
  throw Error(fmt::format(
      "--hole is \"{}\" but must be WIDTHxHEIGHT+X+Y in pixels from the upper left corner, such as 120x80+30+40",
      text));
}

constexpr DamageOption options[] = {
    {"blur", "SIGMA", "blur as by a lens out of focus: a Gaussian of SIGMA pixels", "",
     [](const std::string& text, Plan& plan) {
       plan.blur = gaussian_kernel(parse_number(text, "--blur", least_sigma, most_sigma));
     }},
    {"motion", "LENGTH,ANGLE",
     "blur as by a camera that moved LENGTH pixels on a straight line; ANGLE in degrees counter-clockwise from 0, "
     "which is level",
     "",
     [](const std::string& text, Plan& plan) {
       const Motion motion = parse_motion(text, "--motion");
       plan.blur = motion_kernel(motion.length, motion.angle);
     }},
    {"downscale", "S",
     "make the sides S times smaller, 2 to 8, with a Lanczos filter; what S does not divide is cropped at the right "
     "and below",
     "", [](const std::string& text, Plan& plan) { plan.downscale = parse_integer(text, "--downscale", 2, 8); }},
    {"poisson", "PEAK", "noise of light: count photons, PEAK of them where the picture is white", "",
     [](const std::string& text, Plan& plan) { plan.photons = parse_number(text, "--poisson", 0.1, 1e6); }},
    {"noise", "SIGMA", "noise of a sensor: normal numbers of SIGMA 8-bit steps, 25 being 25/255 of white", "",
     [](const std::string& text, Plan& plan) { plan.noise = parse_number(text, "--noise", 0.01, 255) / 255; }},
    {"jpeg", "Q",
     "compress and decompress as JPEG of quality Q, 1 to 100, with chroma halved (4:2:0); 8 bits by nature, also in a "
     "picture of 16 bits or floats",
     "", [](const std::string& text, Plan& plan) { plan.jpeg = parse_integer(text, "--jpeg", 1, 100); }},
    {"drop", "P", "drop the share P of the pixels, 0 to 1, all channels together: they become black", "",
     [](const std::string& text, Plan& plan) { plan.drop = parse_share(text); }},
    {"text", "[STRING]",
     "print STRING over the whole picture again and again, in red, or on a gray picture in white or black; without "
     "STRING a text of dipper's own",
     "Each letter of these lines hides a part of the photograph, and what it hides has to be guessed from what is "
     "left.",
     [](const std::string& text, Plan& plan) { plan.text = words_of(text); }},
    {"scratch", "N", "N thin light scratches as on a scanned film", "",
     [](const std::string& text, Plan& plan) { plan.scratches = parse_integer(text, "--scratch", 1, most_scratches); }},
    {"hole", "WxH+X+Y", "a black rectangle, W pixels wide and H high, X from the left edge and Y from the upper one",
     "", [](const std::string& text, Plan& plan) { plan.hole = parse_hole(text); }},
};

}  // namespace

std::span<const DamageOption> damage_option_table() {
  return options;
}

Plan parse_plan(const std::map<std::string, std::string>& given) {
  std::vector<std::string> names;
  for (const DamageOption& option : options) names.emplace_back(option.name);
  for (const auto& [name, value] : given) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    throw Error(fmt::format("there is no damage \"{}\"{}", name, did_you_mean(name, names)));
  }
  if (given.empty()) {
    throw Error(fmt::format("say what to do to the picture with one or more of --{}", fmt::join(names, ", --")));
  }
  if (given.contains("blur") && given.contains("motion")) throw Error("give either --blur or --motion, not both");
  Plan plan;
  for (const DamageOption& option : options) {
    if (const auto found = given.find(option.name); found != given.end()) option.parse(found->second, plan);
  }
  return plan;
}

}  // namespace dipper
