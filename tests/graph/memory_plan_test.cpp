// SPDX-License-Identifier: Apache-2.0
#include "graph/memory_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "nets/hourglass.hpp"
#include "ops/activation.hpp"
#include "ops/add.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/masked_error.hpp"

namespace dipper {
namespace {

MemoryPlan plan_of(const Graph& graph, const std::vector<Tensor>& kept) {
  return plan_memory(graph, storage_of(graph, *make_cpu_backend(1)), kept);
}

TEST(MemoryPlan, ActivationLiesOverTheNormItFollows) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16});
  const Tensor y = conv2d(graph, z, {.out_channels = 4}, "conv");
  const Tensor norm = batch_norm(graph, y, "norm");
  const Tensor x = leaky_relu(graph, norm, 0.1, "activation");
  const Tensor loss = masked_error(graph, conv2d(graph, x, {.out_channels = 3}, "last"), graph.input({3, 16, 16}),
                                   graph.input({1, 16, 16}), Reduction::sum, "loss");
  const MemoryPlan plan = plan_of(graph, {loss});
  EXPECT_EQ(plan.values[norm.id], plan.values[x.id]);
  EXPECT_NE(plan.values[y.id], plan.values[norm.id]);  // the norm's backward pass reads what it normalised
  EXPECT_EQ(plan.gradients[x.id], plan.gradients[norm.id]);
  EXPECT_EQ(plan.gradients[norm.id], plan.gradients[y.id]);
  EXPECT_EQ(plan.gradients[z.id], MemoryPlan::none);
}

TEST(MemoryPlan, DoesNotWriteOverWhatOthersRead) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16});
  const Tensor y = conv2d(graph, z, {.out_channels = 4}, "conv");
  const Tensor a = leaky_relu(graph, y, 0.1, "a");
  const Tensor b = leaky_relu(graph, y, 0.2, "b");
  const MemoryPlan plan = plan_of(graph, {a, b});
  EXPECT_NE(plan.values[y.id], plan.values[a.id]);
  EXPECT_NE(plan.values[y.id], plan.values[b.id]);
  EXPECT_NE(plan.values[a.id], plan.values[b.id]);
}

TEST(MemoryPlan, ASumLiesOverItsBranchAndItsGradientUnderThatOfTheIdentity) {
  Graph graph;
  const Tensor z = graph.input({4, 16, 16});
  const Tensor x = conv2d(graph, z, {.out_channels = 4}, "conv");
  const Tensor branch = batch_norm(graph, conv2d(graph, x, {.out_channels = 4}, "inner"), "norm");
  const Tensor y = add(graph, x, branch, "sum");
  const Tensor loss =
      masked_error(graph, y, graph.input({4, 16, 16}), graph.input({1, 16, 16}), Reduction::sum, "loss");
  const MemoryPlan plan = plan_of(graph, {loss});
  EXPECT_EQ(plan.values[y.id], plan.values[branch.id]);
  EXPECT_NE(plan.values[y.id], plan.values[x.id]);  // the inner convolution's backward pass reads it
  EXPECT_EQ(plan.gradients[y.id], plan.gradients[x.id]);
  EXPECT_NE(plan.gradients[y.id], plan.gradients[branch.id]);
}

// Each goes on to be overwritten by what comes before it.
TEST(MemoryPlan, GradientsOfBothOperandsOfASumLieApart) {
  Graph graph;
  const Tensor z = graph.input({4, 16, 16});
  const Tensor a = conv2d(graph, z, {.out_channels = 4}, "a");
  const Tensor b = conv2d(graph, z, {.out_channels = 4}, "b");
  const Tensor y = add(graph, a, b, "sum");
  const Tensor loss =
      masked_error(graph, y, graph.input({4, 16, 16}), graph.input({1, 16, 16}), Reduction::sum, "loss");
  const MemoryPlan plan = plan_of(graph, {loss});
  EXPECT_NE(plan.gradients[a.id], plan.gradients[b.id]);
}

TEST(MemoryPlan, PartsAreWrittenIntoTheirConcatenation) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16}, true);
  const Tensor a = conv2d(graph, z, {.out_channels = 4}, "a");
  const Tensor b = conv2d(graph, a, {.out_channels = 2}, "b");  // a has another reader
  const Tensor joined = concat(graph, {a, z, b}, "joined");
  const Tensor again = concat(graph, {b, a}, "again");  // parts can lie in one place only
  const Tensor loss = masked_error(graph, conv2d(graph, concat(graph, {joined, again}, "all"), {}, "last"),
                                   graph.input({1, 16, 16}), graph.input({1, 16, 16}), Reduction::sum, "loss");
  const MemoryPlan plan = plan_of(graph, {loss});
  constexpr std::size_t plane = 16 * 16 * sizeof(float);
  EXPECT_EQ(plan.values[b.id] + 2 * plane, plan.values[a.id]);  // both inside `again`, the last to be made
  EXPECT_EQ(plan.values[again.id], plan.values[b.id]);
  EXPECT_EQ(plan.values[joined.id] + 9 * plane, plan.values[again.id]);
  EXPECT_EQ(plan.gradients[b.id], plan.gradients[again.id]);
  EXPECT_EQ(plan.gradients[a.id], plan.gradients[again.id] + 2 * plane);
}

