// SPDX-License-Identifier: Apache-2.0
// Both hourglasses against PyTorch in float64: one pass forward and backward, and ten steps of Adam.
// What the files hold and why these tolerances: make_golden.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "golden/safetensors.hpp"
#include "graph/program.hpp"
#include "nets/nets.hpp"
#include "ops/masked_error.hpp"

namespace dipper {
namespace {

struct GoldenCase {
  const char* file;
  const char* network;
  int parameters;
};

void PrintTo(const GoldenCase& golden, std::ostream* out) {
  *out << golden.network;
}

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

class GoldenNetwork : public testing::TestWithParam<GoldenCase> {
 protected:
  GoldenNetwork() {
    const int size = std::stoi(golden_.metadata("size"));
    const Shape picture{3, size, size};
    z_ = graph_.input(picture, true);
    y_ = graph_.input(picture);
    weights_ = graph_.input({1, size, size});
    x_ = find_network(GetParam().network).build(graph_, z_, 3, {});
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
      const std::span<float> values = program.theta().subspan(parameter.at, parameter.desc.size);
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

  [[nodiscard]] bool vanishes(const std::string& name) const {
    const auto names = nlohmann::json::parse(golden_.metadata("vanishing"));
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  Safetensors golden_{std::string(DIPPER_SOURCE_DIR "/tests/golden/") + GetParam().file};
  Graph graph_;
  Tensor z_, y_, weights_, x_, loss_;
};

TEST_P(GoldenNetwork, HasThePublishedNumberOfParameters) {
  EXPECT_EQ(graph_.parameter_count(), static_cast<std::size_t>(GetParam().parameters));
}

TEST_P(GoldenNetwork, ForwardAndBackwardAgreeWithPyTorch) {
  constexpr double tolerance = 1e-4;
  for (const auto& backend : {make_ref_backend(), make_cpu_backend(2)}) {
    SCOPED_TRACE(backend->name());
    Program program = make_program(*backend);
    const double loss = program.forward();
    program.backward();
    EXPECT_NEAR(loss / golden_.values("loss")[0], 1, tolerance);
    EXPECT_LT(error(to_doubles(program.value(x_)), golden_.values("output")), tolerance);
    EXPECT_LT(error(sample(program.gradient(z_)), golden_.values("z/grad_sample")), tolerance);
    for (const Graph::Parameter& parameter : graph_.parameters()) {
      const auto gradient = program.dtheta().subspan(parameter.at, parameter.desc.size);
      const double expected = golden_.values(parameter.name + "/grad_norm")[0];
      const double got = norm(to_doubles(gradient));
      if (vanishes(parameter.name)) {
        // A BatchNorm takes this bias away again: what is left is rounding, beside the gradient of the layer's weights.
        const std::string layer = parameter.name.substr(0, parameter.name.rfind('.'));
        EXPECT_LT(got, 1e-3 * golden_.values(layer + ".weight/grad_norm")[0]) << parameter.name;
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
    EXPECT_NEAR(program.forward() / losses[t - 1], 1, 1e-5) << "step " << t;
    program.backward();
    backend->adam({.beta1 = 0.9F,
                   .beta2 = 0.999F,
                   .epsilon = 1e-8F,
                   .rate = static_cast<float>(std::stod(golden_.metadata("rate")) / (1 - std::pow(0.9, t))),
                   .v_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, t)))},
                  program.dtheta(), program.theta(), m, v);
  }
  program.forward();
  EXPECT_LT(error(to_doubles(program.value(x_)), golden_.values("adam_output")), 1e-3);
  for (const Graph::Parameter& parameter : graph_.parameters()) {
    if (vanishes(parameter.name)) continue;
    const auto values = std::span<const float>(program.theta()).subspan(parameter.at, parameter.desc.size);
    EXPECT_LT(error(sample(values), golden_.values(parameter.name + "/adam_sample")), 1e-4) << parameter.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Hourglass, GoldenNetwork,
                         testing::Values(GoldenCase{"hourglass_shuffle.safetensors", "hourglass-shuffle", 1412801},
                                         GoldenCase{"hourglass_deconv.safetensors", "hourglass-deconv", 1786545}));

}  // namespace
}  // namespace dipper
