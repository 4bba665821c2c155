// SPDX-License-Identifier: Apache-2.0
// Times one iteration of a fit: forward, loss, backward, Adam, noise on the input.
//   build/bench/bench_iteration --network hourglass-shuffle --size 512 --threads 2
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fit/fit.hpp"

int main(int argc, char** argv) {
  std::string network = "hourglass-shuffle";
  std::string device = "cpu";
  int size = 512;
  int threads = 0;
  int warmup = 3;
  int rounds = 20;
  bool json = false;
  CLI::App app("Times one iteration of a fit");
  app.add_option("--network", network, "a network's name")->capture_default_str();
  app.add_option("--device", device, "cpu or ref")->capture_default_str();
  app.add_option("--size", size, "width and height of the picture")->capture_default_str();
  app.add_option("--threads", threads, "0: one per core")->capture_default_str();
  app.add_option("--warmup", warmup, "iterations before the first that counts")->capture_default_str();
  app.add_option("--rounds", rounds, "iterations that count")->capture_default_str();
  app.add_flag("--json", json, "one JSON object");
  CLI11_PARSE(app, argc, argv);

  dipper::Recipe recipe = dipper::load_recipe("seed-pixel-shuffle");
  dipper::set_value(recipe, "network", network);
  const auto backend = device == "ref" ? dipper::make_ref_backend() : dipper::make_cpu_backend(threads);
  const dipper::Shape shape{3, size, size};
  const std::vector<float> target(shape.size(), 0.5F);
  const std::vector<float> weights(shape.plane(), 1.0F);
  dipper::Fit fit({shape, target, weights}, recipe, *backend, 0);

  std::vector<double> times;
  for (int round = -warmup; round < rounds; ++round) {
    const auto began = std::chrono::steady_clock::now();
    fit.step();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    if (round >= 0) times.push_back(took.count());
  }
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  if (json) {
    const nlohmann::json out{{"network", network},
                             {"size", size},
                             {"threads", threads},
                             {"device", backend->name()},
                             {"ms", median},
                             {"ms_min", times.front()},
                             {"ms_max", times.back()},
                             {"planned_bytes", fit.bytes()},
                             {"description", backend->description()}};
    fmt::print("{}\n", out.dump());
  } else {
    fmt::print("{} {}x{}, {}: median {:.2f} ms, least {:.2f} ms, most {:.2f} ms; {:.1f} MB\n", network, size, size,
               backend->description(), median, times.front(), times.back(), static_cast<double>(fit.bytes()) / 1e6);
  }
}
