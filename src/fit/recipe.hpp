// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/values.hpp"
#include "nets/nets.hpp"

namespace dipper {

/// That a fit can have.
constexpr int most_iterations = 100'000'000;

/// Everything that decides how a network is fitted, as text in recipes/*.toml. Each value is described once, in
/// for_each_value(); reading, `--set` and messages follow from that.
struct Recipe {
  std::string name;     // of the file
  std::string summary;  // its first line of comment

  std::string network = "hourglass-shuffle";
  NetworkOptions net;  // of all networks; those of `network` count
  int iterations = 500;
  double work = 0;
  int every = 50;

  std::string input_kind = "normal";
  int input_channels = 3;
  double input_scale = 1;
  std::string input_noise = "none";
  double input_noise_scale = 0;
  double input_hide = 0.2;
  double input_whole = 0;
  double input_most = 0;
  int input_views = 8;

  std::string error = "squared";
  std::string loss = "sum";
  double tv = 0;

  double average = 0;
  bool seamless = false;
  bool unclip = false;

  int rollback_every = 100;
  double rollback_drop = 0;

  double hold_out_share = 0;
  int hold_out_patience = 0;

  double adam_rate = 0.01;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  double adam_epsilon = 1e-8;

  double schedule_warmup = 0;
  double schedule_cosine = 0;

  /// Whether the network sees a tile at a time.
  [[nodiscard]] bool in_tiles() const { return input_kind == "reduced" || input_kind == "again"; }

  /// Whether it sees a part of a picture of so many pixels in each step.
  [[nodiscard]] bool in_parts(std::size_t pixels) const {
    return input_kind == "observed" && input_whole > 0 && static_cast<double>(pixels) > 1e6 * input_whole;
  }

  /// The pixels that an excerpt has at most.
  [[nodiscard]] double pixels_of_excerpt() const { return 1e6 * input_most; }

