// SPDX-License-Identifier: Apache-2.0
// The CUDA backend gives the same bits each time: every layer of a network, whole iterations, whole fits. What depends
// on timing, or on what other kernels left in shared memory, does not. Skips where there is no device.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>

#include "base/philox.hpp"
#include "emulated.hpp"
#include "fit/fit.hpp"
#include "graph/fuse.hpp"
#include "nets/nets.hpp"
#include "ops/masked_error.hpp"

namespace dipper {
namespace {

int count_from(const char* variable, int otherwise) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? otherwise : std::atoi(value);
}

// Of the picture: as many thread blocks as make a device busy.
int side() {
  return count_from("DIPPER_SIDE", is_emulated() ? 32 : 512);
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// As in the recipe whose network has most kinds of layers: reflection, strides, concatenations, few channels.
const Recipe& recipe() {
  static const Recipe loaded = load_recipe("inpaint-balanced");
  return loaded;
}

struct Built {
  Graph graph;
  Tensor z, y, weights, x, loss;

  Built() {
    const Network& network = find_network(recipe().network);
    const Shape picture{3, side(), side()};
    z = graph.input(network.z_shape(picture, Hiding::channels(3), recipe().net));
    y = graph.input(picture);
    weights = graph.input({1, side(), side()});
    x = network.build(graph, z, 3, recipe().net);
    loss = masked_error(graph, x, y, weights, Reduction::mean, "loss");
  }
};

/// A layer and its tensors, by themselves.
class LayerOnDevice {
 public:
  /// With scale 1; NaN makes all that it reads no number, and leaves such wherever it computes.
  LayerOnDevice(Backend& backend, const LayerDesc& desc, float scale = 1)
      : backend_(backend), formats_(usual_formats(desc)), layer_(backend.layer(desc, formats_)) {
    const std::vector<Shape> shapes = inputs_of(desc);
    for (std::size_t n = 0; n < shapes.size(); ++n) {
      x_.push_back(tensor(shapes[n], formats_.inputs[n], scale));
      dx_.push_back(tensor(shapes[n], formats_.inputs[n], 0));
    }
    y_ = tensor(output_of(desc), formats_.output, 0);
    dy_ = tensor(output_of(desc), formats_.output, scale);
    norm_ = flat(4 * static_cast<std::size_t>(shapes[0].channels), scale);
    theta_ = flat(parameter_count(desc), 0.1F * scale);
    dtheta_ = Buffer(backend, parameter_count(desc));
    saved_ = Buffer(backend, saved_size(desc));
    scratch_ = Buffer(backend, layer_->scratch_size());
    const bool first_only = std::holds_alternative<MaskedErrorDesc>(desc);
    for (std::size_t n = 0; n < x_.size(); ++n) {
      inputs_.push_back(x_[n].data());
      targets_.push_back({first_only && n > 0 ? nullptr : dx_[n].data(), Write::overwrite});
    }
  }

  void run(Pass pass) {
    const Operands<float> at{.x = inputs_,
                             .y = y_.data(),
                             .norm = norm_.data(),
                             .theta = theta_.data(),
                             .saved = saved_.data(),
                             .scratch = scratch_.data()};
    const Gradients<float> gradients{dy_.data(), targets_, dtheta_.data()};
    if (pass == Pass::forward) layer_->forward(at);
    if (pass == Pass::backward_parameters) layer_->backward_parameters(at, gradients);
    if (pass == Pass::backward_inputs) layer_->backward_inputs(at, gradients);
  }

  /// All that it wrote, as it lies.
  [[nodiscard]] std::vector<float> written() {
    std::vector<Buffer*> all{&y_, &saved_, &dtheta_};
    for (Buffer& dx : dx_) all.push_back(&dx);
    std::vector<float> values;
    for (Buffer* buffer : all) {
      const std::span<float> pulled = buffer->pull();
      values.insert(values.end(), pulled.begin(), pulled.end());
    }
    return values;
  }

 private:
  [[nodiscard]] Buffer flat(std::size_t count, float scale) {
    Buffer buffer(backend_, count);
    const Philox random{.seed = 5, .stream = Stream::input};
    const std::span<float> values = buffer.host();
    for (std::size_t i = 0; i < count; ++i) values[i] = scale * (random.uniform(tensors_, i) - 0.4F);
    ++tensors_;
    buffer.push();
    return buffer;
  }

  [[nodiscard]] Buffer tensor(const Shape& shape, Format format, float scale) {
    Buffer plain = flat(shape.size(), scale);
    if (format == Format::plain) return plain;
    Buffer native(backend_, backend_.bytes(shape, format) / sizeof(float));
    backend_.to_native(shape, plain.data(), native.data());
    backend_.wait();  // the plain one goes
    return native;
  }

  Backend& backend_;
  Formats formats_;
  std::unique_ptr<Layer<float>> layer_;
  std::uint64_t tensors_ = 0;
  std::vector<Buffer> x_, dx_;
  Buffer y_, dy_, norm_, theta_, dtheta_, saved_, scratch_;
  std::vector<const float*> inputs_;
  std::vector<GradientTarget<float>> targets_;
};

/// Fills the shared memory of all multiprocessors with what is no number.
class NoNumbers {
 public:
  explicit NoNumbers(Backend& backend)
      : wide_(backend, Conv2dDesc{.input = {128, 256, 256}, .out_channels = 128, .kernel = 5, .padding = 2}, NAN) {}
  void spread() {
    for (const Pass pass : {Pass::backward_parameters, Pass::forward}) wide_.run(pass);
  }

 private:
  LayerOnDevice wide_;
};

/// A backend in all but that nothing runs aside.
class InTurn final : public Backend {
 public:
  explicit InTurn(Backend& backend) : backend_(backend) {}

  [[nodiscard]] std::string name() const override { return backend_.name(); }
  [[nodiscard]] std::string description() const override { return backend_.description(); }
  [[nodiscard]] bool on_host() const override { return backend_.on_host(); }
  void upload(std::span<const float> from, float* to) override { backend_.upload(from, to); }
  void download(const float* from, std::span<float> to) override { backend_.download(from, to); }
  void copy(const float* from, float* to, std::size_t count) override { backend_.copy(from, to, count); }
  [[nodiscard]] std::size_t bytes(const Shape& shape, Format format) const override {
    return backend_.bytes(shape, format);
  }
  [[nodiscard]] bool joins_in_place(const ConcatDesc& desc) const override { return backend_.joins_in_place(desc); }
  void to_native(const Shape& shape, const float* plain, float* native) override {
    backend_.to_native(shape, plain, native);
  }
  void to_plain(const Shape& shape, const float* native, float* plain) override {
    backend_.to_plain(shape, native, plain);
  }
  using Backend::layer;
  [[nodiscard]] std::unique_ptr<Layer<float>> layer(const LayerDesc& desc, const Formats& formats) override {
    return backend_.layer(desc, formats);
  }
  [[nodiscard]] float loss_scale(double share) const override { return backend_.loss_scale(share); }
  void parameters_changed() override { backend_.parameters_changed(); }
  void run(std::unique_ptr<Recording>& recording, const std::function<void()>& operations) override {
    backend_.run(recording, operations);
  }
  void wait() override { backend_.wait(); }
  void adam(const AdamRule& rule, std::span<const float> gradient, std::span<float> theta, std::span<float> m,
            std::span<float> v) override {
    backend_.adam(rule, gradient, theta, m, v);
  }
  void normal(const Philox& random, float scale, Write write, std::span<float> out) override {
    backend_.normal(random, scale, write, out);
  }
  [[nodiscard]] double measure_peak() override { return backend_.measure_peak(); }

 protected:
  [[nodiscard]] Block find_memory(std::size_t count) override { return backend_.allocate(count); }

 private:
  Backend& backend_;
};

/// Forward and backward, again and again with the same numbers.
class Iterations {
 public:
  Iterations(Backend& backend, bool recorded)
      : backend_(backend), recorded_(recorded), program_(built_.graph, backend, built_.loss, {built_.x}) {
    const Philox random{.seed = 7, .stream = Stream::input};
    std::uint64_t step = 0;
    for (const Tensor input : {built_.z, built_.y, built_.weights}) {
      const std::span<float> values = program_.value(input);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = random.uniform(step, i);
      ++step;
      program_.push(input);
    }
    const std::span<float> theta = program_.theta().host();
    for (const Graph::Parameter& parameter : built_.graph.parameters()) {
      const int fan_in = parameter.desc.fan_in;
      for (std::size_t i = 0; i < parameter.desc.size; ++i) {
        const float u = 2 * random.uniform(step, parameter.at + i) - 1;
        theta[parameter.at + i] =
            fan_in > 0 ? u / std::sqrt(static_cast<float>(fan_in)) : parameter.desc.constant + 0.1F * u;
      }
    }
    program_.theta().push();
  }

  /// How many runs gave other bits than the first, and of what: the loss comes before all gradients, and those of the
  /// last layers before those of the first.
  [[nodiscard]] std::string differences(int runs) {
    std::vector<float> expected;
    int differ = 0;
    std::string first;
    for (int n = 0; n < runs; ++n) {
      const std::vector<float> got = run();
      if (n == 0) expected = got;
      if (same_bits(got, expected)) continue;
      if (++differ == 1) first = what_differs(expected, got, n);
    }
    return differ == 0 ? "" : fmt::format("{} of {} runs differ; the first is {}", differ, runs, first);
  }

 private:
  // The gradient, then the loss.
  std::vector<float> run() {
    const auto operations = [&] {
      program_.forward();
      program_.backward();
    };
    if (recorded_) {
      backend_.run(recording_, operations);
    } else {
      operations();
    }
    const std::span<float> dtheta = program_.dtheta().pull();
    std::vector<float> all(dtheta.begin(), dtheta.end());
    all.push_back(program_.loss());
    return all;
  }

  [[nodiscard]] std::string what_differs(std::span<const float> expected, std::span<const float> got,
                                         int number) const {
    std::string text = fmt::format("number {}", number);
    if (!same_bits(expected.last(1), got.last(1))) text += fmt::format(", loss {}", got.back());
    const std::vector<Graph::Parameter>& parameters = built_.graph.parameters();
    for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
      const auto a = expected.subspan(parameter->at, parameter->desc.size);
      const auto b = got.subspan(parameter->at, parameter->desc.size);
      if (same_bits(a, b)) continue;
      std::size_t others = 0;
      for (std::size_t i = 0; i < a.size(); ++i) others += same_bits(a.subspan(i, 1), b.subspan(i, 1)) ? 0 : 1;
      const auto none = std::ranges::count_if(b, [](float value) { return !std::isfinite(value); });
      text += fmt::format("; {}: {} of {}, {} no numbers", parameter->name, others, a.size(), none);
    }
    return text;
  }

  Backend& backend_;
  bool recorded_;
  Built built_;
  Program program_;
  std::unique_ptr<Recording> recording_;
};

class CudaRepeats : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    if (cuda_devices().empty()) GTEST_SKIP() << why_no_cuda();
  }
};

