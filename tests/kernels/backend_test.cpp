// SPDX-License-Identifier: Apache-2.0
// The cpu backend against ref in double precision, on every instruction set that this machine has.
#include "kernels/backend.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <string_view>

#include "base/memory.hpp"
#include "cases.hpp"
#include "kernels/cpu/instruction_sets.hpp"
#include "kernels/layer_run.hpp"
#include "kernels/ref/ref.hpp"
#include "kernels/watching_backend.hpp"

namespace dipper {
namespace {

/// What a pass may be off by, relative to the largest value: float32 with sums of some thousand products. Winograd's
/// transforms subtract what they have multiplied by up to 25, and lose a digit by it.
double tolerance(const Layer<float>& layer, Pass pass) {
  return layer.choice(pass).kernel == std::string_view("winograd") ? 2e-5 : 3e-6;
}

/// Calls action() once with each instruction set that this machine has.
void on_every_instruction_set(const std::function<void()>& action) {
  for (const std::string& name : cpu::instruction_sets()) {
    SCOPED_TRACE(name);
    cpu::use_instruction_set(name);
    EXPECT_EQ(cpu_instruction_set(), name);
    action();
    cpu::use_instruction_set("");
  }
}

/// The definition's results, once overwriting and once adding to what is there.
std::vector<LayerRun<double>> run_ref(const LayerDesc& desc) {
  const auto definition = ref::make_layer<double>(desc);
  std::vector<LayerRun<double>> runs;
  for (const Write write : {Write::overwrite, Write::accumulate}) {
    LayerRun<double>& run = runs.emplace_back(desc);
    run.write = write;
    run.forward(*definition);
    run.backward(*definition);
  }
  return runs;
}

void expect_agreement_with(const std::vector<LayerRun<double>>& definition) {
  const LayerDesc& desc = definition[0].desc;
  const auto backend = make_cpu_backend(2);
  const auto layer = backend->layer(desc);
  for (const LayerRun<double>& expected : definition) {
    LayerRun<float> run(desc);
    run.write = expected.write;
    run.forward(*layer);
    EXPECT_LT(distance(run.y, expected.y, output_of(desc).size()), tolerance(*layer, Pass::forward)) << "y";
    EXPECT_LT(distance(run.saved, expected.saved, saved_size(desc)), tolerance(*layer, Pass::forward)) << "saved";
    run.backward(*layer);
    EXPECT_LT(distance(run.dtheta, expected.dtheta, parameter_count(desc)),
              tolerance(*layer, Pass::backward_parameters))
        << "dtheta";
    for (std::size_t n = 0; n < run.dx.size(); ++n) {
      EXPECT_LT(distance(run.dx[n], expected.dx[n], inputs_of(desc)[n].size()),
                tolerance(*layer, Pass::backward_inputs))
          << "dx " << n;
    }
  }
}

class CpuBackend : public testing::TestWithParam<LayerDesc> {};

void expect_writes_within(const LayerDesc& desc) {
  LayerRun<float> run(desc);
  const auto backend = make_cpu_backend(1);  // layers use its threads
  const auto layer = backend->layer(desc);
  run.scratch.assign(layer->scratch_size() + 16, 5.0F);
  run.forward(*layer);
  run.backward(*layer);
  const auto untouched = [](const std::vector<float>& values, std::size_t from, float value) {
    for (std::size_t i = from; i < values.size(); ++i) EXPECT_EQ(values[i], value);
  };
  untouched(run.y, output_of(desc).size(), 7);
  untouched(run.saved, saved_size(desc), 7);
  untouched(run.dtheta, parameter_count(desc), 7);
  untouched(run.scratch, layer->scratch_size(), 5);
  for (std::size_t n = 0; n < run.dx.size(); ++n) untouched(run.dx[n], inputs_of(desc)[n].size(), 0);
}

void expect_same_bits_for_any_number_of_threads(const LayerDesc& desc) {
  const auto run_on = [&](int threads) {
    LayerRun<float> run(desc);
    const auto backend = make_cpu_backend(threads);
    const auto layer = backend->layer(desc);
    run.forward(*layer);
    run.backward(*layer);
    return run;
  };
  const LayerRun<float> one = run_on(1);
  for (const int threads : {2, 3}) {
    const LayerRun<float> many = run_on(threads);
    EXPECT_EQ(one.y, many.y);
    EXPECT_EQ(one.dx, many.dx);
    EXPECT_EQ(one.dtheta, many.dtheta);
  }
}

TEST_P(CpuBackend, AgreesWithRef) {
  const auto definition = run_ref(GetParam());
  on_every_instruction_set([&] { expect_agreement_with(definition); });
}

std::vector<std::string> kernels_of(const LayerDesc& desc) {
  const auto backend = make_cpu_backend(1);  // layers use its threads
  const auto layer = backend->layer(desc);
  std::vector<std::string> names;
  for (const Pass pass : {Pass::forward, Pass::backward_parameters, Pass::backward_inputs}) {
    names.emplace_back(layer->choice(pass).kernel);
  }
  return names;
}

/// Each kernel on everything that it can do and that the model leaves to another.
TEST_P(CpuBackend, EveryKernelAgreesWithRef) {
  const std::vector<std::string> usual = kernels_of(GetParam());
  std::vector<LayerRun<double>> definition;
  for (const char* kernel : {"direct", "columns", "rows", "pixels", "winograd"}) {
    SCOPED_TRACE(kernel);
    cpu::prefer_kernel(kernel);
    if (kernels_of(GetParam()) != usual) {
      if (definition.empty()) definition = run_ref(GetParam());
      on_every_instruction_set([&] { expect_agreement_with(definition); });
      expect_writes_within(GetParam());
      expect_same_bits_for_any_number_of_threads(GetParam());
    }
    cpu::prefer_kernel("");
  }
}

TEST_P(CpuBackend, WritesNothingPastItsTensors) {
  on_every_instruction_set([] { expect_writes_within(GetParam()); });
}

TEST_P(CpuBackend, GivesTheSameBitsForAnyNumberOfThreads) {
  expect_same_bits_for_any_number_of_threads(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Layers, CpuBackend, testing::ValuesIn(backend_cases()), case_name);

TEST(CpuBackendFilter, SendsGradientsBackByItsAdjoint) {
  const auto backend = make_cpu_backend(2);
  for (const LayerDesc& desc : backend_cases()) {
    if (!std::holds_alternative<FilterDesc>(desc)) continue;
    LayerRun<float> run(desc);
    const auto layer = backend->layer(desc);
    run.forward(*layer);
    run.backward(*layer);
    const std::size_t outputs = output_of(desc).size();
    const double size = std::sqrt(dot(run.y, run.y, outputs) * dot(run.dy, run.dy, outputs));
    EXPECT_NEAR(dot(run.y, run.dy, outputs), dot(run.x[0], run.dx[0], inputs_of(desc)[0].size()), 1e-6 * size)
        << describe(desc);
  }
}

/// Whatever the size: 2 x 25 products instead of 25 x 25. The commonest of all has a kernel of its own.
TEST(CpuBackendFilter, OuterProductsTakeAPassForEachAxis) {
  const Shape shape{3, 40, 40};
  EXPECT_EQ(kernels_of(centred_filter(shape, separable_kernel(25, 25), 1))[0], "separable");
  EXPECT_EQ(kernels_of(centred_filter(shape, FilterKernel{1, 9, std::vector<float>(9, 0.1F)}, 1))[0], "separable");
  EXPECT_EQ(kernels_of(centred_filter(shape, FilterKernel{}, 1))[0], "separable");
  EXPECT_EQ(kernels_of(mean_filter(shape))[0], "pool");
  FilterKernel rounded = separable_kernel(3, 3);
  rounded.weights[7] *= 1 + 1e-7F;
  EXPECT_EQ(kernels_of(centred_filter(shape, rounded, 1))[0], "separable");
  rounded.weights[7] *= 1.001F;
  EXPECT_EQ(kernels_of(centred_filter(shape, rounded, 1))[0], "direct");
  EXPECT_EQ(kernels_of(centred_filter(shape, motion_kernel(9), 1))[0], "direct");
}

/// A gray picture's last layer: one channel of outputs must not make it a matter of one thread.
TEST(CpuBackendChoice, WideMapsAreReadInPlaceForAnyNumberOfChannels) {
  for (const int channels : {1, 2, 3, 4, 8}) {
    EXPECT_EQ(kernels_of(ConvTranspose2dDesc{.input = {8, 128, 128}, .out_channels = channels})[0], "direct")
        << channels;
    EXPECT_EQ(kernels_of(Conv2dDesc{.input = {4, 256, 256}, .out_channels = channels})[0], "direct") << channels;
  }
}

/// Tensors that no cache holds are written past them: a 1x1 convolution, whose every output is one product and a bias.
TEST(CpuBackendLoops, WhatExceedsTheCachesIsWrittenWhole) {
  constexpr int many = 13;
  const Shape one{1, 1024, 1024};
  for (const bool forward : {true, false}) {
    const Shape input = forward ? one : Shape{many, one.height, one.width};
    const int outputs = forward ? many : 1;
    LayerRun<float> run(Conv2dDesc{.input = input, .out_channels = outputs, .kernel = 1, .padding = 0});
    const auto backend = make_cpu_backend(2);
    const auto layer = backend->layer(run.desc);
    const Floats result(many * one.plane() + read_ahead);  // on whole cache lines, as in a program
    Operands<float> at = run.operands(*layer);
    if (forward) {
      at.y = result.data();
      layer->forward(at);
    } else {
      const GradientTarget<float> dx{.data = result.data(), .write = Write::overwrite};
      layer->backward_inputs(at, {.dy = run.dy.data(), .dx = {&dx, 1}, .dtheta = run.dtheta.data()});
    }
    const std::vector<float>& from = forward ? run.x[0] : run.dy;
    const std::span<const float> to = result;
    int wrong = 0;
    for (std::size_t i = 0; i < many * one.plane(); ++i) {
      const auto c = static_cast<int>(i / one.plane());
      const float bias = forward ? run.theta[many + c] : 0;
      wrong += std::abs(to[i] - (run.theta[c] * from[i % one.plane()] + bias)) > 1e-6F ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0) << (forward ? "y" : "dx");
  }
}

/// The same for layers whose rows end between two vectors or have neighbours: nothing beside them is written.
TEST(CpuBackendLoops, WhatExceedsTheCachesIsWhatTheReferenceGives) {
  const Shape large{25, 512, 528};
  const Shape larger{100, 512, 512};
  const FilterKernel other{2, 2, {0.25F, 0.5F, 0.5F, 1.0F}};
  FilterDesc cut = centred_filter(large, FilterKernel{}, 1);
  cut.window = {16, 16, 480, 496};
  for (const LayerDesc& desc : {LayerDesc{MaxPoolDesc{large}}, LayerDesc{MaxPoolDesc{larger}},
                                LayerDesc{mean_filter(large)}, LayerDesc{centred_filter(large, other, 2)},
                                LayerDesc{centred_filter(large, FilterKernel{}, 1)}, LayerDesc{cut}}) {
    const std::size_t inputs = inputs_of(desc)[0].size();
    const std::size_t outputs = output_of(desc).size();
    const auto backend = make_cpu_backend(2);
    const auto layer = backend->layer(desc);
    const auto definition = ref::make_layer<float>(desc);
    const Floats x(inputs + read_ahead);
    const Floats dy(outputs + read_ahead);
    for (std::size_t i = 0; i < inputs; ++i) x.data()[i] = static_cast<float>(i * 37 % 101);
    for (std::size_t i = 0; i < outputs; ++i) dy.data()[i] = static_cast<float>(i * 41 % 103);
    const Floats scratch(layer->scratch_size() + 1);
    const Floats y[] = {Floats(outputs), Floats(outputs)};
    const Floats dx[] = {Floats(inputs), Floats(inputs)};
    for (int n = 0; n < 2; ++n) {
      Layer<float>& one = n == 0 ? *layer : *definition;
      const float* from = x.data();
      const Operands<float> at{.x = {&from, 1}, .y = y[n].data(), .scratch = scratch.data()};
      const GradientTarget<float> target{.data = dx[n].data(), .write = Write::overwrite};
      one.forward(at);
      one.backward_inputs(at, {.dy = dy.data(), .dx = {&target, 1}, .dtheta = nullptr});
    }
    // Small whole numbers, halves and quarters: every sum is exact.
    EXPECT_TRUE(std::equal(y[0].data(), y[0].data() + outputs, y[1].data())) << describe(desc);
    EXPECT_TRUE(std::equal(dx[0].data(), dx[0].data() + inputs, dx[1].data())) << describe(desc);
  }
}

TEST(CpuBackendLoops, NumbersThatAreNoneStaySo) {
  for (const LayerDesc& desc :
       {LayerDesc{SigmoidDesc{{1, 4, 40}}}, LayerDesc{LeakyReluDesc{{1, 4, 40}}}, LayerDesc{EluDesc{{1, 4, 40}}},
        LayerDesc{SwishDesc{{1, 4, 40}}}, LayerDesc{AddDesc{{1, 4, 40}}}, LayerDesc{MaxPoolDesc{{1, 4, 40}}},
        LayerDesc{centred_filter({1, 4, 40}, separable_kernel(3, 3), 1)},
        LayerDesc{centred_filter({1, 4, 40}, some_kernel(3, 3), 1)}, LayerDesc{BatchNormDesc{{1, 4, 40}}},
        LayerDesc{MaskedErrorDesc{{1, 4, 40}}},
        LayerDesc{MaskedErrorDesc{.input = {1, 4, 40}, .kind = ErrorKind::absolute}},
        LayerDesc{TotalVariationDesc{{1, 4, 40}}}}) {
    LayerRun<float> run(desc);
    run.x[0].assign(run.x[0].size(), NAN);
    run.forward(*make_cpu_backend(1)->layer(desc));
    for (std::size_t i = 0; i < output_of(desc).size(); ++i) EXPECT_TRUE(std::isnan(run.y[i])) << describe(desc);
  }
}

void expect_adam_agrees() {
  for (const std::size_t count : {1UL, 15UL, 1000UL, 40001UL}) {
    const std::vector<double> values = random_values(count, 1);
    const std::vector<float> gradient(values.begin(), values.end());
    const auto run_on = [&](Backend& backend) {
      std::vector<float> theta(gradient);
      std::vector<float> m(count, 0.1F);
      std::vector<float> v(count, 0.2F);
      for (int step = 1; step <= 3; ++step) {
        backend.begin_step({.rate = 0.1F, .v_scale = 1.5F});
        backend.adam({.beta1 = 0.9F, .beta2 = 0.99F, .epsilon = 1e-8F}, gradient, theta, m, v);
      }
      return theta;
    };
    const std::vector<float> theta = run_on(*make_cpu_backend(2));
    const std::vector<float> expected = run_on(*make_ref_backend());
    for (std::size_t i = 0; i < count; ++i) EXPECT_NEAR(theta[i], expected[i], 1e-6);
  }
}

void expect_normal_agrees() {
  const Philox random{.seed = 0x123456789ABCDEF0, .stream = Stream::input_noise};
  for (const std::size_t count : {1UL, 5UL, 63UL, 64UL, 40003UL}) {
    const auto run_on = [&](Backend& backend) {
      std::vector<float> values(count, 1.0F);
      backend.begin_step({.number = 3});
      backend.normal(random, 2.0F, Write::overwrite, values);
      backend.begin_step({.number = (std::uint64_t{1} << 40) + 7});
      backend.normal(random, 0.5F, Write::accumulate, values);
      return values;
    };
    const std::vector<float> values = run_on(*make_cpu_backend(2));
    const std::vector<float> expected = run_on(*make_ref_backend());
    for (std::size_t i = 0; i < count; ++i) EXPECT_NEAR(values[i], expected[i], 1e-5) << i;
  }
}

TEST(CpuBackendLoops, AgreeWithRef) {
  on_every_instruction_set(expect_adam_agrees);
  on_every_instruction_set(expect_normal_agrees);
}

TEST(BackendLoops, AnAverageIsOfTheStepsShareOrOfEachPixels) {
  const std::vector<float> x{1, 2, 3, 4};
  const std::vector<float> base{10, 20, 30, 40};
  for (const auto& backend : {make_cpu_backend(1), make_ref_backend()}) {
    std::vector<float> average(4, 8.0F);
    backend->begin_step({.old_share = 0.75F});
    backend->average(x, {}, {}, average);
    EXPECT_EQ(average, (std::vector<float>{6.25F, 6.5F, 6.75F, 7}));
    average.assign(4, 8.0F);
    backend->average(x, base, std::vector<float>{1, 0.5F}, average);
    EXPECT_EQ(average, (std::vector<float>{8, 15, 8, 26}));
    backend->begin_step({.old_share = 0});
    backend->average(x, base, {}, average);
    EXPECT_EQ(average, (std::vector<float>{11, 22, 33, 44}));
  }
}

/// What tests of programs rely on to find operations without an order between them.
TEST(WatchingBackend, ComplainsOfWhatHasNoOrder) {
  const auto run = [](const std::function<void(Backend&, float*, float*)>& operations) {
    test::WatchingBackend watching(4);
    const Block a = watching.allocate(100);
    const Block b = watching.allocate(100);
    std::unique_ptr<Recording> recording;
    watching.run(recording, [&] { operations(watching, a.get(), b.get()); });
    return watching.complaints();
  };
  const std::vector<std::string> none;
  // Two that read, then two in turn, then one that comes after they came together.
  EXPECT_EQ(run([](Backend& backend, float* a, float* b) {
              backend.aside([&] { backend.copy(a, b, 50); });
              backend.aside([&] { backend.copy(b, b + 50, 50); });
              backend.copy(a, a + 50, 50);
              backend.rejoin();
              backend.copy(b, a, 100);
            }),
            none);
  EXPECT_EQ(run([](Backend& backend, float* a, float* b) {
              backend.aside([&] { backend.copy(a, b, 50); });
              backend.copy(b + 60, a + 49, 40);
              backend.rejoin();
            }),
            std::vector<std::string>{"copy writes what copy reads aside"});
  EXPECT_EQ(run([](Backend& backend, float* a, float* b) {
              backend.aside([&] { backend.copy(a, b, 50); });
              backend.copy(b + 49, a + 60, 40);
              backend.rejoin();
            }),
            std::vector<std::string>{"copy reads what copy writes aside"});
  EXPECT_EQ(run([](Backend& backend, float* a, float* b) { backend.aside([&] { backend.copy(a, b, 50); }); }),
            std::vector<std::string>{"a recording ends while something is aside"});
  EXPECT_EQ(run([](Backend& backend, float* a, float* b) { backend.copy(a, b + 1, 100); }),
            std::vector<std::string>{"copy goes beyond its memory"});
  const auto activate = [](std::size_t written) {
    return [written](Backend& backend, float* a, float* b) {
      const float* const x = a;
      backend.copy(b, a + written / 2, written - written / 2);
      backend.copy(b, a, written / 2);
      backend.layer(SigmoidDesc{.input = {5, 2, 3}})->forward({.x = {&x, 1}, .y = b});
    };
  };
  EXPECT_EQ(run(activate(48)), none);  // two blocks of four channels
  EXPECT_EQ(run(activate(47)),
            std::vector<std::string>{"sigmoid 5 channels, 3x2 forward reads what nobody has written"});
}

TEST(CpuBackendLoops, NormalNumbersAreNormal) {
  std::vector<float> values(1 << 20);
  make_cpu_backend(2)->normal({.seed = 1, .stream = Stream::input}, 1, Write::overwrite, values);
  double moments[4] = {};
  for (const double value : values) {
    double power = 1;
    for (double& moment : moments) moment += power *= value;
  }
  for (double& moment : moments) moment /= static_cast<double>(values.size());
  EXPECT_NEAR(moments[0], 0, 0.005);
  EXPECT_NEAR(moments[1], 1, 0.007);
  EXPECT_NEAR(moments[2], 0, 0.02);
  EXPECT_NEAR(moments[3], 3, 0.05);
}

}  // namespace
}  // namespace dipper
