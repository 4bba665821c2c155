// SPDX-License-Identifier: Apache-2.0
#include "nets/nets.hpp"

#include <gtest/gtest.h>

#include "dipper/error.hpp"

namespace dipper {
namespace {

TEST(Nets, EachKeepsTheSizeAndMakesTheChannels) {
  for (const Network& network : networks()) {
    for (const int channels : {1, 3}) {
      Graph graph;
      const Shape z{5, network.multiple, 2 * network.multiple};
      EXPECT_EQ(graph.shape(network.build(graph, graph.input(z), channels)),
                (Shape{channels, network.multiple, 2 * network.multiple}))
          << network.name;
    }
  }
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