TEST(MemoryPlan, PartsLieApartWhereTheyDoNotJoin) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16}, true);
  const Tensor a = conv2d(graph, z, {.out_channels = 4}, "a");
  const Tensor b = conv2d(graph, z, {.out_channels = 2}, "b");
  const Tensor joined = concat(graph, {a, b}, "joined");
  const Tensor loss = masked_error(graph, conv2d(graph, joined, {}, "last"), graph.input({1, 16, 16}),
                                   graph.input({1, 16, 16}), Reduction::sum, "loss");
  Storage storage = storage_of(graph, *make_cpu_backend(1));
  EXPECT_EQ(plan_memory(graph, storage, {loss}).values[joined.id], plan_memory(graph, storage, {loss}).values[a.id]);
  storage.joined.assign(storage.joined.size(), false);
  const MemoryPlan plan = plan_memory(graph, storage, {a, b, joined, loss});
  for (const auto& offsets : {plan.values, plan.gradients}) {
    EXPECT_TRUE(offsets[b.id] >= offsets[joined.id] + storage.bytes[joined.id] ||
                offsets[b.id] + storage.bytes[b.id] <= offsets[joined.id]);
    EXPECT_TRUE(offsets[a.id] >= offsets[joined.id] + storage.bytes[joined.id] ||
                offsets[a.id] + storage.bytes[a.id] <= offsets[joined.id]);
  }
}

TEST(MemoryPlan, ATensorLiesOverNoneOfAnotherFormat) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16});
  const Tensor y = conv2d(graph, z, {.out_channels = 4}, "conv");
  const Tensor norm = batch_norm(graph, y, "norm");
  const Tensor x = leaky_relu(graph, norm, 0.1, "activation");
  const Tensor loss = masked_error(graph, conv2d(graph, x, {.out_channels = 3}, "last"), graph.input({3, 16, 16}),
                                   graph.input({1, 16, 16}), Reduction::sum, "loss");
  Storage storage = storage_of(graph, *make_cpu_backend(1));
  storage.formats[norm.id] = Format::plain;
  const MemoryPlan plan = plan_memory(graph, storage, {loss});
  EXPECT_NE(plan.values[norm.id], plan.values[x.id]);
  EXPECT_NE(plan.gradients[norm.id], plan.gradients[x.id]);
}

// What was written lies under nothing but what works in place.
TEST(MemoryPlan, TensorsThatLiveUntilTheEndShareNoMemory) {
  Graph graph;
  const Tensor z = graph.input({3, 16, 16}, true);
  const Tensor a = conv2d(graph, z, {.out_channels = 4}, "a");
  const Tensor norm = batch_norm(graph, a, "norm");
  const Tensor x = leaky_relu(graph, norm, 0.1, "activation");
  const Tensor b = conv2d(graph, x, {.out_channels = 4}, "b");
  const Tensor loss = masked_error(graph, conv2d(graph, b, {.out_channels = 3}, "last"), graph.input({3, 16, 16}),
                                   graph.input({1, 16, 16}), Reduction::sum, "loss");
  const Storage storage = storage_of(graph, *make_cpu_backend(1));
  const MemoryPlan in_turn = plan_memory(graph, storage, {loss});
  const MemoryPlan plan = plan_memory(graph, storage, {loss}, {}, Lives::until_end);
  EXPECT_EQ(plan.tensors, in_turn.tensors);
  EXPECT_LT(in_turn.bytes, plan.bytes);
  EXPECT_EQ(plan.floor, plan.bytes);
  EXPECT_EQ(plan.values[norm.id], plan.values[x.id]);
  EXPECT_EQ(plan.gradients[a.id], plan.gradients[x.id]);
  struct Piece {
    std::size_t begin, end;
  };
  std::vector<Piece> pieces{{plan.saved[1], plan.saved[1] + saved_size(graph.nodes()[1].desc) * sizeof(float)}};
  for (int id = 0; id < static_cast<int>(graph.values().size()); ++id) {
    const bool is_guest = id == norm.id || id == a.id;
    if (id != norm.id) pieces.push_back({plan.values[id], plan.values[id] + storage.bytes[id]});
    if (plan.gradients[id] == MemoryPlan::none || is_guest) continue;
    pieces.push_back({plan.gradients[id], plan.gradients[id] + storage.bytes[id]});
  }
  std::ranges::sort(pieces, {}, &Piece::begin);
  for (std::size_t n = 1; n < pieces.size(); ++n) EXPECT_GE(pieces[n].begin, pieces[n - 1].end);
}

TEST(MemoryPlan, OfAnHourglassIsNearItsFloorAndFarBelowTheSumOfItsTensors) {
  Graph graph;
  const Tensor z = graph.input({3, 256, 256});
  const Tensor x = hourglass_shuffle(graph, z, 3);
  const Tensor loss =
      masked_error(graph, x, graph.input({3, 256, 256}), graph.input({1, 256, 256}), Reduction::sum, "loss");
  const MemoryPlan plan = plan_of(graph, {x, loss});
  EXPECT_LE(static_cast<double>(plan.bytes), 1.15 * static_cast<double>(plan.floor));
  EXPECT_LT(plan.bytes, plan.tensors / 2);
}

}  // namespace
}  // namespace dipper
