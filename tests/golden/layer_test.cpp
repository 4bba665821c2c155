// SPDX-License-Identifier: Apache-2.0
// The reference layers against PyTorch's, in double precision.
#include <gtest/gtest.h>

#include <cmath>

#include "golden/golden_file.hpp"
#include "kernels/backend.hpp"
#include "kernels/layer_run.hpp"
#include "kernels/ref/ref.hpp"

namespace dipper {
namespace {

const GoldenFile& golden() {
  static const GoldenFile file(DIPPER_SOURCE_DIR "/tests/golden/layers.safetensors");
  return file;
}

const nlohmann::json& cases() {
  static const nlohmann::json all = nlohmann::json::parse(golden().metadata("cases"));
  return all;
}

Shape shape_of(const std::string& name) {
  const std::vector<int> shape = golden().shape(name);
  return {shape.at(0), shape.at(1), shape.at(2)};
}

FilterDesc filter_of(const std::string& name, const nlohmann::json& settings) {
  const std::vector<int> kernel = golden().shape(name + "/k");
  const std::vector<double> weights = golden().values(name + "/k");
  const auto& window = settings["window"];
  return {.input = shape_of(name + "/x"),
          .kernel = {kernel[0], kernel[1], std::vector<float>(weights.begin(), weights.end())},
          .stride = settings["stride"],
          .window = {window[0], window[1], window[2], window[3]},
          .out_height = settings["size"][0],
          .out_width = settings["size"][1],
          .first_row = settings["first"][0],
          .first_column = settings["first"][1]};
}

FilterDesc average_of(const Shape& x, int size) {
  const int count = size * size;
  return {.input = x,
          .kernel = {size, size, std::vector<float>(count, 1 / static_cast<float>(count))},
          .stride = size,
          .window = {0, 0, x.height, x.width},
          .out_height = x.height / size,
          .out_width = x.width / size};
}

LayerDesc desc_of(const std::string& name, const nlohmann::json& settings) {
  const std::string op = settings["op"];
  const Shape x = shape_of(name + "/x");
  if (op == "conv2d") {
    const std::vector<int> w = golden().shape(name + "/w");
    return Conv2dDesc{.input = x,
                      .out_channels = w[0],
                      .kernel = w[2],
                      .stride = settings["stride"],
                      .padding = settings["padding"],
                      .mode = settings["mode"] == "zero" ? Padding::zero : Padding::reflect};
  }
  if (op == "conv_transpose2d") {
    const std::vector<int> w = golden().shape(name + "/w");
    return ConvTranspose2dDesc{.input = x,
                               .out_channels = w[1],
                               .kernel = w[2],
                               .stride = settings["stride"],
                               .padding = settings["padding"],
                               .output_padding = settings["output_padding"]};
  }
  if (op == "batch_norm") return BatchNormDesc{x, settings["eps"]};
  if (op == "leaky_relu") return LeakyReluDesc{x, settings["slope"]};
  if (op == "relu") return LeakyReluDesc{x, 0};
  if (op == "sigmoid") return SigmoidDesc{x};
  if (op == "pixel_shuffle") return PixelShuffleDesc{x, settings["factor"]};
  if (op == "upsample_nearest") return UpsampleDesc{x, settings["factor"], Interpolation::nearest};
  if (op == "upsample_bilinear") return UpsampleDesc{x, settings["factor"], Interpolation::bilinear};
  if (op == "elu") return EluDesc{x};
  if (op == "swish") return SwishDesc{x};
  if (op == "add") return AddDesc{x, settings["scale"]};
  if (op == "max_pool") return MaxPoolDesc{x, settings["kernel_size"]};
  if (op == "average_pool") return average_of(x, settings["kernel_size"]);
  if (op == "filter") return filter_of(name, settings);
  if (op == "masked_error") {
    const std::map<std::string, ErrorKind> kinds{{"squared", ErrorKind::squared}, {"absolute", ErrorKind::absolute}};
    return MaskedErrorDesc{.input = x, .sigmoid = settings["sigmoid"], .kind = kinds.at(settings["kind"])};
  }
  if (op == "total_variation") return TotalVariationDesc{.input = x, .epsilon = settings["epsilon"]};
  DIPPER_CHECK_EQ(op, std::string("concat"));
  return ConcatDesc{{x, shape_of(name + "/x2")}};
}

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, const std::string& what) {
  ASSERT_GE(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12) << what << ' ' << i;
}

TEST(GoldenLayers, AgreeWithPyTorch) {
  int count = 0;
  for (const auto& [name, settings] : cases().items()) {
    if (settings["op"] == "adam") continue;
    LayerRun<double> run(desc_of(name, settings));
    const auto set = [&name = name](std::vector<double>& to, const std::string& from) {
      if (!golden().has(name + from)) return std::size_t{0};
      const std::vector<double> values = golden().values(name + from);
      EXPECT_GE(to.size(), values.size());
      std::copy(values.begin(), values.end(), to.begin());
      return values.size();
    };
    set(run.x[0], "/x");
    for (std::size_t n = 1; n < run.x.size(); ++n) set(run.x[n], "/x" + std::to_string(n + 1));
    const std::size_t weights = set(run.theta, "/w");
    if (weights > 0) {
      const std::vector<double> biases = golden().values(name + "/b");
      std::copy(biases.begin(), biases.end(), run.theta.begin() + static_cast<std::ptrdiff_t>(weights));
    }
    set(run.dy, "/dy");
    const auto layer = ref::make_layer<double>(run.desc);
    run.forward(*layer);
    run.backward(*layer);
    expect_near(run.y, golden().values(name + "/y"), name + "/y");
    expect_near(run.dx[0], golden().values(name + "/dx"), name + "/dx");
    const bool second = run.x.size() > 1 && !std::holds_alternative<MaskedErrorDesc>(run.desc);
    if (second) expect_near(run.dx[1], golden().values(name + "/dx2"), name + "/dx2");
    if (weights > 0) {
      expect_near(run.dtheta, golden().values(name + "/dw"), name + "/dw");
      const std::vector<double> bias(run.dtheta.begin() + static_cast<std::ptrdiff_t>(weights), run.dtheta.end());
      expect_near(bias, golden().values(name + "/db"), name + "/db");
    }
    ++count;
  }
  EXPECT_GE(count, 40);
}

TEST(GoldenLayers, AdamAgreesWithPyTorch) {
  const nlohmann::json settings = cases()["adam"];
  const std::vector<double> start = golden().values("adam/x");
  const std::vector<double> gradients = golden().values("adam/dy");
  const std::vector<double> expected = golden().values("adam/y");
  const std::size_t count = start.size();
  for (const auto& backend : {make_ref_backend(), make_cpu_backend(2)}) {
    std::vector<float> theta(start.begin(), start.end());
    std::vector<float> m(count, 0.0F);
    std::vector<float> v(count, 0.0F);
    for (int t = 1; t <= 10; ++t) {
      const auto at = gradients.begin() + static_cast<std::ptrdiff_t>((t - 1) * count);
      const std::vector<float> gradient(at, at + static_cast<std::ptrdiff_t>(count));
      const double beta1 = settings["beta1"];
      const double beta2 = settings["beta2"];
      backend->begin_step({.rate = static_cast<float>(settings["rate"].get<double>() / (1 - std::pow(beta1, t))),
                           .v_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, t)))});
      backend->adam(
          {.beta1 = static_cast<float>(beta1), .beta2 = static_cast<float>(beta2), .epsilon = settings["eps"]},
          gradient, theta, m, v);
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_NEAR(theta[i], expected[(t - 1) * count + i], 2e-7 * std::max(1.0, std::abs(start[i])) + 1e-6)
            << backend->name() << " step " << t << " parameter " << i;
      }
    }
  }
}

}  // namespace
}  // namespace dipper
