// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/patience.hpp"
#include "fit/damaged_again.hpp"
#include "fit/hiding.hpp"
#include "fit/input.hpp"
#include "fit/layout.hpp"
#include "fit/parts.hpp"
#include "fit/recipe.hpp"
#include "fit/rollback.hpp"
#include "fit/state.hpp"
#include "fit/target.hpp"
#include "fit/zero_shot.hpp"
#include "graph/graph.hpp"
#include "graph/program.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"

namespace dipper {

/// What of a picture of that shape a network of this recipe sees at a time: all of it, a part or a tile.
[[nodiscard]] Shape seen_at_once(const Recipe& recipe, const Shape& picture);

/// One network being fitted to one target. The network's canvas is the picture enlarged on all sides to the size that
/// the network and the operator need. Without an operator the loss sees the picture alone: what is outside has weight
/// 0.
class Fit {
 public:
  /// Everything random follows from `seed`. `recipe` was checked when it was read. Throws Error for a recipe that needs
  /// what the target has not.
  Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed);

  /// One iteration: noise on the input, forward, backward, Adam. Waits for the backend only where it has to, so that a
  /// device may be steps behind.
  void step();

  /// From here on the fit is to end after so many iterations in all, which its schedule follows.
  void plan(int iterations) { recipe_.iterations = iterations; }

  /// Everything that a step changes, under names such as "iteration", "weights/encoder1.conv.weight", "adam.m/..." and
  /// "output". A fit of the same target, recipe, seed and device that is given these values goes on with the same bits.
  void visit(StateVisitor& visitor);

  /// Finished iterations.
  [[nodiscard]] int iteration() const { return iteration_; }

  /// The loss of the last one, before it changed the weights; waits for it.
  [[nodiscard]] double loss();

  /// How often the fit collapsed and was taken back to its last good state.
  [[nodiscard]] int rollbacks() const { return rollbacks_; }

  /// Whether that iteration looks for a collapse, and so waits for its loss.
  [[nodiscard]] bool looks(int iteration) const { return rollback_.looks(iteration); }

  /// To be asked after each iteration, or as often as somebody waits for one: whether the fit went wrong since, and was
  /// taken back to the state of good_iteration() and half of its learning rate; see Rollback. Waits for the loss.
  [[nodiscard]] std::optional<Mishap> mend();

  /// Whether that happened once too often. The state is then still that of good_iteration(), which is 0 when not even
  /// the first one was good.
  [[nodiscard]] bool lost() const { return rollback_.lost(); }
  [[nodiscard]] int good_iteration() const { return rollback_.good_iteration(); }

  /// The network's output in the last iteration, channels x height x width of the picture. With an observed input, the
  /// average of its outputs where it had to tell a pixel from others, if there is one: of those that it is shown it
  /// need not make anything. With a network that sees tiles, the picture enlarged or repaired by what was learned,
  /// which takes long: less well where patience ends, and then the share of the work that was done is below 1. So with
  /// one that sees parts, but what it told of them on its way is there without patience.
  double output(std::span<float> to, Patience& patience = Patience::endless());

  /// What output() takes with a network that sees tiles or parts, measured, and how many views it may be in; else
  /// nothing. Output that has little time goes by the last measurement.
  struct OutputCost {
    Tiles::Cost seconds;
    int views = 0;
  };
  [[nodiscard]] OutputCost measure_output();

  /// With a network that sees tiles, the ways to lay the picture, of which the output averages as many as the recipe
  /// says, and what one of them gives alone; else 0.
  [[nodiscard]] int views() const { return recipe_.in_tiles() ? Tiles::all_views : 0; }
  double output(std::span<float> to, int view, Patience& patience = Patience::endless());

  /// Whether output() without patience has what the network told on its way.
  [[nodiscard]] bool gathers() const { return parts_.has_value(); }

  /// Whether there is an average of the outputs.
  [[nodiscard]] bool averages() const { return !average_.empty(); }

  /// The exponential average of all outputs so far, which the recipe may ask for; the last output when it does not.
  void average(std::span<float> to);

  /// With an input damaged again, what of the last output was the network's, and not the classical method's; else 1.
  [[nodiscard]] double share() const { return again_ ? again_->share() : 1; }

  [[nodiscard]] std::size_t parameter_count() const { return program_.theta().size(); }

  /// What an iteration consists of and how long each pass takes: see Program::measure. Changes nothing.
  [[nodiscard]] std::vector<Program::Timed> measure(int rounds, double most_seconds) {
    static_cast<void>(loss());  // the program will know others
    return program_.measure(rounds, most_seconds);
  }
  [[nodiscard]] const MemoryPlan& memory() const { return program_.memory(); }

  /// Memory that the fit takes: program, optimiser, all of it.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Tensors {
    Tensor z, y, weights, x, loss;
  };
  struct Network {
    Graph graph;
    Tensors tensors;
  };

  // The canvas as the network draws it, with what its output is added to.
  struct Drawn {
    std::span<const float> x;
    std::span<const float> base;  // empty: 0
    [[nodiscard]] float operator[](std::size_t i) const { return base.empty() ? x[i] : base[i] + x[i]; }
  };

  Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed, const Layout& layout);
  Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed, const Layout& layout,
      const Network& network);
  static Network build(const Target& target, const Layout& layout, const Recipe& recipe);
  void initialise_weights();
  void fill_target(const Target& target);
  [[nodiscard]] std::array<StatePart, 3> state();
  [[nodiscard]] std::array<StatePart, 6> state_with_pictures();
  [[nodiscard]] StepValues step_values() const;
  void prepare_step();
  void see();
  [[nodiscard]] bool draws_one_value();
  void learn();
  void change_input();
  void add_to_average();
  [[nodiscard]] Drawn drawn();
  void draw_tile();
  void draw_part();
  void gather();
  double draw_tiles(Tiles::Views views, Patience& patience, std::span<float> to);
  void crop(const Drawn& canvas, std::span<float> to) const;

  Recipe recipe_;
  Backend* backend_;
  std::uint64_t seed_;
  Layout layout_;
  std::vector<Graph::Parameter> parameters_;
  Tensors tensors_;
  Program program_;
  Input input_;
  std::optional<Hiding> hiding_;       // of an observed input
  std::optional<Parts> parts_;         // of an observed input that is not the whole picture
  std::optional<ZeroShot> zero_shot_;  // of a reduced one
  std::optional<DamagedAgain> again_;  // of one damaged again
  Buffer m_;                           // Adam's mean of the gradient
  Buffer v_;                           // and of its square
  Rollback rollback_;
  float target_range_ = 0;                 // of the target's values; 0 where the network may draw one value
  Buffer average_;                         // of the canvas; empty when nobody asks
  Buffer none_;                            // stands for what a fit has not
  std::unique_ptr<Recording> whole_step_;  // where nobody looks at its loss
  std::unique_ptr<Recording> first_part_;  // up to the loss
  std::unique_ptr<Recording> second_part_;
  std::optional<double> loss_ = 0;  // none: the program knows
  int iteration_ = 0;
  int gathered_ = 0;  // the iteration whose output parts_ has
  int rollbacks_ = 0;
  OutputCost output_cost_;  // when it was last measured
};

}  // namespace dipper
