// SPDX-License-Identifier: Apache-2.0
#include "fit/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace dipper {
namespace {

constexpr std::array<const char*, 3> pass_names = {"forward", "backward parameters", "backward inputs"};

double megabytes(std::size_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

std::string row(const Program::Timed& layer, int pass, double peak_gflops) {
  const Choice& choice = layer.choices[pass];
  const double seconds = layer.seconds[pass];
  std::string model;
  std::string share;
  if (choice.flops > 0 && peak_gflops > 0) {
    model = fmt::format("{:.3f}", choice.cost / peak_gflops * 1e-6);
    share = fmt::format("{:.0f} %", 100 * choice.flops / seconds / (peak_gflops * 1e9));
  }
  return fmt::format("{:<20} {:<9} {:>9} {:>9.3f} {:>7}  {}: {}\n", pass_names[pass], choice.kernel, model,
                     seconds * 1e3, share, layer.name, describe(layer.desc));
}

/// What the layers of each kind take together, such as all "conv2d", in the order in which they first run.
std::string sums_by_kind(const std::vector<Program::Timed>& layers) {
  std::vector<std::pair<std::string, std::array<double, 3>>> kinds;
  for (const Program::Timed& layer : layers) {
    const std::string text = describe(layer.desc);
    const std::string kind = text.substr(0, text.find(' '));
    auto found = std::ranges::find(kinds, kind, &std::pair<std::string, std::array<double, 3>>::first);
    if (found == kinds.end()) found = kinds.insert(kinds.end(), {kind, {}});
    for (int pass = 0; pass < 3; ++pass) found->second[pass] += layer.seconds[pass] * 1e3;
  }
  std::string text = fmt::format("{:<21} {:>9} {:>20} {:>16}\n", "ms", pass_names[0], pass_names[1], pass_names[2]);
  for (const auto& [kind, ms] : kinds) {
    text += fmt::format("{:<21} {:>9.3f} {:>20.3f} {:>16.3f}\n", kind, ms[0], ms[1], ms[2]);
  }
  return text;
}

}  // namespace

std::string explain(const std::vector<Program::Timed>& layers, const MemoryPlan& memory, double peak_gflops) {
  std::string text = fmt::format("{:<20} {:<9} {:>9} {:>9} {:>7}  layer\n", "pass", "kernel", "model ms", "ms", "peak");
  std::array<double, 3> seconds{};
  double flops = 0;
  double convolution_seconds = 0;
  for (const Program::Timed& layer : layers) {
    const bool is_convolution =
        std::holds_alternative<Conv2dDesc>(layer.desc) || std::holds_alternative<ConvTranspose2dDesc>(layer.desc);
    for (int pass = 0; pass < 3; ++pass) {
      if (layer.seconds[pass] == 0) continue;
      text += row(layer, pass, peak_gflops);
      seconds[pass] += layer.seconds[pass];
      flops += layer.choices[pass].flops;
      if (is_convolution) convolution_seconds += layer.seconds[pass];
    }
  }
  const double total = seconds[0] + seconds[1] + seconds[2];
  text += '\n';
  text += sums_by_kind(layers);
  text += fmt::format(
      "\nforward {:.2f} ms, backward parameters {:.2f} ms, backward inputs {:.2f} ms: together {:.2f} ms, of which "
      "convolutions {:.2f} ms\n",
      seconds[0] * 1e3, seconds[1] * 1e3, seconds[2] * 1e3, total * 1e3, convolution_seconds * 1e3);
  if (peak_gflops > 0 && flops > 0) {
    text += fmt::format("{:.2f} GFLOP by the direct method at a peak of {:.0f} GFLOP/s: {:.2f} times the ideal time\n",
                        flops / 1e9, peak_gflops, total * peak_gflops * 1e9 / flops);
  }
  text += fmt::format(
      "memory of tensors: an arena of {:.1f} MB; at most {:.1f} MB of tensors are needed at one time, all together "
      "{:.1f} MB\n",
      megabytes(memory.bytes), megabytes(memory.floor), megabytes(memory.tensors));
  return text;
}

}  // namespace dipper
