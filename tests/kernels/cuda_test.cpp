// SPDX-License-Identifier: Apache-2.0
// The CUDA backend against ref in double precision, on a device or an emulated one. Skips where there is none.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "cases.hpp"
#include "dipper/error.hpp"
#include "emulated.hpp"
#include "fit/showing.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"
#include "kernels/device_run.hpp"
#include "kernels/layer_run.hpp"
#include "kernels/ref/ref.hpp"

namespace dipper {
namespace {

struct Setting {
  Precision precision;
  const char* name;
  double tolerance;  // relative to the largest value
};

constexpr Setting settings[] = {{Precision::f32, "f32", 2e-5},
                                {Precision::tf32, "tf32", 3e-3},
                                {Precision::bf16, "bf16", 2e-2},
                                {Precision::fp16, "fp16", 3e-3}};

void expect_agreement(const LayerRun<double>& expected, const LayerRun<float>& run, double tolerance) {
  const LayerDesc& desc = expected.desc;
  if (stores_output(desc)) {
    EXPECT_LT(distance(run.y, expected.y, output_of(desc).size()), tolerance) << "y";
  }
  EXPECT_LT(distance(run.saved, expected.saved, saved_size(desc)), tolerance) << "saved";
  EXPECT_LT(distance(run.dtheta, expected.dtheta, parameter_count(desc)), tolerance) << "dtheta";
  for (std::size_t n = 0; n < run.dx.size(); ++n) {
    EXPECT_LT(distance(run.dx[n], expected.dx[n], inputs_of(desc)[n].size()), tolerance) << "dx " << n;
  }
}

/// The layers in as many parts as there may be processors to make the reference results.
constexpr int parts = 16;

class CudaLayer : public testing::Test {
 protected:
  void SetUp() override {
    if (cuda_devices().empty()) GTEST_SKIP() << why_no_cuda();
  }
};

class CudaLayers : public CudaLayer, public testing::WithParamInterface<int> {};

void expect_agreement_with_ref(const LayerDesc& desc, Write write) {
  SCOPED_TRACE(describe(desc));
  const auto definition = ref::make_layer<double>(desc);
  auto expected = rounded_run<double>(desc, write);
  expected.forward(*definition);
  expected.backward(*definition);
  for (const Setting& setting : settings) {
    // The formats of 16 bits share all but what a few instructions read.
    const bool is_left_out = setting.precision == (write == Write::overwrite ? Precision::fp16 : Precision::bf16);
    if (is_emulated() && is_left_out) continue;
    SCOPED_TRACE(setting.name);
    const auto backend = make_cuda_backend(0, setting.precision);
    auto run = rounded_run<float>(desc, write);
    DeviceRun(*backend, run).forward_and_backward();
    expect_agreement(expected, run, setting.tolerance);
  }
}

/// As wide as the paper's networks are, and as deep as a bottleneck is.
std::vector<LayerDesc> cuda_cases() {
  std::vector<LayerDesc> cases = backend_cases();
  const Load load{.normalise = true, .slope = 0.2};
  for (const Padding mode : {Padding::zero, Padding::reflect}) {
    for (const int kernel : {1, 3, 5}) {
      for (const int stride : {1, 2}) {
        cases.emplace_back(
            Conv2dDesc{.input = {kernel == 5 ? 44 : 132, is_emulated() ? 10 : 26, is_emulated() ? 17 : 29},
                       .out_channels = 128,
                       .kernel = kernel,
                       .stride = stride,
                       .padding = kernel / 2,
                       .mode = mode,
                       .load = load});
        cases.emplace_back(Conv2dDesc{.input = {36, 8, 8},
                                      .out_channels = 130,
                                      .kernel = kernel,
                                      .stride = stride,
                                      .padding = kernel / 2,
                                      .mode = mode});
      }
    }
  }
  cases.emplace_back(
      ConvTranspose2dDesc{.input = {136, 9, 20}, .out_channels = 64, .kernel = 4, .padding = 1, .load = load});
  for (const int channels : {4, 8, 16, 132}) {
    cases.emplace_back(ConcatDesc{.parts = {{channels, 9, 11}, {128, 9, 11}}});
    cases.emplace_back(BatchNormDesc{.input = {channels, 150, 140}, .slope = 0.2});
    cases.emplace_back(BatchNormDesc{.input = {channels, 33, 31}, .slope = 0.2, .deferred = true});
    cases.emplace_back(
        UpsampleDesc{.input = {channels, 21, 18}, .interpolation = Interpolation::bilinear, .load = load});
    cases.emplace_back(PixelShuffleDesc{.input = {4 * channels, 9, 11}, .load = load});
  }
  return cases;
}

TEST_P(CudaLayers, AgreeWithRef) {
  const std::vector<LayerDesc> cases = cuda_cases();
  for (std::size_t n = GetParam(); n < cases.size(); n += parts) {
    if (!is_emulated() || n / parts % 2 == 0) expect_agreement_with_ref(cases[n], Write::overwrite);
    if (!is_emulated() || n / parts % 2 == 1) expect_agreement_with_ref(cases[n], Write::accumulate);
  }
}

// Of 136 channels at a time 7x7 taps do not fit into a Hopper's shared memory.
TEST_F(CudaLayer, ConvolutionIsMadeOfFewerChannelsAtATimeWhereTheirTapsAreMany) {
  const LayerDesc desc =
      Conv2dDesc{.input = {1, 192, 176}, .out_channels = 132, .kernel = 7, .stride = 2, .padding = 3};
  auto expected = rounded_run<double>(desc, Write::overwrite);
  expected.forward(*ref::make_layer<double>(desc));
  const auto backend = make_cuda_backend(0, Precision::bf16);
  auto run = rounded_run<float>(desc, Write::overwrite);
  DeviceRun(*backend, run).forward();
  EXPECT_LT(distance(run.y, expected.y, output_of(desc).size()), 2e-2);
}

TEST_F(CudaLayer, ConvolutionOfTooManyTapsIsRefused) {
  const auto backend = make_cuda_backend(0, Precision::tf32);
  const auto refusal = [&](const LayerDesc& desc) -> std::string {
    try {
      static_cast<void>(backend->layer(desc, usual_formats(desc)));
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string sentence =
      "the NVIDIA backend has convolutions of up to 8x8, and one of 9x9 is asked for; use --device cpu or a smaller "
      "kernel";
  EXPECT_EQ(refusal(Conv2dDesc{.input = {2, 20, 20}, .out_channels = 3, .kernel = 9, .padding = 4}), sentence);
  EXPECT_EQ(refusal(ConvTranspose2dDesc{.input = {2, 20, 20}, .out_channels = 3, .kernel = 9, .padding = 4}), sentence);
  EXPECT_EQ(refusal(Conv2dDesc{.input = {2, 20, 20}, .out_channels = 3, .kernel = 7, .padding = 3}), "no error");
}

// A grid has no more rows.
TEST_F(CudaLayer, TotalVariationOfAPictureHigherThanAGrid) {
  expect_agreement_with_ref(TotalVariationDesc{.input = {1, 65540, 2}}, Write::overwrite);
}

INSTANTIATE_TEST_SUITE_P(Parts, CudaLayers, testing::Range(0, parts));

class CudaLoops : public testing::Test {
 protected:
  void SetUp() override {
    if (cuda_devices().empty()) GTEST_SKIP() << why_no_cuda();
    cuda_ = make_cuda_backend(0, Precision::f32);
  }
  /// What action(backend, buffer) makes of `count` ones.
  template <class Action>
  std::vector<float> result(Backend& backend, std::size_t count, const Action& action) {
    Buffer values(backend, count);
    std::ranges::fill(values.host(), 1.0F);
    values.push();
    action(backend, values);
    const std::span<float> all = values.pull();
    return {all.begin(), all.end()};
  }
  template <class Action>
  void expect_like_ref(double tolerance, const Action& action) {
    for (const std::size_t count : {1UL, 5UL, 63UL, 64UL, 40003UL}) {
      const auto ref = make_ref_backend();
      const std::vector<float> expected = result(*ref, count, action);
      const std::vector<float> got = result(*cuda_, count, action);
      for (std::size_t i = 0; i < count; ++i) ASSERT_NEAR(got[i], expected[i], tolerance) << i << " of " << count;
    }
  }

  std::unique_ptr<Backend> cuda_;
};

TEST_F(CudaLoops, NormalNumbersAreThoseOfTheHost) {
  expect_like_ref(2e-5, [](Backend& backend, Buffer& values) {
    const Philox random{.seed = 0x123456789ABCDEF0, .stream = Stream::input_noise};
    backend.begin_step({.number = 3});
    backend.normal(random, 2.0F, Write::overwrite, values.all());
    backend.begin_step({.number = (std::uint64_t{1} << 40) + 7});
    backend.normal(random, 0.5F, Write::accumulate, values.all());
  });
}

TEST_F(CudaLoops, AdamIsThatOfTheHost) {
  expect_like_ref(1e-6, [](Backend& backend, Buffer& theta) {
    Buffer gradient(backend, theta.size());
    Buffer m(backend, theta.size());
    Buffer v(backend, theta.size());
    for (std::size_t i = 0; i < theta.size(); ++i) gradient.host()[i] = static_cast<float>(i % 37) - 18;
    gradient.push();
    for (int step = 1; step <= 3; ++step) {
      backend.begin_step({.rate = 0.1F, .v_scale = 1.5F});
      backend.adam({.beta1 = 0.9F, .beta2 = 0.99F, .epsilon = 1e-8F}, gradient.all(), theta.all(), m.all(), v.all());
    }
  });
}

TEST_F(CudaLoops, AveragesAreThoseOfTheHost) {
  for (const bool with_shares : {false, true}) {
    expect_like_ref(1e-6, [&](Backend& backend, Buffer& average) {
      Buffer x(backend, average.size());
      Buffer shares(backend, with_shares ? average.size() : 0);
      for (std::size_t i = 0; i < x.size(); ++i) x.host()[i] = static_cast<float>(i % 11);
      for (std::size_t i = 0; i < shares.size(); ++i) shares.host()[i] = static_cast<float>(i % 5) / 4;
      x.push();
      shares.push();
      backend.begin_step({.old_share = 0.75F});
      backend.average(x.all(), x.all(), shares.all(), average.all());
      backend.average(x.all(), {}, shares.all(), average.all());
    });
  }
}

/// What steps make of a random picture of which a third is unknown, a large hole too.
std::vector<std::vector<float>> shown(Backend& backend, const Shape& canvas, int steps) {
  const Philox random{.seed = 5, .stream = Stream::hiding};
  const std::size_t plane = canvas.plane();
  std::vector<Buffer> buffers;
  const int c = canvas.channels;
  for (const int planes : {c, 1, 2 * c + 1, c, 1, c, 1, 1}) buffers.emplace_back(backend, planes * plane);
  random.uniforms(0, 0, buffers[0].host());
  for (std::size_t i = 0; i < plane; ++i) {
    const bool in_hole = i % canvas.width > 20 && i > plane / 2;
    buffers[1].host()[i] = i % 3 == 0 || in_hole ? 0 : 0.5F + 0.25F * static_cast<float>(i % 2);
  }
  buffers[0].push();
  buffers[1].push();
  const auto at = [&](int n) { return buffers[n].data(); };
  const ShowingDesc desc{canvas, 0.3F, at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
  const std::unique_ptr<Showing> showing = backend.on_host() ? make_host_showing(desc) : backend.showing(desc);
  std::vector<std::uint8_t> pixels(plane);
  for (int step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < plane; ++i) {
      pixels[i] = buffers[1].host()[i] > 0 && random.uniform(1 + step, i) < 0.7F ? 1 : 0;
    }
    showing->show(pixels);  // nobody waits for it
  }
  std::vector<std::vector<float>> made;
  made.reserve(buffers.size());
  for (Buffer& buffer : buffers) made.emplace_back(buffer.pull().begin(), buffer.pull().end());
  return made;
}

TEST_F(CudaLoops, ShowWhatTheHostDoes) {
  const auto host = make_ref_backend();
  for (const Shape& canvas : {Shape{3, 200, 333}, {1, 9, 11}, {4, 4, 6000}, {1, 1, 1}, {3, 512, 512}}) {
    if (is_emulated() && canvas.plane() > 100000) continue;
    for (const int steps : {1, is_emulated() ? 4 : 8}) {
      const auto expected = shown(*host, canvas, steps);
      const auto got = shown(*cuda_, canvas, steps);
      for (std::size_t n = 0; n < expected.size(); ++n) {
        for (std::size_t i = 0; i < expected[n].size(); ++i) {
          ASSERT_NEAR(got[n][i], expected[n][i], 1e-5) << n << " of " << canvas << " at " << i;
        }
      }
    }
  }
}

/// A part of a random picture on a canvas, and what is gathered of two tellings of it.
std::vector<std::vector<float>> gathered(Backend& backend, const PartDesc& part) {
  const std::size_t plane = part.canvas.plane();
  const Philox random{.seed = 5, .stream = Stream::hiding};
  std::vector<Buffer> buffers;
  const int c = part.picture.channels;
  const std::size_t whole = part.picture.plane();
  for (const std::size_t size : {c * whole, c * plane, c * plane, plane, c * whole, whole, c * plane, plane}) {
    buffers.emplace_back(backend, size);
    random.uniforms(buffers.size(), 0, buffers.back().host());
    buffers.back().push();
  }
  const auto at = [&](int n) { return buffers[n].all(); };
  backend.cut(part, Padding::reflect, at(0), at(1));
  backend.cut(part, Padding::zero, at(4), at(6));
  for (float& value : buffers[2].host().first(plane / 2)) value = value < 0.01F ? std::nanf("") : value;
  for (float& value : buffers[3].host()) value -= 0.5F;
  std::ranges::fill(buffers[7].host(), 0.0F);
  buffers[7].push();
  buffers[2].push();
  buffers[3].push();
  backend.gather(part, {.x = at(2), .base = at(1), .shown = at(3), .weight = 3, .fade = 4}, {at(4), at(5)});
  backend.gather(part, {.x = at(1), .base = at(1), .shown = at(7), .weight = 0.5F, .fade = 1}, {at(4), at(5)});
  std::vector<std::vector<float>> made;
  for (const int n : {1, 4, 5, 6}) made.emplace_back(buffers[n].pull().begin(), buffers[n].pull().end());
  return made;
}

TEST_F(CudaLoops, PartsAreCutAndGatheredAsOnTheHost) {
  const auto host = make_ref_backend();
  const PartDesc cases[] = {{{3, 70, 90}, {3, 64, 64}, {.height = 64, .width = 64}, 6, 21},
                            {{1, 20, 50}, {1, 32, 48}, {.top = 6, .left = 1, .height = 20, .width = 47}, 0, 3},
                            {{4, 1, 1}, {4, 16, 16}, {.top = 15, .left = 15}}};
  for (const PartDesc& part : cases) {
    const auto expected = gathered(*host, part);
    const auto got = gathered(*cuda_, part);
    for (std::size_t n = 0; n < expected.size(); ++n) {
      for (std::size_t i = 0; i < expected[n].size(); ++i) {
        ASSERT_NEAR(got[n][i], expected[n][i], 1e-5) << n << " of " << part.picture << " at " << i;
      }
    }
  }
}

TEST_F(CudaLoops, TensorsComeBackAsTheyWere) {
  for (const Precision precision : {Precision::f32, Precision::bf16, Precision::fp16}) {
    const auto backend = make_cuda_backend(0, precision);
    for (const int channels : {1, 3, 4, 8, 13}) {
      DeviceTensor tensor(*backend, {channels, 5, 7}, Format::native);
      std::vector<float> values(channels * 35);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 200);
      tensor.set(values);
      std::vector<float> back(values.size());
      tensor.get(back);
      EXPECT_EQ(back, values) << channels;
    }
  }
}

TEST_F(CudaLoops, ARecordingDoesTheSameAgain) {
  Buffer values(*cuda_, 1000);
  std::unique_ptr<Recording> recording;
  const Philox random{.seed = 1, .stream = Stream::input_noise};
  for (std::uint64_t step = 0; step < 3; ++step) {
    cuda_->begin_step({.number = step});
    cuda_->run(recording, [&] { cuda_->normal(random, 1, Write::accumulate, values.all()); });
  }
  std::vector<float> expected(1000);
  const auto ref = make_ref_backend();
  for (std::uint64_t step = 0; step < 3; ++step) {
    ref->begin_step({.number = step});
    ref->normal(random, 1, Write::accumulate, expected);
  }
  const std::span<const float> got = values.pull();
  for (std::size_t i = 0; i < 1000; ++i) ASSERT_NEAR(got[i], expected[i], 1e-5);
}

}  // namespace
}  // namespace dipper
