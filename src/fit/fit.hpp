// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/memory.hpp"
#include "fit/recipe.hpp"
#include "graph/graph.hpp"
#include "graph/program.hpp"
#include "kernels/backend.hpp"

namespace dipper {

/// What a network is fitted to: values in [0, 1] and how far each pixel counts.
struct Target {
  Shape shape;
  std::span<const float> values;   // channels x height x width
  std::span<const float> weights;  // height x width; values of weight 0 may be anything
};

/// One network being fitted to one target. The network's canvas is the picture enlarged by reflection on all sides to
/// the size that the network needs; what is outside the picture has weight 0, so the loss sees the picture alone.
class Fit {
 public:
  /// Everything random follows from `seed`. `recipe` has passed check().
  Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed);

  /// One iteration: forward, backward, Adam, noise on the input. Returns the loss before the step.
  float step();

  /// Finished iterations.
  [[nodiscard]] int iteration() const { return iteration_; }

  /// The network's output in the last iteration, channels x height x width of the target.
  void output(std::span<float> to);

  [[nodiscard]] std::size_t parameter_count() const { return program_.theta().size(); }

  /// What an iteration consists of and how long each pass takes: see Program::measure. Changes nothing.
  [[nodiscard]] std::vector<Program::Timed> measure(int rounds, double most_seconds) {
    return program_.measure(rounds, most_seconds);
  }
  [[nodiscard]] const MemoryPlan& memory() const { return program_.memory(); }

  /// Memory that the fit takes: program, optimiser, all of it.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Network {
    Graph graph;
    Tensor z, y, weights, x, loss;
  };

  Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed, const Network& network);
  static Network build(const Shape& canvas, const Recipe& recipe);
  static Shape canvas_of(const Shape& picture, const Recipe& recipe);
  void initialise_weights(const Graph& graph);
  void fill_canvas(const Target& target, const Network& network);

  Recipe recipe_;
  Backend* backend_;
  std::uint64_t seed_;
  Shape picture_;
  Shape canvas_;
  Tensor z_;
  Tensor x_;
  Program program_;
  Floats m_;  // Adam's mean of the gradient
  Floats v_;  // and of its square
  int iteration_ = 0;
};

}  // namespace dipper
