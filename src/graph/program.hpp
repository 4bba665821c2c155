// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/fuse.hpp"
#include "graph/graph.hpp"
#include "graph/memory_plan.hpp"
#include "graph/storage.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"

namespace dipper {

/// Whether a program may rewrite its graph. Without fusion each layer runs by itself, with the same results.
enum class Fusion { on, off };

/// A graph made ready to run on one backend: every layer is prepared and every tensor has its place, so that an
/// iteration is nothing but arithmetic, allocates nothing and waits for nothing. Layers work in the backend's formats;
/// outside of the program tensors are plain floats in buffers.
class Program {
 public:
  /// `loss` is the tensor of one element whose gradient backward() computes; the `kept` tensors can be read afterwards.
  Program(const Graph& graph, Backend& backend, Tensor loss, const std::vector<Tensor>& outputs,
          Fusion fusion = Fusion::on);

  /// An input to be filled before forward(), or a kept tensor to be read after it. It is memory of its own, made by the
  /// first call, where layers have the tensor in another format: store() and fetch() go between the two. Elsewhere they
  /// do nothing.
  [[nodiscard]] Buffer& buffer(Tensor tensor);
  /// Layers get what the buffer holds.
  void store(Tensor tensor);
  /// The buffer gets what layers made.
  void fetch(Tensor tensor);

  /// What the host has of the buffer: to be filled before push().
  [[nodiscard]] std::span<float> value(Tensor tensor) { return buffer(tensor).host(); }
  /// Layers get what the host wrote.
  void push(Tensor tensor);
  /// The host gets what layers made.
  std::span<float> pull(Tensor tensor);
  /// Pulled too.
  [[nodiscard]] std::span<const float> gradient(Tensor tensor);

  /// By which all gradients are larger than those of the loss: Backend::loss_scale().
  [[nodiscard]] float loss_scale() const { return loss_scale_; }

  /// All parameters one after the other, in the order of Graph::parameters(), and the gradient of the loss in them.
  [[nodiscard]] Buffer& theta() { return theta_; }
  [[nodiscard]] const Buffer& theta() const { return theta_; }
  [[nodiscard]] Buffer& dtheta() { return dtheta_; }

  /// Runs the layers in order.
  void forward();
  /// What the last one made; waits for it.
  [[nodiscard]] float loss() const;
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
  /// What this program takes: the arena, scratch memory, parameters and their gradients, and buffers so far.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Step {
    std::unique_ptr<Layer<float>> layer;
    std::vector<const float*> inputs;
    std::vector<GradientTarget<float>> input_gradients;
    Operands<float> operands;
    Operands<float> parameter_operands;  // of backward_parameters(), which has scratch memory of its own if it waits
    Gradients<float> gradients;
    bool has_parameters = false;
    bool waits = false;               // backward_parameters() runs aside
    bool has_input_gradient = false;  // somebody wants one

    void run(Pass pass) const;
  };

  /// Where layers have a tensor.
  struct Place {
    float* data = nullptr;
    std::size_t size = 0;
    Shape shape{};
    Format format = Format::plain;
  };

  void prepare();
  void connect();
  void join_statistics();
  [[nodiscard]] Tensor stored(Tensor tensor) const;
  [[nodiscard]] const float* norm_before(Tensor tensor) const;
  [[nodiscard]] Place place(Tensor tensor) const;
  [[nodiscard]] Place gradient_place(Tensor tensor) const;
  [[nodiscard]] Buffer& plain(const Place& place, Tensor tensor, std::map<int, Buffer>& buffers);
  [[nodiscard]] float* at(std::size_t offset) const {
    return offset == MemoryPlan::none ? nullptr : arena_.data() + offset / sizeof(float);
  }

  Backend* backend_;
  FusedGraph fused_;
  Tensor loss_;  // of the fused graph, as all below but the buffers
  Storage storage_;
  MemoryPlan plan_;
  Buffer theta_;
  Buffer dtheta_;
  float loss_scale_ = 1;
  Buffer first_gradient_;         // of the loss: its scale
  std::size_t scratch_size_ = 0;  // floats, the most that any layer asks for
  std::size_t aside_size_ = 0;    // likewise of layers that wait, for what runs aside
  Buffer arena_;                  // the plan's, scratch of both, and what vectors may read past the end
  std::vector<Step> steps_;
  std::map<int, Buffer> buffers_;           // by the old graph's tensors, where somebody asked
  std::map<int, Buffer> gradient_buffers_;  // likewise
};

}  // namespace dipper
