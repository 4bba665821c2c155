// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/philox.hpp"
#include "graph/program.hpp"
#include "ops/activation.hpp"
#include "ops/add.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/filter.hpp"
#include "ops/masked_error.hpp"
#include "ops/max_pool.hpp"
#include "ops/total_variation.hpp"
#include "ops/upsample.hpp"

namespace dipper {

/// A small network in which tensors branch and meet in every way that layers offer: sums whose operands have other
/// readers or none, pools, and a picture that is blurred for one loss and as it is in another.
struct Branches {
  static constexpr Shape picture{3, 24, 20};
  Graph graph;
  Tensor z = graph.input(picture, true);
  Tensor y = graph.input(picture);
  Tensor weights = graph.input({1, picture.height, picture.width});
  Tensor x, loss;

  Branches() {
    const Tensor a = elu(graph, batch_norm(graph, conv2d(graph, z, {.out_channels = 4}, "a"), "a.norm"), "a.elu");
    const Tensor b = batch_norm(graph, conv2d(graph, a, {.out_channels = 4}, "b"), "b.norm");
    const Tensor sum = add(graph, a, b, "sum", 0.5);  // a has another reader, b none
    const Tensor c = swish(graph, conv2d(graph, sum, {.out_channels = 4}, "c"), "c.swish");
    const Tensor again = add(graph, c, sum, "again");  // c has none, sum has another
    const Tensor pools =
        concat(graph, {max_pool(graph, again, 2, "max"), average_pool(graph, again, 2, "mean")}, "pools");
    const Tensor up = upsample(graph, pools, 2, Interpolation::bilinear, "up");
    const Tensor d =
        leaky_relu(graph, batch_norm(graph, conv2d(graph, up, {.out_channels = 4}, "d"), "d.norm"), 0.1, "d.act");
    const Tensor last =
        add(graph, conv2d(graph, d, {.out_channels = 3}, "e"), conv2d(graph, again, {.out_channels = 3}, "f"), "last");
    x = sigmoid(graph, last, "sigmoid");
    const Tensor blurred = filter(graph, x,
                                  {.kernel = {3, 3, std::vector<float>(9, 1.0F / 9)},
                                   .out_height = picture.height,
                                   .out_width = picture.width,
                                   .first_row = -1,
                                   .first_column = -1},
                                  "blur");
    const Tensor error = masked_error(graph, blurred, y, weights, Reduction::mean, "error", ErrorKind::absolute);
    loss = add(graph, error, total_variation(graph, x, Reduction::mean, "variation"), "loss", 0.1);
  }

  /// A program with numbers in it.
  [[nodiscard]] std::unique_ptr<Program> program(Backend& backend, const std::vector<Tensor>& kept,
                                                 Fusion fusion = Fusion::on) const {
    auto made = std::make_unique<Program>(graph, backend, loss, kept, fusion);
    const Philox random{.seed = 5, .stream = Stream::input};
    std::uint64_t step = 0;
    for (const std::span<float> values : {made->value(z), made->value(y), made->value(weights), made->theta().host()}) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = random.uniform(step, i);
      ++step;
    }
    for (float& value : made->value(z)) value = 2 * value - 1;
    for (float& value : made->theta().host()) value = 0.6F * (value - 0.5F);
    for (const Tensor input : {z, y, weights}) made->push(input);
    made->theta().push();
    return made;
  }
};

}  // namespace dipper
