// SPDX-License-Identifier: Apache-2.0
#include "graph/program.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/philox.hpp"
#include "graph/allocations.hpp"
#include "graph/branches.hpp"
#include "kernels/far_backend.hpp"
#include "kernels/watching_backend.hpp"
#include "nets/nets.hpp"
#include "ops/add.hpp"
#include "ops/masked_error.hpp"
#include "ops/total_variation.hpp"

namespace dipper {
namespace {

/// A whole network with its loss, filled with random numbers.
struct NetworkRun {
  NetworkRun(const char* name, Backend& backend, bool keep_all = false) {
    const Network& network = find_network(name);
    const Shape picture{3, 64, 64};
    z = graph.input(network.z_shape(picture, 3, {}), true);
    const Tensor y = graph.input(picture);
    const Tensor weights = graph.input({1, 64, 64});
    x = network.build(graph, z, 3, {});
    const Tensor loss = masked_error(graph, x, y, weights, Reduction::mean, "loss");
    std::vector<Tensor> kept{x};
    for (int id = 0; keep_all && id < static_cast<int>(graph.values().size()); ++id) kept.push_back({id});
    program = std::make_unique<Program>(graph, backend, loss, kept);
    const Philox random{.seed = 3, .stream = Stream::input};
    const auto fill = [&](std::span<float> values, std::uint64_t step, float scale) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = scale * (random.uniform(step, i) - 0.5F);
    };
    fill(program->value(z), 0, 2);
    fill(program->value(y), 1, 1);
    fill(program->theta().host(), 2, 0.3F);
    for (float& weight : program->value(weights)) weight = 1;
    for (const Tensor input : {z, y, weights}) program->push(input);
    program->theta().push();
  }

  Graph graph;
  Tensor z, x;
  std::unique_ptr<Program> program;
};

float loss_of(Program& program) {
  program.forward();
  return program.loss();
}

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
  const float loss = loss_of(*run.program);
  run.program->backward();
  const std::span<const float> dtheta = run.program->dtheta().host();
  const std::vector<float> gradient(dtheta.begin(), dtheta.end());
  EXPECT_EQ(loss_of(*run.program), loss);
  run.program->backward();
  EXPECT_TRUE(std::ranges::equal(gradient, dtheta));
}

// Tensors that live at different times share memory; when all of them are kept, none does.
TEST_P(EveryNetwork, SharingMemoryChangesNoBit) {
  const auto backend = make_cpu_backend(2);
  NetworkRun sharing(GetParam(), *backend);
  NetworkRun apart(GetParam(), *backend, true);
  EXPECT_LT(sharing.program->memory().bytes, apart.program->memory().bytes);
  EXPECT_EQ(loss_of(*sharing.program), loss_of(*apart.program));
  sharing.program->backward();
  apart.program->backward();
  EXPECT_TRUE(std::ranges::equal(sharing.program->dtheta().host(), apart.program->dtheta().host()));
  EXPECT_TRUE(std::ranges::equal(sharing.program->gradient(sharing.z), apart.program->gradient(apart.z)));
}

/// Gradients of the loss itself.
std::vector<float> unscaled(std::span<const float> gradients, const Program& program) {
  std::vector<float> values(gradients.begin(), gradients.end());
  for (float& value : values) value /= program.loss_scale();
  return values;
}

// On a backend whose memory is not the host's, and whose native tensors are not plain. Where gradients of weights come
// last, all that they are made of has to be there still.
TEST_P(EveryNetwork, GivesTheSameBitsFarAway) {
  const auto backend = make_cpu_backend(1);
  NetworkRun here(GetParam(), *backend);
  const float loss = loss_of(*here.program);
  here.program->backward();
  for (const bool aside : {false, true}) {
    test::FarBackend far(aside ? std::numeric_limits<std::size_t>::max() : 0);
    NetworkRun there(GetParam(), far);
    EXPECT_EQ(loss_of(*there.program), loss);
    there.program->backward();
    EXPECT_EQ(far.times_aside() > 0, aside);
    EXPECT_NE(there.program->loss_scale(), here.program->loss_scale());
    EXPECT_EQ(unscaled(there.program->dtheta().pull(), *there.program),
              unscaled(here.program->dtheta().pull(), *here.program));
    EXPECT_EQ(unscaled(there.program->gradient(there.z), *there.program),
              unscaled(here.program->gradient(here.z), *here.program));
    EXPECT_TRUE(std::ranges::equal(there.program->pull(there.x), here.program->pull(here.x)));
  }
}

// Of two iterations: what the second one writes may still be read by the first.
TEST_P(EveryNetwork, OrdersAllThatTouchesTheSameMemory) {
  for (const int lanes : {4, 8}) {
    test::WatchingBackend watching(lanes);
    NetworkRun run(GetParam(), watching);
    for (int i = 0; i < 2; ++i) {
      run.program->forward();
      run.program->backward();
    }
    EXPECT_GT(watching.times_aside(), 0);
    EXPECT_EQ(watching.complaints(), std::vector<std::string>());
  }
}

