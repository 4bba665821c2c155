// SPDX-License-Identifier: Apache-2.0
// Which kernel does a convolution's pass; compiled once for each instruction set.
#if defined(DIPPER_CPU_CHOOSE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_CHOOSE_INL
#undef DIPPER_CPU_CHOOSE_INL
#else
#define DIPPER_CPU_CHOOSE_INL
#endif

#include <cmath>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "kernels/cpu/adjoint-inl.hpp"
#include "kernels/cpu/border-inl.hpp"
#include "kernels/cpu/correlate-inl.hpp"
#include "kernels/cpu/instruction_sets.hpp"
#include "kernels/cpu/pixel_gradient-inl.hpp"
#include "kernels/cpu/row_gradient-inl.hpp"
#include "kernels/cpu/winograd_correlate-inl.hpp"
#include "kernels/cpu/winograd_gradient-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// A kernel that could do a pass, and what the model expects: the number of vector operations, where a fused multiply
/// and add counts as one. The factors were fitted to what bench_kernels measures.
struct Candidate {
  const char* kernel;
  bool possible;
  double operations;
};

/// The cheapest, or the one that a test asks for.
inline Candidate choose(std::initializer_list<Candidate> candidates) {
  Candidate best{"", false, 0};
  for (const Candidate& candidate : candidates) {
    if (!candidate.possible) continue;
    if (candidate.kernel == preferred_kernel()) return candidate;
    if (!best.possible || candidate.operations < best.operations) best = candidate;
  }
  return best;
}

inline double whole(double n, double step) {
  return std::ceil(n / step) * step;
}

/// What `rows` rows of a register block cost: one or two leave it waiting for its own sums.
inline double block_cost(double rows) {
  const double rest = std::fmod(rows, 4);
  return rows - rest + (rest > 0 ? std::max(rest, 2.0) : 0);
}

inline bool suits_winograd(const Conv2dDesc& d) {
  return d.kernel == 3 && d.stride == 1 && d.padding <= 2;
}

/// Winograd's method for a map from `in` to `out` channels; `turning` is what else a channel's transform costs.
inline double winograd_operations(const Conv2dDesc& d, double in, double out, double turning) {
  const double vectors = Tiles{d.output()}.groups() * group_vectors;
  const double products = positions * whole(out, dense_rows) * in * 1.15;
  const double transforms = 170 * in + 170 * out + turning;
  return vectors * (products + transforms) + 150 * in * out;
}

template <class Kernel>
struct Chosen {
  std::unique_ptr<Kernel> kernel;
  Choice choice;
};

template <class Kernel>
Chosen<Kernel> chosen(const Conv2dDesc& d, const Candidate& candidate, std::unique_ptr<Kernel> kernel) {
  return {std::move(kernel),
          {.kernel = candidate.kernel,
           .flops = d.forward_flops(),
           .cost = candidate.operations * 2 * static_cast<double>(lanes)}};
}

/// The convolution itself.
inline Chosen<Map> choose_correlate(const Conv2dDesc& d, ThreadPool& pool) {
  const Shape out = d.output();
  const double depth = static_cast<double>(d.input.channels) * d.kernel * d.kernel;
  const double vectors = std::ceil(out.width / static_cast<double>(lanes)) * out.height;
  const double blocks = whole(static_cast<double>(out.plane()), lanes) / lanes;
  const double rows = block_cost(out.channels);
  const Candidate best = choose({
      {"direct", true, vectors * (1.2 * rows * depth + 5.0 * d.input.channels * d.stride)},
      {"columns", true, blocks * 1.7 * rows * depth + 8 * vectors * depth},
      {"winograd", suits_winograd(d), winograd_operations(d, d.input.channels, out.channels, 0)},
  });
  if (best.kernel == std::string_view("winograd")) {
    const KernelLayout layout{.output = static_cast<std::size_t>(d.input.channels) * 9, .input = 9};
    return chosen<Map>(d, best, std::make_unique<WinogradCorrelate>(d, layout, pool));
  }
  return chosen<Map>(d, best, std::make_unique<Correlate>(d, best.kernel == std::string_view("direct"), pool));
}

