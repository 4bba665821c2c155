// SPDX-License-Identifier: Apache-2.0
// Every network against PyTorch in float64: one pass forward and backward, and ten steps of Adam.
// What the files hold and why these tolerances: make_golden.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fit/recipe.hpp"
#include "golden/golden_file.hpp"
#include "graph/program.hpp"
#include "ops/masked_error.hpp"

namespace dipper {
namespace {

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

/// The L2 distance relative to the expected values.
double error(const std::vector<double>& got, const std::vector<double>& expected) {
  DIPPER_CHECK_EQ(got.size(), expected.size());
  std::vector<double> difference(got);
  for (std::size_t i = 0; i < got.size(); ++i) difference[i] -= expected[i];
  return norm(difference) / norm(expected);
}

std::vector<double> to_doubles(std::span<const float> values) {
  return {values.begin(), values.end()};
}

/// As many of the values as the golden file holds, at its stride.
std::vector<double> sample(std::span<const float> values) {
  constexpr std::size_t most = 48;
  const std::size_t stride = std::max<std::size_t>(1, values.size() / most);
  std::vector<double> taken;
  for (std::size_t i = 0; i < values.size() && taken.size() < most; i += stride) taken.push_back(values[i]);
  return taken;
}

/// The parameter is the golden file's name.
class GoldenNetwork : public testing::TestWithParam<const char*> {
 protected:
  GoldenNetwork() {
    Recipe recipe;
    const auto options = nlohmann::json::parse(golden_.metadata("options", "{}"));
    for (const auto& [key, text] : options.items()) set_value(recipe, key, text);
    const Network& network = find_network(golden_.metadata("network"));
    const int size = std::stoi(golden_.metadata("size"));
    const Shape picture{3, size, size};
    const int channels = std::stoi(golden_.metadata("input_channels", "3"));
    z_ = graph_.input(network.z_shape(picture, channels, recipe.net), true);
    y_ = graph_.input(picture);
    weights_ = graph_.input({1, size, size});
    x_ = network.build(graph_, z_, 3, recipe.net);
    loss_ = masked_error(graph_, x_, y_, weights_, Reduction::sum, "loss");
  }

  /// Inputs and parameters as the golden file's script draws them.
  Program make_program(Backend& backend) {
    Program program(graph_, backend, loss_, {x_});
    const std::uint64_t seed = std::stoull(golden_.metadata("seed"));
    const Philox input{seed, Stream::input};
    for (std::size_t i = 0; i < program.value(z_).size(); ++i) program.value(z_)[i] = input.uniform(0, i) - 0.5F;
    for (std::size_t i = 0; i < program.value(y_).size(); ++i) program.value(y_)[i] = input.uniform(1, i);
    for (std::size_t i = 0; i < program.value(weights_).size(); ++i) {
      program.value(weights_)[i] = input.uniform(2, i) < 0.5F ? 1.0F : 0.0F;
    }
    const Philox weights{seed, Stream::weights};
    const auto order = nlohmann::json::parse(golden_.metadata("parameters"));
    DIPPER_CHECK_EQ(order.size(), graph_.parameters().size());
    for (std::size_t t = 0; t < order.size(); ++t) {
      const Graph::Parameter& parameter = find(order[t]["name"]);
      const std::span<float> values = program.theta().host().subspan(parameter.at, parameter.desc.size);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const float u = weights.uniform(t, i);
        const float bound = parameter.desc.fan_in > 0 ? 1 / std::sqrt(static_cast<float>(parameter.desc.fan_in)) : 0;
        values[i] = parameter.desc.fan_in > 0 ? bound * (2 * u - 1) : u + parameter.desc.constant - 0.5F;
      }
      EXPECT_EQ(parameter.desc.fan_in, order[t].value("fan_in", 0)) << parameter.name;
    }
    return program;
  }

  const Graph::Parameter& find(const std::string& name) {
    const auto found = std::find_if(graph_.parameters().begin(), graph_.parameters().end(),
                                    [&](const Graph::Parameter& parameter) { return parameter.name == name; });
    DIPPER_CHECK(found != graph_.parameters().end());
    return *found;
  }

  // What the layer of a bias or a beta multiplies with.
  static std::string weight_of(const std::string& name) {
    const std::size_t dot = name.rfind('.');
    return name.substr(0, dot) + (name.substr(dot) == ".beta" ? ".gamma" : ".weight");
  }

