// SPDX-License-Identifier: Apache-2.0
#include "graph/program.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/philox.hpp"
#include "graph/allocations.hpp"
#include "nets/nets.hpp"
#include "ops/masked_squared_error.hpp"

namespace dipper {
namespace {

/// A whole network with its loss, filled with random numbers.
struct NetworkRun {
  NetworkRun(const char* network, Backend& backend, bool keep_all = false) {
    const Shape picture{3, 64, 64};
    z = graph.input(picture, true);
    const Tensor y = graph.input(picture);
    const Tensor weights = graph.input({1, 64, 64});
    x = find_network(network).build(graph, z, 3, {});
    const Tensor loss = masked_squared_error(graph, x, y, weights, Reduction::mean, "loss");
    std::vector<Tensor> kept{x};
    for (int id = 0; keep_all && id < static_cast<int>(graph.values().size()); ++id) kept.push_back({id});
    program = std::make_unique<Program>(graph, backend, loss, kept);
    const Philox random{.seed = 3, .stream = Stream::input};
    const auto fill = [&](std::span<float> values, std::uint64_t step, float scale) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = scale * (random.uniform(step, i) - 0.5F);
    };
    fill(program->value(z), 0, 2);
    fill(program->value(y), 1, 1);
    fill(program->theta(), 2, 0.3F);
    for (float& weight : program->value(weights)) weight = 1;
  }

  Graph graph;
  Tensor z, x;
  std::unique_ptr<Program> program;
};

class EveryNetwork : public testing::TestWithParam<const char*> {};

TEST_P(EveryNetwork, AllocatesNothingInAnIteration) {
  const auto backend = make_cpu_backend(2);
  NetworkRun run(GetParam(), *backend);
  run.program->forward();
  run.program->backward();
  const long before = allocation_count();
  for (int i = 0; i < 3; ++i) {
    run.program->forward();
    run.program->backward();
  }
  EXPECT_EQ(allocation_count(), before);
}

TEST_P(EveryNetwork, GivesTheSameResultsWhenRunAgain) {
  const auto backend = make_cpu_backend(2);
  NetworkRun run(GetParam(), *backend);
  const float loss = run.program->forward();
  run.program->backward();
  const std::vector<float> gradient(run.program->dtheta().begin(), run.program->dtheta().end());
  EXPECT_EQ(run.program->forward(), loss);
  run.program->backward();
  EXPECT_TRUE(std::equal(gradient.begin(), gradient.end(), run.program->dtheta().begin()));
}

// Tensors that live at different times share memory; when all of them are kept, none does.
TEST_P(EveryNetwork, SharingMemoryChangesNoBit) {
  const auto backend = make_cpu_backend(2);
  NetworkRun sharing(GetParam(), *backend);
  NetworkRun apart(GetParam(), *backend, true);
  EXPECT_LT(sharing.program->memory().bytes, apart.program->memory().bytes);
  EXPECT_EQ(sharing.program->forward(), apart.program->forward());
  sharing.program->backward();
  apart.program->backward();
  EXPECT_TRUE(std::ranges::equal(sharing.program->dtheta(), apart.program->dtheta()));
  EXPECT_TRUE(std::ranges::equal(sharing.program->gradient(sharing.z), apart.program->gradient(apart.z)));
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryNetwork, testing::Values("hourglass-shuffle", "hourglass-deconv", "skip"));

}  // namespace
}  // namespace dipper
