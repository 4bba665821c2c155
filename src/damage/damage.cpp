// SPDX-License-Identifier: Apache-2.0
#include "dipper/damage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/thread_pool.hpp"
#include "damage/cover.hpp"
#include "damage/degrade.hpp"
#include "damage/plan.hpp"
#include "damage/text.hpp"
#include "dipper/error.hpp"
#include "image/crop.hpp"
#include "image/resize.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

using Colour = std::array<float, 3>;

constexpr Colour black{0, 0, 0};
constexpr Colour white{1, 1, 1};
constexpr Colour red{0.86F, 0.08F, 0.1F};
constexpr Colour worn{0.97F, 0.96F, 0.93F};  // where the film's layers are gone

// Only sides that the scale divides have a smaller picture that an operator of one scale can have made.
Image smaller(const Image& picture, int scale) {
  const int width = picture.width / scale;
  const int height = picture.height / scale;
  if (width == 0 || height == 0) {
    throw Error(fmt::format("--downscale {} leaves nothing of a picture of {}x{}; give a larger picture or less of it",
                            scale, picture.width, picture.height));
  }
  return resize(upper_left(picture, width * scale, height * scale), width, height, ResizeKernel::lanczos3);
}

Image degraded(const Image& clean, const Plan& plan, const Damage& how) {
  Image picture = clean;
  if (plan.blur) {
    ThreadPool pool(how.threads);
    blur(picture, *plan.blur, pool);
  }
  if (plan.downscale > 1) picture = smaller(picture, plan.downscale);
  if (plan.photons > 0) add_photon_noise(picture, plan.photons, {how.seed, Stream::photons});
  if (plan.noise > 0) add_normal_noise(picture, plan.noise, {how.seed, Stream::noise});
  if (plan.jpeg > 0) compress(picture, plan.jpeg);
  round_samples(picture);
  return picture;
}

void check_hole(const Hole& hole, const Image& picture) {
  const bool inside = hole.width <= picture.width && hole.x <= picture.width - hole.width &&
                      hole.height <= picture.height && hole.y <= picture.height - hole.height;
  if (inside) return;
  throw Error(fmt::format("--hole {}x{}+{}+{} reaches beyond the picture, which is {}x{}; move it or make it smaller",
                          hole.width, hole.height, hole.x, hole.y, picture.width, picture.height));
}

// White or black, whichever is farther from the picture's mean; colours leave red, which is rare in photographs.
Colour text_colour(const Image& picture) {
  if (picture.colour_channels() == 3) return red;
  double sum = 0;
  for (const float sample : picture.plane(0)) sum += std::isfinite(sample) ? sample : 0;
  return sum < 0.5 * static_cast<double>(picture.plane_size()) ? white : black;
}

void cover(Damaged& damaged, const Plan& plan, std::uint64_t seed) {
  Image& picture = damaged.image;
  Image mask(picture.width, picture.height, 1);
  if (plan.hole) check_hole(*plan.hole, picture);
  const Colour ink = text_colour(picture);
  if (plan.drop > 0) lay_over(picture, mask, dropped_pixels(picture.plane_size(), plan.drop, seed), black);
  if (plan.text) lay_over(picture, mask, draw_text(*plan.text, picture.width, picture.height), ink);
  if (plan.scratches > 0) {
    lay_over(picture, mask, draw_scratches(plan.scratches, picture.width, picture.height, seed), worn);
  }
  if (plan.hole) lay_over(picture, mask, punch(*plan.hole, picture.width, picture.height), black);
  round_samples(picture);

  const auto touched = std::count(mask.samples.begin(), mask.samples.end(), 1.0F);
  if (touched == 0) throw Error("nothing of the picture was covered: it is too small for that, or the text is blank");
  if (touched == std::ssize(mask.samples)) throw Error("nothing of the picture is left to go by; cover less of it");
  damaged.covered = static_cast<double>(touched) / static_cast<double>(mask.samples.size());
  damaged.mask = std::move(mask);
}

}  // namespace

Damaged damage(const Image& clean, const Damage& how) {
  if (clean.empty()) throw Error("there is no picture to damage; read one first");
  const Plan plan = parse_plan(how.options);
  Damaged damaged;
  damaged.image = degraded(clean, plan, how);
  if (clean.width % plan.downscale != 0 || clean.height % plan.downscale != 0) {
    damaged.note =
        fmt::format("cropped at the right and below to {}x{}, which {} divides", damaged.image.width * plan.downscale,
                    damaged.image.height * plan.downscale, plan.downscale);
  }
  if (plan.covers()) cover(damaged, plan, how.seed);
  return damaged;
}

}  // namespace dipper
