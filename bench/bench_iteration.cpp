// SPDX-License-Identifier: Apache-2.0
// Times one iteration of a fit: forward, loss, backward, Adam, noise on the input. The network is any, with its default
// options and the input channels that it is used with. Beside the times: the operations of the iteration's convolutions
// by the direct method, whatever the kernels do, and the machine's multiply-add peak, measured right before and after.
// An NVIDIA device runs ahead, so its iterations are timed in blocks.
//   build/bench/bench_iteration --network hourglass-shuffle --size 512 --threads 2
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dipper/error.hpp"
#include "fit/explain.hpp"
#include "fit/fit.hpp"
#include "kernels/cpu/instruction_sets.hpp"
#include "networks.hpp"

namespace {

struct Options {
  std::string network = "hourglass-shuffle";
  std::string device = "cpu";
  std::string precision = "bf16";
  std::string instruction_set;
  int size = 512;
  int threads = 0;
  int warmup = 3;
  int rounds = 20;
  double seconds = 30;
  bool explain = false;
  bool json = false;

  void add_to(CLI::App& app) {
    app.add_option("--network", network, "a network's name, or a recipe's")->capture_default_str();
    app.add_option("--device", device, "cpu, ref or cuda")->capture_default_str();
    app.add_option("--precision", precision, "of cuda: f32, tf32, bf16 or fp16")->capture_default_str();
    app.add_option("--instruction-set", instruction_set, "no better one than this, such as AVX2; default: the best");
    app.add_option("--size", size, "width and height of the picture")->capture_default_str();
    app.add_option("--threads", threads, "0: one per core")->capture_default_str();
    app.add_option("--warmup", warmup, "iterations (blocks of ten on a device) before the first that counts")
        ->capture_default_str();
    app.add_option("--rounds", rounds, "iterations, or blocks, that count")->capture_default_str();
    app.add_option("--seconds", seconds, "fewer iterations, but at least three, when they take longer than this")
        ->capture_default_str();
    app.add_flag("--explain", explain, "print what each pass of each layer takes, too");
    app.add_flag("--json", json, "one JSON object");
  }
};

std::unique_ptr<dipper::Backend> make_backend(const Options& options) {
  if (options.device == "cpu") return dipper::make_cpu_backend(options.threads);
  if (options.device == "ref") return dipper::make_ref_backend();
  if (options.device != "cuda") throw dipper::Error("--device must be cpu, ref or cuda");
  return dipper::make_cuda_backend(0, dipper::precision_named(options.precision));
}

/// Milliseconds of each iteration that counts, from the least to the most; on a device, of an iteration of each block.
std::vector<double> time_iterations(dipper::Fit& fit, dipper::Backend& backend, const Options& options) {
  using Clock = std::chrono::steady_clock;
  const int block = backend.on_host() ? 1 : 10;
  std::vector<double> times;
  Clock::time_point start;
  for (int round = -options.warmup; round < options.rounds; ++round) {
    backend.wait();
    const Clock::time_point began = Clock::now();
    if (round == 0) start = began;
    for (int i = 0; i < block; ++i) fit.step();
    backend.wait();
    const std::chrono::duration<double, std::milli> took = Clock::now() - began;
    if (round >= 0) times.push_back(took.count() / block);
    if (times.size() >= 3 && Clock::now() - start > std::chrono::duration<double>(options.seconds)) break;
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Times one iteration of a fit");
  options.add_to(app);
  CLI11_PARSE(app, argc, argv);
  dipper::cpu::use_instruction_set(options.instruction_set);
  const auto& [network, device, precision, instruction_set, size, threads, warmup, rounds, seconds, with_table, json] =
      options;

  try {
    const dipper::Recipe recipe = dipper::recipe_of(network);
    const auto backend = make_backend(options);
    const double peak_before = backend->measure_peak();
    const dipper::Shape shape{3, size, size};
    const std::vector<float> target(shape.size(), 0.5F);
    const std::vector<float> weights(shape.plane(), 1.0F);
    dipper::Fit fit({shape, target, weights}, recipe, *backend, 0);
    const std::vector<double> times = time_iterations(fit, *backend, options);
    const double median = times[times.size() / 2];

    const double peak = std::max(peak_before, backend->measure_peak());
    const double flops = dipper::iteration_flops(dipper::network_graph(network, size));
    const double ratio = median / (flops / (1e6 * peak));
    if (json) {
      const nlohmann::json out{{"network", network},
                               {"size", size},
                               {"threads", threads},
                               {"device", backend->name()},
                               {"ms", median},
                               {"ms_min", times.front()},
                               {"ms_max", times.back()},
                               {"planned_bytes", fit.bytes()},
                               {"flops", flops},
                               {"peak_gflops", peak},
                               {"ratio_to_flops_over_peak", ratio},
                               {"description", backend->description()}};
      fmt::print("{}\n", out.dump());
    } else {
      fmt::print("{} {}x{}, {}: median {:.2f} ms, least {:.2f} ms, most {:.2f} ms\n", network, size, size,
                 backend->description(), median, times.front(), times.back());
      fmt::print(
          "{:.2f} GFLOP in convolutions, {:.0f} GFLOP/s of a peak of {:.0f} ({:.0f} %): {:.2f} times FLOPs / peak\n",
          flops / 1e9, flops / 1e6 / median, peak, 100 / ratio, ratio);
      fmt::print("{:.1f} MB planned\n", static_cast<double>(fit.bytes()) / 1e6);
      if (with_table) fmt::print("\n{}", dipper::explain(fit.measure(20, 10), fit.memory(), peak));
    }
  } catch (const dipper::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
