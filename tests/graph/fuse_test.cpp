// SPDX-License-Identifier: Apache-2.0
#include "graph/fuse.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/philox.hpp"
#include "graph/program.hpp"
#include "nets/nets.hpp"
#include "ops/activation.hpp"
#include "ops/add.hpp"
#include "ops/batch_norm.hpp"
#include "ops/conv2d.hpp"
#include "ops/filter.hpp"
#include "ops/masked_error.hpp"
#include "ops/max_pool.hpp"
#include "ops/pixel_shuffle.hpp"
#include "ops/total_variation.hpp"
#include "ops/upsample.hpp"

namespace dipper {
namespace {

const BatchNormDesc& norm_of(const FusedGraph& fused, std::size_t node) {
  return std::get<BatchNormDesc>(fused.graph.nodes()[node].desc);
}

TEST(Fuse, ANormTakesItsActivationAndIsDeferredToItsReaders) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16});
  const Tensor norm = batch_norm(graph, z, "norm");
  const Tensor x = leaky_relu(graph, norm, 0.1, "activation");
  const Tensor a = conv2d(graph, x, {.out_channels = 4}, "a");
  const Tensor b = upsample(graph, x, 2, Interpolation::bilinear, "b");
  const FusedGraph fused = fuse(graph, {a, b});
  ASSERT_EQ(fused.graph.nodes().size(), 3U);
  EXPECT_EQ(norm_of(fused, 0).slope, 0.1);
  EXPECT_TRUE(norm_of(fused, 0).deferred);
  EXPECT_EQ(fused.tensors[norm.id].id, -1);
  EXPECT_EQ(fused.graph.nodes()[1].inputs[0], fused.tensors[x.id]);
  EXPECT_TRUE(std::get<Conv2dDesc>(fused.graph.nodes()[1].desc).load.normalise);
  EXPECT_EQ(std::get<UpsampleDesc>(fused.graph.nodes()[2].desc).load.slope, 0.1);
}

TEST(Fuse, WhatIsKeptOrReadAsItIsStaysStored) {
  Graph graph;
  const Tensor z = graph.input({4, 16, 16});
  const Tensor kept = batch_norm(graph, z, "kept");
  const Tensor activated = leaky_relu(graph, kept, 0.1, "activation");
  const Tensor norm = batch_norm(graph, activated, "norm");
  const Tensor out = sigmoid(graph, norm, "sigmoid");
  const FusedGraph fused = fuse(graph, {kept, out});
  ASSERT_EQ(fused.graph.nodes().size(), 4U);
  EXPECT_EQ(norm_of(fused, 0).slope, 1);
  EXPECT_FALSE(norm_of(fused, 0).deferred);
  EXPECT_FALSE(norm_of(fused, 2).deferred);
}

TEST(Fuse, TheLossTakesASigmoidAndSavesWhatThatWouldWrite) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16});
  const Tensor y = graph.input({3, 16, 16});
  const Tensor weights = graph.input({1, 16, 16});
  const Tensor t = conv2d(graph, z, {.out_channels = 3}, "conv");
  const Tensor x = sigmoid(graph, batch_norm(graph, t, "norm"), "sigmoid");
  const Tensor loss = masked_error(graph, x, y, weights, Reduction::sum, "loss");
  const FusedGraph fused = fuse(graph, {x, loss});
  ASSERT_EQ(fused.graph.nodes().size(), 3U);  // convolution, norm, loss
  EXPECT_TRUE(norm_of(fused, 1).deferred);
  const auto& desc = std::get<MaskedErrorDesc>(fused.graph.nodes()[2].desc);
  EXPECT_TRUE(desc.sigmoid);
  EXPECT_TRUE(desc.load.normalise);
  EXPECT_EQ(fused.saved_by[x.id], 2);
  EXPECT_EQ(fused.tensors[x.id].id, -1);
}