  /// Whether, of a picture of so many pixels, what is missing and its surroundings are all that a fit may see, made
  /// smaller where they are more than input_most megapixels.
  [[nodiscard]] bool sees_an_excerpt(std::size_t pixels) const {
    return input_kind != "observed" && !in_tiles() && hold_out_share <= 0 && input_most > 0 &&
           static_cast<double>(pixels) > pixels_of_excerpt();
  }
};

template <ValuesOf<Recipe> R, class Visit>
void for_each_value(R& r, Visit&& visit) {
  visit.text("network", r.network, "the network, by a name of docs/networks.md");
  visit.integer("iterations", r.iterations, 1, most_iterations, "steps of the optimiser");
  visit.number(
      "work", r.work, 0, 1e12,
      "megapixels that all iterations together may make: larger pictures get fewer iterations, but no fewer "
      "than a quarter; those seen in parts as many as that allows, times the cube root of how many times "
      "input.whole they are, and every and hold_out.patience grow as they do (the latter to 16 looks at the whole "
      "at least); 0: no limit");
  visit.integer("every", r.every, 1, most_iterations, "iterations from one picture of the progress to the next");
  visit.choice(
      "input.kind", r.input_kind, {"normal", "uniform", "mesh", "picture", "observed", "reduced", "again"},
      "what the input z begins as: N(0, 1), U(0, 1), the coordinates from 0 to 1, flash's second picture, or in "
      "each step what is known of the picture, less a share that is hidden, beside flash's second picture if there is "
      "one, or the picture made smaller and enlarged again, or a classical method's result damaged again as the "
      "picture was");
  visit.integer("input.channels", r.input_channels, 1, 4096, "channels of z, when it begins as random numbers");
  visit.number("input.scale", r.input_scale, 0, 1e6, "what z is multiplied by");
  visit.choice("input.noise", r.input_noise, {"none", "walk", "fresh"},
               "walk: after every step z += noise_scale * N(0, 1); fresh: each step sees z + noise_scale * N(0, 1)");
  visit.number("input.noise_scale", r.input_noise_scale, 0, 1e6, "standard deviation of the noise");
  visit.number("input.hide", r.input_hide, 0.001, 0.999,
               "share of the known pixels that an observed input hides in each step; they alone count in the loss");
  visit.number("input.whole", r.input_whole, 0, 1e6,
               "megapixels up to which an observed input is the whole picture; of a larger one each step sees a part, "
               "256x256 pixels; 0: always the whole");
  visit.number("input.most", r.input_most, 0, 1e6,
               "megapixels of a larger picture that a fit without held out pixels sees: what is missing and what is "
               "around it, made smaller if need be; 0: the whole");
  visit.integer(
      "input.views", r.input_views, 1, 8,
      "ways to lay the picture, mirrored and turned, whose results a reduced input, or one damaged again, averages");
  visit.choice("error", r.error, {"squared", "absolute"},
               "how the output is held against what is known: by the square of the "
               "difference or the difference itself");
  visit.choice("loss", r.loss, {"sum", "mean"}, "the error, summed or averaged over all elements");
  visit.number("tv", r.tv, 0, 1e6, "weight of the output's total variation in the loss; 0: none");
  visit.number("average", r.average, 0, 0.999999,
               "decay of the average of outputs that is the result; 0: the last one");
  visit.flag(
      "seamless", r.seamless,
      "whether a smooth film through what the result lacks at known pixels is added to it where pixels are missing");
  visit.flag("unclip", r.unclip, "whether what clipping did to the mean of noise is undone in the result");
  visit.integer("rollback.every", r.rollback_every, 1, most_iterations,
                "steps from one look for a collapse to the next, which keeps the state to go back to");
  visit.number("rollback.drop", r.rollback_drop, 0, 1000,
               "a loss that is worse by so many dB is a collapse too; 0: it may be as bad as it likes");
  visit.number("hold_out.share", r.hold_out_share, 0, 0.5,
               "share of the known pixels that the fit does not learn; their error chooses the result; 0: none");
  visit.integer("hold_out.patience", r.hold_out_patience, 0, most_iterations,
                "iterations in which that error has not fallen by 0.02 dB after which the fit ends; 0: never");
  visit.number("adam.rate", r.adam_rate, 0, 1e6, "learning rate");
  visit.number("adam.beta1", r.adam_beta1, 0, 0.999999, "decay of the gradient's mean");
  visit.number("adam.beta2", r.adam_beta2, 0, 0.99999999, "decay of the gradient's mean square");
  visit.number("adam.epsilon", r.adam_epsilon, 0, 1, "added to the root of the mean square");
  visit.number("schedule.warmup", r.schedule_warmup, 0, 1, "share of the fit over which the rate rises from 0");
  visit.number("schedule.cosine", r.schedule_cosine, 0, 1, "share of the fit, its end, over which the rate falls to 0");
  for_each_value(r.net, visit);
}

/// A recipe by the name of one that comes with dipper, or from a file. Throws Error for an unknown name (with the
/// nearest one), a file that is no TOML (with its line and column), an unknown key (with the nearest one), or a bad
/// value.
[[nodiscard]] Recipe load_recipe(const std::string& name_or_file);

/// The same of a text, which messages call `file`.
[[nodiscard]] Recipe parse_recipe(std::string_view text, const std::string& name, const std::string& file);

/// Replaces one value; key and text as in a recipe, such as "adam.rate" and "0.01", a list as "16,32,64". Throws Error
/// as load_recipe does.
void set_value(Recipe& recipe, const std::string& key, const std::string& text);

/// Every value as a line of TOML, "adam.rate = 0.01"; load_recipe() reads them back to the last bit.
[[nodiscard]] std::string to_text(const Recipe& recipe);

/// Throws Error when values do not go together; to be asked once all are set.
void check(const Recipe& recipe);

/// A recipe that comes with dipper: recipes/NAME.toml.
struct BuiltInRecipe {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] const std::vector<BuiltInRecipe>& built_in_recipes();

/// The one of that name; null where there is none.
[[nodiscard]] const BuiltInRecipe* built_in_recipe(std::string_view name);

/// Of the square that the network sees in a step of a fit in parts, in pixels.
constexpr int part_side = 256;

/// Makes the recipe one for a picture of that size: as many iterations as its work allows, and a quarter of its
/// own at least. In parts the work grows with the cube root of the pixels, from input.whole on, and what is counted in
/// iterations, pictures on the way and the judge's patience, with their number; the patience is as many steps as see
/// the whole picture 16 times at least.
void adapt(Recipe& recipe, int height, int width);

/// The first line of comment in a recipe's text that is no licence line.
[[nodiscard]] std::string summary_of(std::string_view text);

/// The learning rate at one iteration, counted from 0.
[[nodiscard]] double learning_rate(const Recipe& recipe, int iteration);

}  // namespace dipper
