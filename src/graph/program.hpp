// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/memory.hpp"
#include "graph/fuse.hpp"
#include "graph/graph.hpp"
#include "graph/memory_plan.hpp"
#include "kernels/backend.hpp"

namespace dipper {

/// Whether a program may rewrite its graph. Without fusion each layer runs by itself, with the same results.
enum class Fusion { on, off };

/// A graph made ready to run on one backend: every layer is prepared and every tensor has its place, so that an
/// iteration is nothing but arithmetic and allocates nothing.
class Program {
 public:
  /// `loss` is the tensor of one element whose gradient backward() computes; the `kept` tensors can be read afterwards.
  Program(const Graph& graph, Backend& backend, Tensor loss, const std::vector<Tensor>& outputs,
          Fusion fusion = Fusion::on);

  /// Inputs to be filled before forward(), and kept tensors to be read after it.
  [[nodiscard]] std::span<float> value(Tensor tensor);
  [[nodiscard]] std::span<const float> gradient(Tensor tensor) const;

  /// All parameters one after the other, in the order of Graph::parameters(), and the gradient of the loss in them.
  [[nodiscard]] std::span<float> theta() { return theta_; }
  [[nodiscard]] std::span<const float> theta() const { return theta_; }
  [[nodiscard]] std::span<const float> dtheta() const { return dtheta_; }

  /// Runs the layers in order and returns the loss.
  float forward();
  /// The reverse sweep: overwrites dtheta(). Comes after forward().
  void backward();

  /// What runs, pass by pass, in the order of forward().
  struct Timed {
    std::string name;
    LayerDesc desc;
    std::array<double, 3> seconds{};  // by Pass; the least of all rounds, 0 for a pass that the layer has not
    std::array<Choice, 3> choices{};
  };
  /// Runs `rounds` whole iterations, forward and backward, and times each pass of each layer in them; fewer, but at
  /// least one, when they take longer than `most_seconds`.
  [[nodiscard]] std::vector<Timed> measure(int rounds, double most_seconds);

  [[nodiscard]] const MemoryPlan& memory() const { return plan_; }
  /// What this program takes: the arena, scratch memory, parameters and their gradients.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Step {
    std::unique_ptr<Layer<float>> layer;
    std::vector<const float*> inputs;
    std::vector<GradientTarget<float>> input_gradients;
    Operands<float> operands;
    Gradients<float> gradients;
    bool has_parameters = false;
    bool has_input_gradient = false;  // somebody wants one

    void run(Pass pass) const;
  };

  void prepare(Backend& backend);
  void connect();
  [[nodiscard]] Tensor stored(Tensor tensor) const;
  [[nodiscard]] const float* norm_before(Tensor tensor) const;
  [[nodiscard]] float* at(std::size_t offset) const {
    return offset == MemoryPlan::none ? nullptr : arena_.data() + offset / sizeof(float);
  }

  FusedGraph fused_;
  Tensor loss_;  // of the fused graph, as all below
  MemoryPlan plan_;
  Floats theta_;
  Floats dtheta_;
  std::size_t scratch_size_ = 0;  // floats, the most that any layer asks for
  Floats arena_;                  // the plan's, scratch, and what vectors may read past the end
  std::vector<Step> steps_;
};

}  // namespace dipper