TEST(Fuse, ASigmoidThatOthersReadStays) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16});
  const Tensor y = graph.input({3, 16, 16});
  const Tensor weights = graph.input({1, 16, 16});
  const Tensor x = sigmoid(graph, conv2d(graph, z, {.out_channels = 3}, "conv"), "sigmoid");
  const Tensor first = masked_error(graph, x, y, weights, Reduction::sum, "first");
  const Tensor second = masked_error(graph, x, y, weights, Reduction::mean, "second");
  const FusedGraph fused = fuse(graph, {first, second});
  EXPECT_EQ(fused.graph.nodes().size(), 4U);
  EXPECT_GE(fused.tensors[x.id].id, 0);
}

// What the loss compares with the target is not what the sigmoid writes.
TEST(Fuse, ASigmoidThatAFilterReadsStays) {
  Graph graph;
  const Tensor t = conv2d(graph, graph.input({3, 16, 16}), {.out_channels = 3}, "conv");
  const Tensor x = sigmoid(graph, t, "sigmoid");
  const Tensor small = average_pool(graph, x, 4, "operator");
  const Tensor loss =
      masked_error(graph, small, graph.input({3, 4, 4}), graph.input({1, 4, 4}), Reduction::sum, "loss");
  const FusedGraph fused = fuse(graph, {x, loss});
  EXPECT_EQ(fused.graph.nodes().size(), 4U);
  EXPECT_GE(fused.tensors[x.id].id, 0);
  EXPECT_FALSE(std::get<MaskedErrorDesc>(fused.graph.nodes().back().desc).sigmoid);
}

TEST(Fuse, ASigmoidOfWhichTheLossHasAnotherTermStays) {
  Graph graph;
  const Tensor t = conv2d(graph, graph.input({3, 16, 16}), {.out_channels = 3}, "conv");
  const Tensor x = sigmoid(graph, t, "sigmoid");
  const Tensor error =
      masked_error(graph, x, graph.input({3, 16, 16}), graph.input({1, 16, 16}), Reduction::sum, "error");
  const Tensor loss = add(graph, error, total_variation(graph, x, Reduction::mean, "variation"), "loss");
  const FusedGraph fused = fuse(graph, {x, loss});
  EXPECT_EQ(fused.graph.nodes().size(), 5U);
  EXPECT_EQ(fused.saved_by[x.id], -1);
}

// These take their input as it is, so a norm before them has to be stored, whoever else reads it.
TEST(Fuse, ANormIsDeferredToNoLayerThatCannotNormalise) {
  for (const LayerDesc& reader :
       {LayerDesc{EluDesc{{3, 16, 16}}}, LayerDesc{SwishDesc{{3, 16, 16}}}, LayerDesc{AddDesc{{3, 16, 16}}},
        LayerDesc{MaxPoolDesc{{3, 16, 16}}}, LayerDesc{FilterDesc{.input = {3, 16, 16}}},
        LayerDesc{TotalVariationDesc{{3, 16, 16}}}}) {
    Graph graph;
    const Tensor norm = batch_norm(graph, graph.input({3, 16, 16}), "norm");
    std::vector<Tensor> inputs{norm};
    if (inputs_of(reader).size() == 2) inputs.push_back(graph.input({3, 16, 16}));
    const Tensor a = graph.add("reader", reader, inputs);
    const Tensor b = conv2d(graph, norm, {.out_channels = 2}, "conv");
    const FusedGraph fused = fuse(graph, {a, b});
    EXPECT_FALSE(norm_of(fused, 0).deferred) << describe(reader);
    EXPECT_FALSE(std::get<Conv2dDesc>(fused.graph.nodes()[2].desc).load.normalise) << describe(reader);
  }
}

