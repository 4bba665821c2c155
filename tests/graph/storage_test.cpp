// SPDX-License-Identifier: Apache-2.0
#include "graph/storage.hpp"

#include <gtest/gtest.h>

#include "kernels/far_backend.hpp"
#include "ops/add.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/masked_error.hpp"
#include "ops/total_variation.hpp"

namespace dipper {
namespace {

constexpr Shape picture{3, 8, 8};

/// A network of one convolution whose loss has two terms.
struct Terms {
  Graph graph;
  Tensor z = graph.input(picture);
  Tensor y = graph.input(picture);
  Tensor weights = graph.input({1, 8, 8});
  Tensor x = conv2d(graph, z, {.out_channels = 3}, "conv");
  Tensor error = masked_error(graph, x, y, weights, Reduction::sum, "error");
  Tensor variation = total_variation(graph, x, Reduction::mean, "variation");
  Tensor loss = add(graph, error, variation, "loss");
};

TEST(Storage, IsPlainWhatALossIsMeasuredByAndWhatItMakes) {
  const Terms t;
  const Storage storage = storage_of(t.graph, *make_cpu_backend(1));
  for (const Tensor plain : {t.y, t.weights, t.error, t.variation, t.loss}) {
    EXPECT_EQ(storage.formats[plain.id], Format::plain) << plain.id;
  }
  for (const Tensor native : {t.z, t.x}) EXPECT_EQ(storage.formats[native.id], Format::native) << native.id;
}

TEST(Storage, IsNativeWhatOtherLayersReadToo) {
  Terms t;
  static_cast<void>(conv2d(t.graph, t.y, {.out_channels = 2}, "reads y"));
  static_cast<void>(add(t.graph, t.x, t.z, "sum"));
  const Storage storage = storage_of(t.graph, *make_cpu_backend(1));
  EXPECT_EQ(storage.formats[t.y.id], Format::native);
  EXPECT_EQ(storage.formats.back(), Format::native);
}

TEST(Storage, TakesWhatTheBackendSays) {
  Terms t;
  const Tensor joined = concat(t.graph, {t.x, t.z}, "joined");
  const test::FarBackend far;
  const Storage storage = storage_of(t.graph, far);
  EXPECT_EQ(storage.bytes[t.y.id], picture.size() * sizeof(float));
  EXPECT_EQ(storage.bytes[t.x.id], far.bytes(picture, Format::native));
  EXPECT_FALSE(storage.joined.back());
  EXPECT_TRUE(storage_of(t.graph, *make_cpu_backend(1)).joined.back());
  EXPECT_EQ(storage.bytes[joined.id], far.bytes({6, 8, 8}, Format::native));
}

TEST(Storage, ALayerGetsTheFormatsOfItsTensors) {
  const Terms t;
  const Storage storage = storage_of(t.graph, *make_cpu_backend(1));
  const Formats formats = formats_of(t.graph.nodes()[1], storage);
  EXPECT_EQ(formats.inputs, (std::vector<Format>{Format::native, Format::plain, Format::plain}));
  EXPECT_EQ(formats.output, Format::plain);
  EXPECT_EQ(formats.inputs, usual_formats(t.graph.nodes()[1].desc).inputs);
}

}  // namespace
}  // namespace dipper
