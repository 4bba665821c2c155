// SPDX-License-Identifier: Apache-2.0
// Times every layer of the seed's networks at 512x512, of the paper's at 256x256 and 512x512 and of the recipe
// inpaint-fast at 512x512, and those that other networks, tasks and losses add, each of its passes by itself: once for
// each distinct shape, as the networks run them after fusion, but without the norm that a layer may apply as it loads.
// Convolutions are counted in operations of the direct method, whatever the kernel, and as a share of the multiply-add
// peak that is measured at the start; other layers in the bytes that they have to read and write. Before them,
// "fork_join" is what handing out work to all threads and waiting for them takes. Convolutions stand beside oneDNN's
// where it is installed; onednn.hpp says on what terms.
//   build/bench/bench_kernels --threads 2 --benchmark_filter='conv2d 4->3 .*dipper'
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/memory.hpp"
#include "base/thread_pool.hpp"
#include "kernels/backend.hpp"
#include "kernels/cpu/instruction_sets.hpp"
#include "networks.hpp"
#include "onednn.hpp"
#include "ops/activation.hpp"
#include "ops/add.hpp"
#include "ops/filter.hpp"
#include "ops/max_pool.hpp"
#include "ops/total_variation.hpp"

namespace {

using namespace dipper;

constexpr std::pair<Pass, const char*> passes[] = {{Pass::forward, "forward"},
                                                   {Pass::backward_parameters, "backward_parameters"},
                                                   {Pass::backward_inputs, "backward_inputs"}};

/// Numbers in [-1, 1], and what vectors may read past the end.
Floats some_values(std::size_t count) {
  Floats values(count + read_ahead);
  for (std::size_t i = 0; i < values.size(); ++i) values.data()[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
  return values;
}

/// One of our layers with all its tensors.
class OwnLayer {
 public:
  OwnLayer(const LayerDesc& desc, Backend& backend)
      : layer_(backend.layer(desc)),
        theta_(some_values(parameter_count(desc))),
        dtheta_(theta_.size()),
        y_(some_values(output_of(desc).size())),
        dy_(some_values(output_of(desc).size())),
        saved_(some_values(saved_size(desc))),
        scratch_(layer_->scratch_size() + read_ahead) {
    for (const Shape& shape : inputs_of(desc)) {
      // The loss wants a gradient in its first input alone.
      const bool wanted = dx_.empty() || !std::holds_alternative<MaskedErrorDesc>(desc);
      x_.push_back(some_values(shape.size()));
      dx_.emplace_back(wanted ? shape.size() + read_ahead : 0);
    }
    for (std::size_t i = 0; i < x_.size(); ++i) {
      inputs_.push_back(x_[i].data());
      targets_.push_back({dx_[i].size() == 0 ? nullptr : dx_[i].data(), Write::overwrite});
    }
    for (const auto& [pass, name] : passes) run(pass);  // each leaves what the next ones read
  }

  void run(Pass pass) {
    const Operands<float> at{
        .x = inputs_, .y = y_.data(), .theta = theta_.data(), .saved = saved_.data(), .scratch = scratch_.data()};
    const Gradients<float> gradients{.dy = dy_.data(), .dx = targets_, .dtheta = dtheta_.data()};
    if (pass == Pass::forward) layer_->forward(at);
    if (pass == Pass::backward_parameters) layer_->backward_parameters(at, gradients);
    if (pass == Pass::backward_inputs) layer_->backward_inputs(at, gradients);
  }

  [[nodiscard]] std::string kernel(Pass pass) const { return fmt::format("{}", layer_->choice(pass).kernel); }

 private:
  std::unique_ptr<Layer<float>> layer_;
  Floats theta_, dtheta_, y_, dy_, saved_, scratch_;
  std::vector<Floats> x_, dx_;
  std::vector<const float*> inputs_;
  std::vector<GradientTarget<float>> targets_;
};

/// The bytes that a pass reads and writes if it touches each tensor once.
double bytes_moved(const LayerDesc& desc, Pass pass) {
  double inputs = 0;
  for (const Shape& shape : inputs_of(desc)) inputs += static_cast<double>(shape.size());
  const auto output = static_cast<double>(output_of(desc).size());
  if (pass == Pass::forward) return sizeof(float) * (inputs + (stores_output(desc) ? output : 0));
  const BackwardReads reads = backward_reads(desc);
  const double read = output + (reads.inputs ? inputs : 0) + (reads.output ? output : 0);
  const double written =
      std::holds_alternative<MaskedErrorDesc>(desc) ? static_cast<double>(inputs_of(desc)[0].size()) : inputs;
  return sizeof(float) * (read + (pass == Pass::backward_inputs ? written : 0));
}

struct Case {
  std::string name;  // tells every layer from every other
  LayerDesc desc;
  std::string networks;  // that have it
};

/// Weights of no meaning, none of them 0: a camera's shake fills part of a kernel, which is then no outer product.
FilterOptions blur(int size, bool whole) {
  FilterKernel kernel{size, size, {}};
  for (int u = 0; u < size; ++u) {
    for (int v = 0; v < size; ++v) {
      const bool on_path = whole || std::abs(u - v) < 2;
      kernel.weights.push_back(on_path ? static_cast<float>(1 + (u * u + 3 * v) % 7) : 0);
    }
  }
  return {.kernel = kernel, .out_height = 512, .out_width = 512, .first_row = -size / 2, .first_column = -size / 2};
}

/// What the networks above do not have: operators of upscaling (x4, x8) and deblurring, pools, activations, sums.
Graph other_layers() {
  Graph graph;
  const Tensor wide = graph.input({128, 512, 512});
  const Tensor picture = graph.input({3, 512, 512});
  const auto taps = [](int count) { return std::vector<float>(count, 1 / static_cast<float>(count)); };
  average_pool(graph, wide, 2, "average");
  downsample(graph, wide, 2, taps(8), -3, "lanczos");
  max_pool(graph, wide, 2, "max");
  average_pool(graph, wide, 32, "average");
  downsample(graph, picture, 4, taps(16), -6, "x4");
  downsample(graph, picture, 8, taps(32), -12, "x8");
  FilterOptions gauss = blur(25, true);
  gauss.kernel.weights.assign(25 * 25, 1.0F / 625);
  filter(graph, picture, gauss, "gauss");
  filter(graph, picture, blur(31, false), "motion");
  filter(graph, picture, blur(32, true), "shake");
  total_variation(graph, picture, Reduction::mean, "variation");
  elu(graph, wide, "elu");
  swish(graph, wide, "swish");
  add(graph, wide, graph.input({128, 512, 512}), "add");
  return graph;
}

std::vector<Case> distinct_layers() {
  std::vector<Case> found;
  for (const auto& [network, size] : {std::pair{"hourglass-shuffle", 512}, std::pair{"hourglass-deconv", 512},
                                      std::pair{"skip", 256}, std::pair{"skip", 512}, std::pair{"inpaint-fast", 512}}) {
    const std::string where = fmt::format("{} {}", network, size);
    const Graph graph = fused_network_graph(network, size);
    for (const Graph::Node& node : graph.nodes()) {
      LayerDesc desc = node.desc;
      if (Load* const load = load_of(desc)) *load = {};
      const std::string name = describe(desc);
      const auto known = std::ranges::find(found, name, &Case::name);
      if (known == found.end()) {
        found.push_back({name, desc, where});
      } else if (!known->networks.ends_with(where)) {
        known->networks += ", " + where;
      }
    }
  }
  const Graph others = other_layers();
  for (const Graph::Node& node : others.nodes()) found.push_back({describe(node.desc), node.desc, node.name});
  return found;
}

class Benchmarks {
 public:
  explicit Benchmarks(int threads)
      : backend_(make_cpu_backend(threads)),
        threads_(threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency())),
        peak_(backend_->measure_peak()),
        layers_(distinct_layers()) {}

  void add_all() {
    benchmark::AddCustomContext("instruction_set", cpu_instruction_set());
    benchmark::AddCustomContext("threads", std::to_string(threads_));
    benchmark::AddCustomContext("peak_gflops", fmt::format("{:.1f}", peak_));
    benchmark::AddCustomContext("onednn", onednn_version());
    benchmark::RegisterBenchmark("fork_join", [this](benchmark::State& state) {
      ThreadPool pool(threads_);
      for ([[maybe_unused]] const auto _ : state) pool.run(pool.size(), [](int /*task*/, int /*worker*/) {});
    })->UseRealTime();
    for (const bool convolutions : {true, false}) {
      for (const Case& layer : layers_) {
        if (is_convolution(layer.desc) != convolutions) continue;
        for (const auto& [pass, pass_name] : passes) add(layer, pass, pass_name);
      }
    }
  }

 private:
  void add(const Case& layer, Pass pass, const char* pass_name) {
    if (pass == Pass::backward_parameters && parameter_count(layer.desc) == 0) return;
    const std::string title = fmt::format("{}/{}/", layer.name, pass_name);
    const auto own = [&, pass = pass](benchmark::State& state) { run_own(state, layer, pass); };
    benchmark::RegisterBenchmark((title + "dipper").c_str(), own)->UseRealTime()->Unit(benchmark::kMillisecond);
    if (onednn_version().empty() || !is_convolution(layer.desc)) return;
    const auto other = [&, pass = pass](benchmark::State& state) { run_onednn(state, layer, pass); };
    benchmark::RegisterBenchmark((title + "onednn").c_str(), other)->UseRealTime()->Unit(benchmark::kMillisecond);
  }

  void run_own(benchmark::State& state, const Case& layer, Pass pass) {
    if (own_name_ != layer.name) {
      own_.reset();
      own_ = std::make_unique<OwnLayer>(layer.desc, *backend_);
      own_name_ = layer.name;
    }
    time(state, layer, pass, [&] { own_->run(pass); });
    const std::string kernel = own_->kernel(pass);
    state.SetLabel(kernel + (kernel.empty() ? "" : "; ") + layer.networks);
  }

  void run_onednn(benchmark::State& state, const Case& layer, Pass pass) {
    if (other_name_ != layer.name) {
      other_.reset();
      other_ = make_onednn_layer(layer.desc, threads_);
      other_name_ = layer.name;
      other_kernel_.clear();
    }
    if (other_kernel_.empty() || other_pass_ != pass) {
      other_kernel_ = other_->prepare(pass);
      other_pass_ = pass;
    }
    if (other_kernel_.empty()) {
      state.SkipWithError("oneDNN has no kernel for this");
      return;
    }
    time(state, layer, pass, [&] { other_->run(); });
    state.SetLabel(other_kernel_ + "; " + layer.networks);
  }

  /// Runs and counts.
  template <class Run>
  void time(benchmark::State& state, const Case& layer, Pass pass, const Run& run) const {
    using benchmark::Counter;
    const auto began = std::chrono::steady_clock::now();
    for ([[maybe_unused]] const auto _ : state) run();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    if (!is_convolution(layer.desc)) {
      state.counters["bytes"] = Counter(bytes_moved(layer.desc, pass), Counter::kIsIterationInvariantRate);
      return;
    }
    const double flops = forward_flops(layer.desc);  // backward, either pass does as many multiply-adds
    state.counters["flops"] = Counter(flops, Counter::kIsIterationInvariantRate);
    state.counters["of_peak"] = flops * static_cast<double>(state.iterations()) / took.count() / peak_;
  }

  std::unique_ptr<Backend> backend_;
  int threads_;
  double peak_;
  std::vector<Case> layers_;
  // The last layer of either side, kept because a layer's passes follow each other.
  std::unique_ptr<OwnLayer> own_;
  std::string own_name_;
  std::unique_ptr<OneDnnLayer> other_;
  std::string other_name_, other_kernel_;
  Pass other_pass_ = Pass::forward;
};

}  // namespace

int main(int argc, char** argv) {
  int threads = 0;
  CLI::App app("Times every layer of the networks; other options are Google Benchmark's, such as --benchmark_filter");
  app.add_option("--threads", threads, "0: one per core")->capture_default_str();
  std::string kernel;
  app.add_option("--kernel", kernel,
                 "prefer this one wherever it can work, such as winograd; default: the model's choice");
  app.allow_extras();
  CLI11_PARSE(app, argc, argv);

  // Ours first, so that what is given wins.
  std::vector<std::string> arguments{argv[0], "--benchmark_min_time=0.1", "--benchmark_counters_tabular=true"};
  for (const std::string& argument : app.remaining()) arguments.push_back(argument);
  std::vector<char*> pointers(arguments.size());
  std::ranges::transform(arguments, pointers.begin(), [](std::string& argument) { return argument.data(); });
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;

  cpu::prefer_kernel(kernel);
  Benchmarks all(threads);
  all.add_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