TEST_P(CudaRepeats, LayersGiveTheSameBitsWhateverIsInSharedMemory) {
  const Built built;
  const FusedGraph fused = fuse(built.graph, {built.x, built.loss});
  const auto backend = make_cuda_backend(0, GetParam());
  NoNumbers no_numbers(*backend);
  std::set<std::string> done;
  for (const Graph::Node& node : fused.graph.nodes()) {
    if (!done.insert(describe(node.desc)).second) continue;
    SCOPED_TRACE(describe(node.desc));
    LayerOnDevice layer(*backend, node.desc);
    std::vector<float> expected;
    for (int n = 0; n < count_from("DIPPER_LAYER_REPEATS", is_emulated() ? 2 : 3); ++n) {
      for (const Pass pass : {Pass::forward, Pass::backward_parameters, Pass::backward_inputs}) {
        if (n > 0 && !is_emulated()) no_numbers.spread();  // the emulated device does so itself
        layer.run(pass);
      }
      const std::vector<float> got = layer.written();
      if (n == 0) expected = got;
      EXPECT_TRUE(std::ranges::all_of(got, [](float value) { return !std::isnan(value); })) << "time " << n;
      EXPECT_TRUE(same_bits(got, expected)) << "time " << n;
    }
  }
}

TEST_P(CudaRepeats, IterationsGiveTheSameBits) {
  const int runs = count_from("DIPPER_REPEATS", is_emulated() ? 2 : 50);
  for (const bool aside : {false, true}) {
    for (const bool recorded : {false, true}) {
      SCOPED_TRACE(fmt::format("{}, {}", aside ? "aside" : "in turn", recorded ? "recorded" : "asked for"));
      const auto backend = make_cuda_backend(0, GetParam());
      InTurn in_turn(*backend);
      Iterations iterations(aside ? *backend : in_turn, recorded);
      EXPECT_EQ(iterations.differences(runs), "");
    }
  }
}

