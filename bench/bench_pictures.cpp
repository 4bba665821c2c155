// SPDX-License-Identifier: Apache-2.0
// How many pictures a minute one GPU restores when it fits several at once: each fit has streams of its own, so kernels
// that do not fill the device run beside those of other fits.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dipper/error.hpp"
#include "fit/fit.hpp"
#include "fit/recipe.hpp"
#include "kernels/backend.hpp"
#include "networks.hpp"

namespace {

struct Options {
  std::string recipe = "seed-pixel-shuffle";
  std::string precision = "bf16";
  std::vector<int> at_once{1, 2, 4, 8};
  int size = 512;
  int rounds = 300;
  bool json = false;

  void add_to(CLI::App& app) {
    app.add_option("--recipe", recipe, "whose network and iterations")->capture_default_str();
    app.add_option("--precision", precision, "f32, tf32, bf16 or fp16")->capture_default_str();
    app.add_option("--at-once", at_once, "how many fits, one figure for each")->capture_default_str();
    app.add_option("--size", size, "width and height of the pictures")->capture_default_str();
    app.add_option("--rounds", rounds, "iterations of each fit that are timed")->capture_default_str();
    app.add_flag("--json", json, "one JSON object a line");
  }
};

/// A fit on streams of its own.
struct Lane {
  std::unique_ptr<dipper::Backend> backend;
  std::unique_ptr<dipper::Fit> fit;
};

/// Seconds that an iteration of all fits takes.
double time_together(std::vector<Lane>& lanes, int rounds) {
  const auto run = [&](int count) {
    for (int round = 0; round < count; ++round) {
      for (Lane& lane : lanes) lane.fit->step();
    }
    for (Lane& lane : lanes) lane.backend->wait();
  };
  run(20);
  const auto began = std::chrono::steady_clock::now();
  run(rounds);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() / rounds;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Times several fits at once on one GPU");
  options.add_to(app);
  CLI11_PARSE(app, argc, argv);
  try {
    const dipper::Precision precision = dipper::precision_named(options.precision);
    const dipper::Recipe recipe = dipper::load_recipe(options.recipe);
    const dipper::Shape shape{3, options.size, options.size};
    const std::vector<float> target(shape.size(), 0.5F);
    const std::vector<float> weights(shape.plane(), 1.0F);
    for (const int count : options.at_once) {
      std::vector<Lane> lanes;
      for (int i = 0; i < count; ++i) {
        Lane& lane = lanes.emplace_back();
        lane.backend = dipper::make_cuda_backend(0, precision);
        lane.fit = std::make_unique<dipper::Fit>(dipper::Target{shape, target, weights}, recipe, *lane.backend, i);
      }
      const double seconds = time_together(lanes, options.rounds);
      const double pictures = 60 * count / (seconds * recipe.iterations);
      if (options.json) {
        const nlohmann::json out{{"recipe", options.recipe},
                                 {"size", options.size},
                                 {"precision", options.precision},
                                 {"at_once", count},
                                 {"ms_an_iteration", 1e3 * seconds},
                                 {"pictures_a_minute", pictures},
                                 {"description", lanes[0].backend->description()}};
        fmt::print("{}\n", out.dump());
      } else {
        fmt::print("{} {}x{}, {}: {} at once, {:.3f} ms for an iteration of all, {:.2f} pictures a minute\n",
                   options.recipe, options.size, options.size, lanes[0].backend->description(), count, 1e3 * seconds,
                   pictures);
      }
    }
  } catch (const dipper::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