  [[nodiscard]] bool vanishes(const std::string& name) const {
    const auto names = nlohmann::json::parse(golden_.metadata("vanishing"));
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  GoldenFile golden_{std::string(DIPPER_SOURCE_DIR "/tests/golden/") + GetParam() + ".safetensors"};
  Graph graph_;
  Tensor z_, y_, weights_, x_, loss_;
};

TEST_P(GoldenNetwork, HasPyTorchsParameters) {
  std::size_t expected = 0;
  for (const auto& parameter : nlohmann::json::parse(golden_.metadata("parameters"))) {
    std::size_t size = 1;
    for (const auto& side : parameter["shape"]) size *= side.get<std::size_t>();
    EXPECT_EQ(find(parameter["name"]).desc.size, size) << parameter["name"];
    expected += size;
  }
  EXPECT_EQ(graph_.parameter_count(), expected);
}

TEST_P(GoldenNetwork, ForwardAndBackwardAgreeWithPyTorch) {
  constexpr double tolerance = 1e-4;
  for (const auto& backend : {make_ref_backend(), make_cpu_backend(2)}) {
    SCOPED_TRACE(backend->name());
    Program program = make_program(*backend);
    program.forward();
    program.backward();
    EXPECT_NEAR(program.loss() / golden_.values("loss")[0], 1, tolerance);
    EXPECT_LT(error(to_doubles(program.value(x_)), golden_.values("output")), tolerance);
    EXPECT_LT(error(sample(program.gradient(z_)), golden_.values("z/grad_sample")), tolerance);
    for (const Graph::Parameter& parameter : graph_.parameters()) {
      const auto gradient = program.dtheta().host().subspan(parameter.at, parameter.desc.size);
      const double expected = golden_.values(parameter.name + "/grad_norm")[0];
      const double got = norm(to_doubles(gradient));
      if (vanishes(parameter.name)) {
        // A BatchNorm takes this bias away again: what is left is rounding, beside the gradient of the layer's weights.
        EXPECT_LT(got, 1e-3 * golden_.values(weight_of(parameter.name) + "/grad_norm")[0]) << parameter.name;
      } else {
        EXPECT_NEAR(got / expected, 1, tolerance) << parameter.name;
        EXPECT_LT(error(sample(gradient), golden_.values(parameter.name + "/grad_sample")), tolerance)
            << parameter.name;
      }
    }
  }
}

TEST_P(GoldenNetwork, TenStepsOfAdamAgreeWithPyTorch) {
  const auto backend = make_cpu_backend(2);
  Program program = make_program(*backend);
  std::vector<float> m(program.theta().size(), 0.0F);
  std::vector<float> v(program.theta().size(), 0.0F);
  const std::vector<double> losses = golden_.values("adam_losses");
  ASSERT_EQ(losses.size(), 10U);
  for (int t = 1; t <= 10; ++t) {
    program.forward();
    EXPECT_NEAR(program.loss() / losses[t - 1], 1, 1e-5) << "step " << t;
    program.backward();
    backend->begin_step({.rate = static_cast<float>(std::stod(golden_.metadata("rate")) / (1 - std::pow(0.9, t))),
                         .v_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, t)))});
    backend->adam({.beta1 = 0.9F, .beta2 = 0.999F, .epsilon = 1e-8F}, program.dtheta().all(), program.theta().all(), m,
                  v);
  }
  program.forward();
  EXPECT_LT(error(to_doubles(program.value(x_)), golden_.values("adam_output")), 1e-3);
  for (const Graph::Parameter& parameter : graph_.parameters()) {
    if (vanishes(parameter.name)) continue;
    const auto values = std::span<const float>(program.theta().host()).subspan(parameter.at, parameter.desc.size);
    EXPECT_LT(error(sample(values), golden_.values(parameter.name + "/adam_sample")), 1e-4) << parameter.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenNetwork,
                         testing::Values("hourglass_shuffle", "hourglass_deconv", "skip", "skip_average", "skip_max",
                                         "skip_lanczos", "unet", "unet_bilinear", "resnet", "resnet_plain", "texture",
                                         "decoder"),
                         [](const auto& golden) { return std::string(golden.param); });

}  // namespace
}  // namespace dipper
