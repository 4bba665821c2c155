// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace dipper {

struct BatchNormDesc;

/// Layers may read, never write, this many floats past the end of a tensor: whoever places tensors leaves room for it.
/// What lies there has no influence on any result.
inline constexpr std::size_t read_ahead = 64;

/// What a backward pass does to a gradient that it writes. A tensor that several layers read collects the sum of their
/// gradients: the first of them to run overwrites, the others accumulate.
enum class Write { overwrite, accumulate };

/// Where a layer's tensors lie, in the backend's memory. Forward overwrites y and saved; backward reads what the desc's
/// backward_reads() names. x, y and their gradients have the formats with which the layer was made (Backend::layer);
/// norm, theta, its gradient and saved are always plain.
template <class T>
struct Operands {
  std::span<const T* const> x;  // one pointer for each input
  T* y = nullptr;
  const T* norm = nullptr;   // what the norm before x[0] saved, for a desc that normalises as it loads
  const T* theta = nullptr;  // the layer's parameters, one tensor after the other
  T* saved = nullptr;        // what forward leaves for backward
  T* scratch = nullptr;      // scratch_size() elements, aligned to 256 bytes, of no meaning before and after
  bool has_saved = false;    // what forward leaves is there, from the layer before: Layer::save_for()
};

/// One gradient to be written; nobody wants it when data is null.
template <class T>
struct GradientTarget {
  T* data = nullptr;
  Write write = Write::overwrite;
};

template <class T>
struct Gradients {
  const T* dy = nullptr;
  std::span<const GradientTarget<T>> dx;  // one for each input
  T* dtheta = nullptr;                    // always overwritten
};

enum class Pass { forward, backward_parameters, backward_inputs };

/// How a layer does one of its passes, for people to read.
struct Choice {
  const char* kernel = "";  // "winograd"; empty when there is but one way
  double flops = 0;         // of the direct method
  double cost = 0;          // what the model expects it to take, as flops at the peak rate of one core; 0: no model
};

/// A prepared layer: every choice was made and all memory found when it was made, so that its passes are arithmetic
/// only.
template <class T>
class Layer {
 public:
  Layer() = default;
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  [[nodiscard]] virtual std::size_t scratch_size() const { return 0; }
  [[nodiscard]] virtual Choice choice(Pass /*pass*/) const { return {}; }
  /// Where its tensors will lie in all passes from now on. It need not be told; when it was, forward passes see the
  /// parameters as they were at Backend::parameters_changed().
  virtual void bind(const Operands<T>& /*at*/) {}
  /// From now on forward() also leaves what this norm, which reads y, saves; false: it does not.
  virtual bool save_for(const BatchNormDesc& /*norm*/, const Operands<T>& /*of_norm*/) { return false; }
  virtual void forward(const Operands<T>& at) = 0;
  /// Overwrites dtheta.
  virtual void backward_parameters(const Operands<T>& /*at*/, const Gradients<T>& /*gradients*/) {}
  /// Whether backward_inputs() does without the dtheta that backward_parameters() leaves, so that this may run at any
  /// later time, with scratch memory of its own.
  [[nodiscard]] virtual bool parameters_can_wait() const { return false; }
  /// Writes the dx that are wanted; comes after backward_parameters() and may read the dtheta that it left, unless
  /// parameters_can_wait().
  virtual void backward_inputs(const Operands<T>& at, const Gradients<T>& gradients) = 0;
};

}  // namespace dipper