// Its gradient would be added to those of the other readers in another order.
TEST(Fuse, ASigmoidOfWhatOthersReadStays) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16});
  const Tensor y = graph.input({3, 16, 16});
  const Tensor weights = graph.input({1, 16, 16});
  const Tensor t = conv2d(graph, z, {.out_channels = 3}, "conv");
  const Tensor x = sigmoid(graph, t, "sigmoid");
  const Tensor other = conv2d(graph, t, {.out_channels = 3}, "other");
  const Tensor loss = masked_error(graph, x, y, weights, Reduction::sum, "loss");
  const FusedGraph fused = fuse(graph, {other, loss});
  EXPECT_EQ(fused.graph.nodes().size(), 4U);
  EXPECT_EQ(fused.saved_by[x.id], -1);
}

TEST(Fuse, ParametersKeepTheirNamesAndPlaces) {
  for (const Network& network : networks()) {
    Graph graph;
    const Tensor x = network.build(graph, graph.input(network.z_shape({3, 64, 64}, 3, {})), 3, {});
    const FusedGraph fused = fuse(graph, {x});
    ASSERT_EQ(fused.graph.parameters().size(), graph.parameters().size());
    for (std::size_t i = 0; i < graph.parameters().size(); ++i) {
      EXPECT_EQ(fused.graph.parameters()[i].name, graph.parameters()[i].name);
      EXPECT_EQ(fused.graph.parameters()[i].at, graph.parameters()[i].at);
    }
  }
}

struct Runnable {
  Tensor x;
  std::unique_ptr<Program> program;

  Program* operator->() const { return program.get(); }
};

/// A network and its loss, as a program with random numbers in it.
Runnable make_program(const Network& network, Backend& backend, Fusion fusion, int size) {
  Graph graph;
  const Shape picture{3, size, size};
  const Tensor z = graph.input(network.z_shape(picture, 3, {}), true);
  const Tensor y = graph.input(picture);
  const Tensor weights = graph.input({1, size, size});
  const Tensor x = network.build(graph, z, 3, {});
  const Tensor loss = masked_error(graph, x, y, weights, Reduction::mean, "loss");
  auto program = std::make_unique<Program>(graph, backend, loss, std::vector<Tensor>{x}, fusion);
  const Philox random{.seed = 3, .stream = Stream::input};
  std::uint64_t step = 0;
  for (const std::span<float> values : {program->value(z), program->value(y), program->theta().host()}) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.2F * (random.uniform(step, i) - 0.5F);
    ++step;
  }
  for (float& weight : program->value(weights)) weight = 1;
  return {x, std::move(program)};
}

TEST(Fuse, ChangesNoBitOnTheCpuAndTakesLessMemory) {
  const auto backend = make_cpu_backend(2);
  for (const Network& network : networks()) {
    const auto fused = make_program(network, *backend, Fusion::on, 64);
    const auto plain = make_program(network, *backend, Fusion::off, 64);
    fused->forward();
    plain->forward();
    EXPECT_EQ(fused->loss(), plain->loss()) << network.name;
    fused->backward();
    plain->backward();
    EXPECT_TRUE(std::ranges::equal(fused->dtheta().host(), plain->dtheta().host())) << network.name;
    EXPECT_TRUE(std::ranges::equal(fused->value(fused.x), plain->value(plain.x))) << network.name;
    EXPECT_LT(fused->memory().bytes, plain->memory().bytes) << network.name;
  }
}

TEST(Fuse, MeansTheSameToTheReference) {
  const auto backend = make_ref_backend();
  const Network& network = find_network("hourglass-deconv");
  const auto fused = make_program(network, *backend, Fusion::on, 64);
  const auto plain = make_program(network, *backend, Fusion::off, 64);
  fused->forward();
  plain->forward();
  EXPECT_EQ(fused->loss(), plain->loss());
  fused->backward();
  plain->backward();
  for (std::size_t i = 0; i < plain->dtheta().size(); ++i) {
    EXPECT_NEAR(fused->dtheta().host()[i], plain->dtheta().host()[i], 1e-6);
  }
}

}  // namespace
}  // namespace dipper
