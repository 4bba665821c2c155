// SPDX-License-Identifier: Apache-2.0
#include "nets/nets.hpp"

#include <gtest/gtest.h>

#include "dipper/error.hpp"

namespace dipper {
namespace {

TEST(Nets, EachDrawsItsCanvas) {
  const NetworkOptions options;
  for (const Network& network : networks()) {
    const int multiple = network.multiple(options);
    for (const int channels : {1, 3}) {
      const Shape canvas{channels, multiple, 3 * multiple};
      Graph graph;
      const Tensor z = graph.input(network.z_shape(canvas, 5, options));
      EXPECT_EQ(graph.shape(z).channels, 5) << network.name;
      EXPECT_EQ(graph.shape(network.build(graph, z, channels, options)), canvas) << network.name;
    }
  }
}

TEST(Nets, DefaultOptionsGoTogether) {
  for (const Network& network : networks()) EXPECT_NO_THROW(network.check({})) << network.name;
}

TEST(Nets, FindsByNameAndSuggestsTheNearest) {
  EXPECT_STREQ(find_network("hourglass-deconv").name, "hourglass-deconv");
  try {
    (void)find_network("hourglas-shufle");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean hourglass-shuffle?"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace dipper
