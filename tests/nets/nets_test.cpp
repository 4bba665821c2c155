// SPDX-License-Identifier: Apache-2.0
#include "nets/nets.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <initializer_list>

#include "dipper/error.hpp"
#include "option_rows.hpp"

namespace dipper {
namespace {

/// Builds the network for a canvas of the least size and one of its three times the height.
void expect_it_draws_its_canvas(const Network& network, const NetworkOptions& options, const std::string& what) {
  network.check(options);
  const int multiple = network.multiple(options);
  for (const Shape& canvas : {Shape{1, multiple, multiple}, Shape{3, 3 * multiple, multiple}}) {
    Graph graph;
    const Tensor z = graph.input(network.z_shape(canvas, 5, options));
    EXPECT_EQ(graph.shape(z).channels, 5) << what;
    EXPECT_EQ(graph.shape(network.build(graph, z, canvas.channels, options)), canvas) << what;
  }
}

TEST(Nets, EachDrawsItsCanvas) {
  for (const Network& network : networks()) expect_it_draws_its_canvas(network, {}, network.name);
}

/// Calls `use` with each choice of each word set in turn.
struct EachChoice {
  const std::function<void(const char* key, const std::string& choice)>& use;

  void integer(const char* /*key*/, int& /*value*/, int /*low*/, int /*high*/, const char* /*help*/) {}
  void integers(const char* /*key*/, std::vector<int>& /*values*/, int /*low*/, int /*high*/, const char* /*help*/) {}
  void flag(const char* key, bool& value, const char* /*help*/) {
    value = !value;
    use(key, value ? "true" : "false");
    value = !value;
  }
  void choice(const char* key, std::string& value, std::initializer_list<std::string> choices, const char* /*help*/) {
    const std::string before = value;
    for (const std::string& choice : choices) {
      value = choice;
      use(key, choice);
    }
    value = before;
  }
  void choices(const char* key, std::vector<std::string>& values, std::initializer_list<std::string> choices,
               const char* /*help*/) {
    const std::vector<std::string> before = values;
    for (const std::string& choice : choices) {
      values = {choice};
      use(key, choice);
    }
    values = before;
  }
};

TEST(Nets, EachTakesEveryWordOfItsOptions) {
  NetworkOptions options;
  int count = 0;
  const std::function<void(const char*, const std::string&)> use = [&](const char* key, const std::string& choice) {
    const std::string name(key, std::string(key).find('.'));
    expect_it_draws_its_canvas(find_network(name), options, fmt::format("{} = {}", key, choice));
    ++count;
  };
  for_each_value(options, EachChoice{use});
  EXPECT_GE(count, 30);
}

TEST(Nets, EveryOptionIsInTheDocument) {
  test::OptionRows expected;
  const NetworkOptions options;
  for_each_value(options, expected);
  test::expect_rows_in("docs/networks.md", expected);
}

TEST(Nets, EveryNetworkIsInTheDocument) {
  std::ifstream document(DIPPER_SOURCE_DIR "/docs/networks.md");
  const std::string text((std::istreambuf_iterator<char>(document)), {});
  for (const Network& network : networks()) {
    const std::string row = fmt::format("| `{}` | {} |", network.name, network.summary);
    EXPECT_NE(text.find(row), std::string::npos) << "docs/networks.md should have a row that begins\n" << row;
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