/// The convolution from y to x that is the adjoint of a 3x3 convolution d: x -> y with zero padding and stride 1.
inline Conv2dDesc turned_round(const Conv2dDesc& d) {
  return {.input = d.output(), .out_channels = d.input.channels, .kernel = 3, .padding = 2 - d.padding};
}

/// The adjoint of the convolution.
inline Chosen<Map> choose_adjoint(const Conv2dDesc& d, ThreadPool& pool) {
  const Shape out = d.output();
  const double depth = static_cast<double>(out.channels) * d.kernel * d.kernel;
  const double phase_width = std::ceil(d.input.width / static_cast<double>(d.stride));
  const double phase_height = std::ceil(d.input.height / static_cast<double>(d.stride));
  const double vectors = std::ceil(phase_width / static_cast<double>(lanes)) * phase_height;
  const double blocks = whole(static_cast<double>(out.plane()), lanes) / lanes;
  const double products = d.input.channels * static_cast<double>(d.kernel) * d.kernel;
  const Candidate best = choose({
      {"direct", true, vectors * (1.2 * block_cost(d.input.channels) * depth + 5.0 * out.channels)},
      {"columns", true, blocks * products * (1.7 * out.channels + 25) * std::max(1.0, 8.0 / d.input.channels)},
      {"winograd", suits_winograd(d), winograd_operations(d, out.channels, d.input.channels, 0)},
  });
  if (best.kernel == std::string_view("columns")) {
    return chosen<Map>(d, best, std::make_unique<ColumnAdjoint>(d, pool));
  }
  Conv2dDesc inner = d;
  inner.mode = Padding::zero;
  std::unique_ptr<Map> map;
  if (best.kernel == std::string_view("winograd")) {
    const KernelLayout layout{.output = 9, .input = static_cast<std::size_t>(d.input.channels) * 9, .reversed = true};
    map = std::make_unique<WinogradCorrelate>(turned_round(inner), layout, pool);
  } else {
    map = std::make_unique<PhaseAdjoint>(inner, pool);
  }
  if (d.mode == Padding::reflect && d.padding > 0) map = std::make_unique<ReflectedAdjoint>(d, std::move(map), pool);
  return chosen<Map>(d, best, std::move(map));
}

/// The gradient in the weights. `plain` says that dy is taken as it is.
inline Chosen<WeightGradientForm> choose_weight_gradient(const Conv2dDesc& d, bool plain, ThreadPool& pool) {
  const Shape out = d.output();
  const double area = static_cast<double>(d.kernel) * d.kernel;
  const double weights = static_cast<double>(d.out_channels) * d.input.channels * area;
  const double vectors = std::ceil(out.width / static_cast<double>(lanes)) * out.height;
  const double strips = std::ceil(vectors * d.stride / 128);
  const int products = RowWeightGradient::best_products(d.kernel * d.kernel);
  const double groups = area > 1 ? d.input.channels : std::ceil(d.input.channels / static_cast<double>(products));
  const double registers = groups * std::ceil(std::max(area, static_cast<double>(products)) / products) * products;
  const double channel_vectors = whole(d.input.channels, lanes) / lanes;
  const auto pixels = static_cast<double>(out.plane());
  const Candidate best = choose({
      {"rows", true,
       vectors * (1.05 * registers * whole(out.channels, 4) + 8 * groups * out.channels) + 5 * weights * strips},
      {"pixels", true,
       channel_vectors * (1.35 * pixels * area * whole(out.channels, 4) + 16 * static_cast<double>(d.input.plane())) +
           2.5 * weights * std::ceil(pixels / 512)},
      {"winograd", suits_winograd(d) && plain,
       winograd_operations(d, whole(d.input.channels, lanes), out.channels, 150.0 * d.input.channels)},
  });
  if (best.kernel == std::string_view("winograd")) {
    return chosen<WeightGradientForm>(d, best, std::make_unique<WinogradGradient>(d, pool));
  }
  if (best.kernel == std::string_view("rows")) {
    return chosen<WeightGradientForm>(d, best, std::make_unique<RowWeightGradient>(d, pool));
  }
  return chosen<WeightGradientForm>(d, best, std::make_unique<PixelWeightGradient>(d, pool));
}

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
