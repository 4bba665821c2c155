// SPDX-License-Identifier: Apache-2.0
#include "onednn.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <dnnl.hpp>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

namespace dipper {
namespace {

using dnnl::algorithm;
using dnnl::memory;

struct ConvolutionKind {
  using Forward = dnnl::convolution_forward;
  using BackwardData = dnnl::convolution_backward_data;
  using BackwardWeights = dnnl::convolution_backward_weights;
  static constexpr std::array algorithms{algorithm::convolution_auto, algorithm::convolution_winograd};
};

struct DeconvolutionKind {
  using Forward = dnnl::deconvolution_forward;
  using BackwardData = dnnl::deconvolution_backward_data;
  using BackwardWeights = dnnl::deconvolution_backward_weights;
  static constexpr std::array algorithms{algorithm::deconvolution_direct, algorithm::deconvolution_winograd};
};

/// Sizes as oneDNN wants them: N, C, H, W and O, I, H, W; padding before and after.
struct Geometry {
  memory::dims source, target, weights, bias, strides, padding_before, padding_after;
};

Geometry geometry(const Shape& in, const Shape& out, int kernel, int stride, int padding,
                  std::array<memory::dim, 2> after) {
  return {.source = {1, in.channels, in.height, in.width},
          .target = {1, out.channels, out.height, out.width},
          .weights = {out.channels, in.channels, kernel, kernel},
          .bias = {out.channels},
          .strides = {stride, stride},
          .padding_before = {padding, padding},
          .padding_after = {after[0], after[1]}};
}

Geometry geometry(const Conv2dDesc& d) {
  const Shape out = d.output();
  const auto after = [&](int n_in, int n_out) { return (n_out - 1) * d.stride + d.kernel - n_in - d.padding; };
  return geometry(d.input, out, d.kernel, d.stride, d.padding,
                  {after(d.input.height, out.height), after(d.input.width, out.width)});
}

Geometry geometry(const ConvTranspose2dDesc& d) {
  const memory::dim after = d.padding - d.output_padding;
  return geometry(d.input, d.output(), d.kernel, d.stride, d.padding, {after, after});
}

memory::desc free_format(const memory::dims& dims) {
  return {dims, memory::data_type::f32, memory::format_tag::any};
}

/// A primitive and the tensors that it works on.
struct Prepared {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  std::string kernel;

  void add(int argument, const memory::desc& desc, const dnnl::engine& engine) {
    memory made(desc, engine);
    auto* const values = static_cast<float*>(made.get_data_handle());
    const std::size_t count = desc.get_size() / sizeof(float);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
    arguments.emplace(argument, std::move(made));
  }
};

template <class Kind>
class OneDnnConvolution final : public OneDnnLayer {
 public:
  OneDnnConvolution(Geometry g, int threads) : g_(std::move(g)), threads_(threads) {}

  std::string prepare(Pass pass) override {
    omp_set_num_threads(threads_);
    prepared_.reset();  // before the next takes its memory
    prepared_ = fastest(pass);
    return prepared_ ? prepared_->kernel : "";
  }

  void run() override { execute(*prepared_); }

 private:
  using Forward = typename Kind::Forward;
  using BackwardData = typename Kind::BackwardData;
  using BackwardWeights = typename Kind::BackwardWeights;

  void execute(const Prepared& which) {
    which.primitive.execute(stream_, which.arguments);
    stream_.wait();
  }

  std::optional<Prepared> fastest(Pass pass) {
    std::optional<Prepared> best;
    double least = std::numeric_limits<double>::infinity();
    for (const algorithm which : Kind::algorithms) {
      try {
        Prepared made = make(pass, which);
        const double seconds = time(made);
        if (seconds < least) {
          least = seconds;
          best = std::move(made);
        }
      } catch (const dnnl::error&) {
        continue;  // oneDNN's way of saying that it has no such kernel
      }
    }
    return best;
  }

  double time(const Prepared& made) {
    double least = std::numeric_limits<double>::infinity();
    for (int round = 0; round < 3; ++round) {
      const auto began = std::chrono::steady_clock::now();
      execute(made);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
      if (round > 0) least = std::min(least, took.count());
    }
    return least;
  }

  [[nodiscard]] typename Forward::primitive_desc forward_desc(algorithm which) const {
    return {{dnnl::prop_kind::forward_training, which, free_format(g_.source), free_format(g_.weights),
             free_format(g_.bias), free_format(g_.target), g_.strides, g_.padding_before, g_.padding_after},
            engine_};
  }

  [[nodiscard]] Prepared make(Pass pass, algorithm which) const {
    const typename Forward::primitive_desc forward = forward_desc(which);
    Prepared made;
    if (pass == Pass::forward) {
      made.primitive = Forward(forward);
      made.kernel = forward.impl_info_str();
      made.add(DNNL_ARG_SRC, forward.src_desc(), engine_);
      made.add(DNNL_ARG_WEIGHTS, forward.weights_desc(), engine_);
      made.add(DNNL_ARG_BIAS, forward.bias_desc(), engine_);
      made.add(DNNL_ARG_DST, forward.dst_desc(), engine_);
    } else if (pass == Pass::backward_inputs) {
      const typename BackwardData::primitive_desc desc(
          {which, free_format(g_.source), free_format(g_.weights), free_format(g_.target), g_.strides,
           g_.padding_before, g_.padding_after},
          engine_, forward);
      made.primitive = BackwardData(desc);
      made.kernel = desc.impl_info_str();
      made.add(DNNL_ARG_DIFF_SRC, desc.diff_src_desc(), engine_);
      made.add(DNNL_ARG_WEIGHTS, desc.weights_desc(), engine_);
      made.add(DNNL_ARG_DIFF_DST, desc.diff_dst_desc(), engine_);
    } else {
      const typename BackwardWeights::primitive_desc desc(
          {which, free_format(g_.source), free_format(g_.weights), free_format(g_.bias), free_format(g_.target),
           g_.strides, g_.padding_before, g_.padding_after},
          engine_, forward);
      made.primitive = BackwardWeights(desc);
      made.kernel = desc.impl_info_str();
      made.add(DNNL_ARG_SRC, desc.src_desc(), engine_);
      made.add(DNNL_ARG_DIFF_WEIGHTS, desc.diff_weights_desc(), engine_);
      made.add(DNNL_ARG_DIFF_BIAS, desc.diff_bias_desc(), engine_);
      made.add(DNNL_ARG_DIFF_DST, desc.diff_dst_desc(), engine_);
    }
    return made;
  }

  Geometry g_;
  int threads_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::optional<Prepared> prepared_;
};

}  // namespace

std::string onednn_version() {
  const dnnl::version_t* const v = dnnl::version();
  return fmt::format("{}.{}.{}", v->major, v->minor, v->patch);
}

std::unique_ptr<OneDnnLayer> make_onednn_layer(const LayerDesc& desc, int threads) {
  if (const auto* const conv = std::get_if<Conv2dDesc>(&desc)) {
    return std::make_unique<OneDnnConvolution<ConvolutionKind>>(geometry(*conv), threads);
  }
  if (const auto* const conv = std::get_if<ConvTranspose2dDesc>(&desc)) {
    return std::make_unique<OneDnnConvolution<DeconvolutionKind>>(geometry(*conv), threads);
  }
  return nullptr;
}

}  // namespace dipper