TEST(Program, RunsNothingAsideWhenItIsLargerThanTheLimit) {
  const Branches branches;
  test::FarBackend large;
  const std::size_t tensors = branches.program(large, {branches.x})->memory().tensors;
  for (const std::size_t limit : {tensors - 1, tensors}) {
    test::FarBackend far(limit);
    const auto program = branches.program(far, {branches.x});
    program->forward();
    program->backward();
    EXPECT_EQ(far.times_aside(), limit == tensors ? 6 : 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryNetwork,
                         testing::Values("hourglass-shuffle", "hourglass-deconv", "skip", "unet", "resnet", "texture",
                                         "decoder"));

TEST(Branches, SharingMemoryAndFusionChangeNoBit) {
  const auto backend = make_cpu_backend(2);
  const Branches branches;
  std::vector<Tensor> all(branches.graph.values().size());
  for (int id = 0; id < static_cast<int>(all.size()); ++id) all[id] = {id};
  const auto apart = branches.program(*backend, all, Fusion::off);
  const float loss = loss_of(*apart);
  apart->backward();
  for (const Fusion fusion : {Fusion::on, Fusion::off}) {
    const auto sharing = branches.program(*backend, {branches.x}, fusion);
    EXPECT_LT(sharing->memory().bytes, apart->memory().bytes);
    EXPECT_EQ(loss_of(*sharing), loss);
    sharing->backward();
    EXPECT_TRUE(std::ranges::equal(sharing->dtheta().host(), apart->dtheta().host()));
    EXPECT_TRUE(std::ranges::equal(sharing->gradient(branches.z), apart->gradient(branches.z)));
    EXPECT_TRUE(std::ranges::equal(sharing->value(branches.x), apart->value(branches.x)));
  }
}

TEST(Branches, AreTheSameBitsFarAway) {
  const auto backend = make_cpu_backend(1);
  test::FarBackend far;
  const Branches branches;
  const auto here = branches.program(*backend, {branches.x});
  for (const Fusion fusion : {Fusion::on, Fusion::off}) {
    const auto there = branches.program(far, {branches.x}, fusion);
    const int downloads = far.downloads();
    there->forward();
    there->backward();
    EXPECT_EQ(far.downloads(), downloads);
    EXPECT_EQ(there->loss(), loss_of(*here));
    here->backward();
    EXPECT_EQ(unscaled(there->dtheta().pull(), *there), unscaled(here->dtheta().pull(), *here));
    EXPECT_EQ(unscaled(there->gradient(branches.z), *there), unscaled(here->gradient(branches.z), *here));
    EXPECT_TRUE(std::ranges::equal(there->pull(branches.x), here->pull(branches.x)));
  }
}

// What layers have and what a buffer holds are two things where the formats differ.
TEST(Program, ABufferIsStoredAndFetched) {
  test::FarBackend far;
  const Branches branches;
  const auto program = branches.program(far, {branches.x});
  const std::span<float> z = program->value(branches.z);
  const std::vector<float> stored(z.begin(), z.end());
  std::ranges::fill(z, 7.0F);
  program->buffer(branches.z).push();
  program->fetch(branches.z);
  EXPECT_TRUE(std::ranges::equal(program->buffer(branches.z).pull(), stored));
  std::ranges::fill(z, 7.0F);
  program->push(branches.z);
  EXPECT_EQ(program->pull(branches.z)[5], 7);
  EXPECT_EQ(program->buffer(branches.y).bytes(), 0U);  // plain where layers read it
}

// The sum over all paths through the graph, which no test of a single layer sees.
TEST(Branches, GradientIsTheSlopeOfTheLoss) {
  for (const auto& backend : {make_cpu_backend(2), make_ref_backend()}) {
    const Branches branches;
    const auto program = branches.program(*backend, {branches.x});
    program->forward();
    program->backward();
    const std::span<const float> dtheta = program->dtheta().host();
    const std::span<float> now = program->theta().host();
    const std::vector<float> direction(dtheta.begin(), dtheta.end());
    const std::vector<float> theta(now.begin(), now.end());
    double square = 0;
    for (const float value : direction) square += static_cast<double>(value) * value;
    const auto loss_at = [&](double step) {
      for (std::size_t i = 0; i < theta.size(); ++i) now[i] = static_cast<float>(theta[i] + step * direction[i]);
      return static_cast<double>(loss_of(*program));
    };
    const double step = 1e-3 / std::sqrt(square);
    EXPECT_NEAR((loss_at(step) - loss_at(-step)) / (2 * step * square), 1, 0.01) << backend->name();
  }
}

// An element's share in a sum of losses is that in the one of them that it counts most in, times its factor.
TEST(Program, ScalesGradientsByTheLargestShareInASumOfLosses) {
  test::FarBackend far;
  const auto scale_with = [&far](double factor) {
    Graph graph;
    const Shape shape{1, 4, 4};
    const Tensor x = graph.input(shape, true);
    const Tensor error = masked_error(graph, x, graph.input(shape), graph.input(shape), Reduction::sum, "error");
    const Tensor variation = total_variation(graph, x, Reduction::mean, "variation");
    return Program(graph, far, add(graph, error, variation, "loss", factor), {}).loss_scale();
  };
  EXPECT_EQ(scale_with(0.5), 1);
  EXPECT_EQ(scale_with(16), 1);
  EXPECT_EQ(scale_with(1024), 1.0F / 64);  // 1024 / 16 for each of 16 elements
}

}  // namespace
}  // namespace dipper