/// Of a recipe that hides pixels, for which nobody waits.
TEST_P(CudaRepeats, FitsGiveTheSameBits) {
  const Shape shape{3, side(), side()};
  std::vector<float> values(shape.size());
  std::vector<float> weights(shape.plane());
  const Philox random{.seed = 9, .stream = Stream::input};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = random.uniform(0, i);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = random.uniform(1, i) < 0.5F ? 1 : 0;
  std::vector<float> outputs[2];
  for (std::vector<float>& output : outputs) {
    const auto backend = make_cuda_backend(0, GetParam());
    Fit fit({shape, values, weights}, recipe(), *backend, 0);
    for (int step = 0; step < count_from("DIPPER_STEPS", is_emulated() ? 2 : 40); ++step) fit.step();
    EXPECT_TRUE(std::isfinite(fit.loss()));
    output.resize(shape.size());
    fit.output(output);
  }
  EXPECT_TRUE(same_bits(outputs[0], outputs[1]));
}

std::string name_of(const testing::TestParamInfo<Precision>& precision) {
  constexpr const char* names[] = {"f32", "tf32", "bf16"};
  return names[static_cast<int>(precision.param)];
}

INSTANTIATE_TEST_SUITE_P(Precisions, CudaRepeats, testing::Values(Precision::f32, Precision::tf32, Precision::bf16),
                         name_of);

}  // namespace
}  // namespace dipper
