// SPDX-License-Identifier: Apache-2.0
// The statistics that convolutions of the CUDA backend take for the norms after them. Skips where there is no device.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"
#include "kernels/device_tensor.hpp"
#include "kernels/layer_run.hpp"
#include "kernels/ref/ref.hpp"

namespace dipper {
namespace {

/// What a convolution leaves for the norm after it, and what the norm would save of what the convolution has written.
void expect_statistics(const LayerDesc& desc, Precision precision, float bias) {
  const auto backend = make_cuda_backend(0, precision);
  const auto layer = backend->layer(desc);
  const BatchNormDesc norm{.input = output_of(desc)};
  LayerRun<double> expected{LayerDesc{norm}};
  LayerRun<float> run(desc);
  const auto channels = static_cast<std::size_t>(norm.input.channels);
  for (std::size_t c = 0; c < channels; ++c) run.theta[parameter_count(desc) - channels + c] += bias;

  const auto flat = [&](const auto& values) {
    Buffer buffer(*backend, values.size());
    std::ranges::transform(values, buffer.host().begin(), [](auto value) { return static_cast<float>(value); });
    buffer.push();
    return buffer;
  };
  DeviceTensor x(*backend, inputs_of(desc)[0], Format::native);
  DeviceTensor y(*backend, norm.input, Format::native);
  x.set(run.x[0]);
  const Buffer theta = flat(run.theta);
  const Buffer norm_before = flat(run.norm);
  const Buffer norm_theta = flat(expected.theta);
  Buffer saved = flat(std::vector<float>(saved_size(norm), NAN));
  const Buffer scratch = flat(std::vector<float>(layer->scratch_size() + 1, NAN));
  EXPECT_TRUE(layer->save_for(norm, {.x = {}, .theta = norm_theta.data(), .saved = saved.data()}));
  const std::array<const float*, 1> inputs{x.data()};
  for (int pass = 0; pass < 2; ++pass) {  // the first leaves all as it was
    layer->forward(
        {.x = inputs, .y = y.data(), .norm = norm_before.data(), .theta = theta.data(), .scratch = scratch.data()});
  }
  std::vector<float> written(norm.input.size());
  y.get(written);
  std::ranges::copy(written, expected.x[0].begin());
  expected.forward(*ref::make_layer<double>(norm));
  const std::span<const float> got = saved.pull();
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected.saved[i], 3e-5 * std::max(1.0, std::abs(expected.saved[i])))
        << describe(desc) << " precision " << static_cast<int>(precision) << " bias " << bias << " at " << i;
  }
}

TEST(CudaStatistics, OfWhatAConvolutionWritesAreThoseOfTheNorm) {
  if (cuda_devices().empty()) GTEST_SKIP() << why_no_cuda();
  std::vector<LayerDesc> cases;
  for (const int channels : {1, 8, 20, 64, 130}) {
    for (const int stride : {1, 2}) {
      cases.emplace_back(
          Conv2dDesc{.input = {12, 23, 37}, .out_channels = channels, .kernel = 3, .stride = stride, .padding = 1});
    }
    cases.emplace_back(ConvTranspose2dDesc{.input = {9, 11, 13}, .out_channels = channels, .kernel = 4, .padding = 1});
  }
  // Of a single pixel, of one in each phase, of many thread blocks, and with clusters.
  cases.emplace_back(Conv2dDesc{.input = {3, 1, 1}, .out_channels = 5});
  cases.emplace_back(ConvTranspose2dDesc{.input = {3, 1, 1}, .out_channels = 5, .output_padding = 1});
  cases.emplace_back(Conv2dDesc{.input = {4, 150, 140}, .out_channels = 12, .load = {.normalise = true}});
  cases.emplace_back(ConvTranspose2dDesc{.input = {3, 65, 65}, .out_channels = 8, .kernel = 3, .padding = 1});
  cases.emplace_back(Conv2dDesc{.input = {132, 9, 9}, .out_channels = 40, .kernel = 5, .padding = 2});
  for (const LayerDesc& desc : cases) {
    for (const Precision precision : {Precision::f32, Precision::tf32, Precision::bf16, Precision::fp16}) {
      expect_statistics(desc, precision, precision == Precision::f32 ? 30 : 0);
    }
  }
}

}  // namespace
}  // namespace dipper
