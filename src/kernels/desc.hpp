// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "kernels/shape.hpp"

/// Every layer as plain data: what a backend needs to prepare it, and its rule of shapes.
namespace dipper {

/// One parameter tensor of a layer. Values begin as U(-1/sqrt(fan_in), 1/sqrt(fan_in)), or as `constant` when fan_in is
/// 0.
struct ParameterDesc {
  const char* name;
  std::size_t size;
  int fan_in = 0;
  float constant = 0;
};

/// Which tensors the backward pass reads besides the gradient: the planner keeps those alive, and no others.
struct BackwardReads {
  bool inputs = false;
  bool output = false;
};

/// Which passes may write over what they read: y over one x, and the first dx over dy. Each element that is written
/// then depends, apart from sums taken before, on the elements at its own place alone.
struct InPlace {
  bool forward = false;
  bool backward = false;
};

/// How a layer takes each value of its input: as it is, or normalised by what a deferred BatchNorm has left for the
/// channel, v = max(t, slope t) with t = (x - mean) scale + beta. Padding is that of v. The layer's gradient in its
/// input is the gradient in v: going on from there is the BatchNorm's work.
struct Load {
  bool normalise = false;
  double slope = 1;  // of the LeakyReLU after the norm; 1: none
};

/// y[o] = b[o] + sum over c of x[c] correlated with w[o][c]. Parameters: w [out][in][kernel][kernel], b [out].
struct Conv2dDesc {
  Shape input;
  int out_channels = 1;
  int kernel = 1;
  int stride = 1;   // 1 or 2
  int padding = 0;  // rows and columns added at each edge
  Padding mode = Padding::zero;
  Load load{};

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const;
  [[nodiscard]] std::vector<ParameterDesc> parameters() const;
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.inputs = true}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const;
};

/// The adjoint of a strided convolution in x, plus a bias. Parameters: w [in][out][kernel][kernel], b [out].
/// Output size: (n - 1) * stride - 2 * padding + kernel + output_padding, as in PyTorch.
struct ConvTranspose2dDesc {
  Shape input;
  int out_channels = 1;
  int kernel = 2;
  int stride = 2;
  int padding = 0;
  int output_padding = 0;
  Load load{};

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const;
  [[nodiscard]] std::vector<ParameterDesc> parameters() const;
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.inputs = true}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const;
  /// The convolution whose adjoint this is: from the output's shape to the input's.
  [[nodiscard]] Conv2dDesc adjoint() const;
};

/// y[c][f i + a][f j + b] = x[c f^2 + a f + b][i][j] (Shi et al., 2016).
struct PixelShuffleDesc {
  Shape input;  // channels divisible by factor^2
  int factor = 2;
  Load load{};

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const {
    return {input.channels / (factor * factor), input.height * factor, input.width * factor};
  }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const { return 0; }
};

/// The inputs' channels one after the other.
struct ConcatDesc {
  std::vector<Shape> parts;

  [[nodiscard]] std::vector<Shape> inputs() const { return parts; }
  [[nodiscard]] Shape output() const;
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const { return 0; }
};

/// Per channel: (x - mean) / sqrt(variance + epsilon) * gamma + beta with the picture's own, biased statistics
/// (Ioffe and Szegedy, 2015; training mode, batch 1), then a LeakyReLU. Parameters: gamma, beta. Saves for each channel
/// what Load needs, mean, scale = gamma / deviation and beta, and then 1 / deviation.
struct BatchNormDesc {
  Shape input;
  double epsilon = 1e-5;
  double slope = 1;       // in [0, 1]; 1: no LeakyReLU
  bool deferred = false;  // forward writes no y: every layer that reads it does what Load says

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return input; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const;
  [[nodiscard]] std::size_t saved() const { return 4 * static_cast<std::size_t>(input.channels); }
  [[nodiscard]] BackwardReads backward_reads() const { return {.inputs = true}; }
  [[nodiscard]] InPlace in_place() const { return {.backward = true}; }
  [[nodiscard]] double forward_flops() const { return 5.0 * static_cast<double>(input.size()); }
};

/// x where x > 0, else slope * x; slope 0 is the plain ReLU. Backward needs the sign alone, which y has too.
struct LeakyReluDesc {
  Shape input;
  double slope = 0.01;  // in [0, 1)

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return input; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.output = true}; }
  [[nodiscard]] InPlace in_place() const { return {.forward = true, .backward = true}; }
  [[nodiscard]] double forward_flops() const { return static_cast<double>(input.size()); }
};

/// 1 / (1 + exp(-x)).
struct SigmoidDesc {
  Shape input;

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return input; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.output = true}; }
  [[nodiscard]] InPlace in_place() const { return {.forward = true, .backward = true}; }
  [[nodiscard]] double forward_flops() const { return 10.0 * static_cast<double>(input.size()); }
};

/// x where x > 0, else exp(x) - 1 (Clevert, Unterthiner and Hochreiter, 2016, with alpha 1). Its derivative below 0 is
/// y + 1, so backward needs y alone.
struct EluDesc {
  Shape input;

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return input; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.output = true}; }
  [[nodiscard]] InPlace in_place() const { return {.forward = true, .backward = true}; }
  [[nodiscard]] double forward_flops() const { return 10.0 * static_cast<double>(input.size()); }
};

/// x / (1 + exp(-x)) (Ramachandran, Zoph and Le, "Searching for activation functions", 2017, with beta 1).
struct SwishDesc {
  Shape input;

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return input; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.inputs = true}; }
  [[nodiscard]] InPlace in_place() const { return {.backward = true}; }
  [[nodiscard]] double forward_flops() const { return 11.0 * static_cast<double>(input.size()); }
};

/// y = x0 + scale * x1: the identity connections of residual networks, and sums of losses.
struct AddDesc {
  Shape input;  // of both
  double scale = 1;

  [[nodiscard]] std::vector<Shape> inputs() const { return {input, input}; }
  [[nodiscard]] Shape output() const { return input; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {}; }
  [[nodiscard]] InPlace in_place() const { return {.forward = true, .backward = true}; }
  [[nodiscard]] double forward_flops() const { return 2.0 * static_cast<double>(input.size()); }
};

/// The largest of each window of factor x factor, without overlap; what is left at the right and the bottom has no
/// part. Of equal values the first in the order of rows wins, which alone gets the gradient.
struct MaxPoolDesc {
  Shape input;
  int factor = 2;

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return {input.channels, input.height / factor, input.width / factor}; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.inputs = true}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const { return static_cast<double>(input.size()); }
};

/// A kernel's weights, row by row; as they are correlated with a picture, not turned.
struct FilterKernel {
  int rows = 1;
  int columns = 1;
  std::vector<float> weights{1};
};

/// A rectangle of a picture, in pixels.
struct Window {
  int top = 0;
  int left = 0;
  int height = 1;
  int width = 1;
};

/// Every channel alike correlated with a fixed kernel, with a stride:
///   y[c][i][j] = sum over u, v of kernel[u][v] * X[c][i stride + first_row + u][j stride + first_column + v],
/// X being what lies in the window, its edges repeated without end. The input outside the window has no part.
/// A kernel of one weight 1 cuts out a part; equal weights average; a blur is its operator in deblurring.
struct FilterDesc {
  Shape input;
  FilterKernel kernel{};
  int stride = 1;
  Window window{};
  int out_height = 1;
  int out_width = 1;
  int first_row = 0;  // where the kernel begins for output (0, 0), seen from the window's corner; may be negative
  int first_column = 0;

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return {input.channels, out_height, out_width}; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const;
};

enum class Interpolation { nearest, bilinear };

/// Enlarges by a whole factor; bilinear samples at half-pixel centres and repeats the edge (align_corners false).
struct UpsampleDesc {
  Shape input;
  int factor = 2;
  Interpolation interpolation = Interpolation::nearest;
  Load load{};

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return {input.channels, input.height * factor, input.width * factor}; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const;
};

enum class Reduction { sum, mean };

/// What the sum over a tensor's elements is multiplied by.
[[nodiscard]] inline double reduction_scale(Reduction reduction, const Shape& shape) {
  return reduction == Reduction::sum ? 1.0 : 1.0 / static_cast<double>(shape.size());
}

/// How far x is from what was measured, y, for one element.
enum class ErrorKind {
  squared,   // (x - y)^2
  absolute,  // sqrt((x - y)^2 + epsilon^2) - epsilon, which is |x - y| but for a round tip (Charbonnier et al., 1994)
};

/// L = sum of w error(x, y) over all elements, or that divided by the number of elements of x (known or not).
/// Inputs: x, the target y of the same shape, and weights w of one channel; gradients flow to x alone.
/// With a sigmoid the first input is t instead and x = 1 / (1 + exp(-t)), which is what the layer saves; gradients flow
/// to t.
struct MaskedErrorDesc {
  Shape input;
  Reduction reduction = Reduction::sum;
  bool sigmoid = false;
  Load load = {};
  ErrorKind kind = ErrorKind::squared;
  double epsilon = 1e-4;  // of absolute: keeps the slope finite

  [[nodiscard]] std::vector<Shape> inputs() const { return {input, input, {1, input.height, input.width}}; }
  [[nodiscard]] Shape output() const { return {1, 1, 1}; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return sigmoid ? input.size() : 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.inputs = true}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const { return 4.0 * static_cast<double>(input.size()); }
  [[nodiscard]] double scale() const { return reduction_scale(reduction, input); }
};

/// L = sum over channels and pixels of sqrt(dx^2 + dy^2 + epsilon^2) - epsilon, or that divided by the number of
/// elements, where dx and dy are the differences to the next pixel in the row and in the column, 0 beyond the last
/// (Rudin, Osher and Fatemi, 1992).
struct TotalVariationDesc {
  Shape input;
  Reduction reduction = Reduction::mean;
  double epsilon = 1e-3;

  [[nodiscard]] std::vector<Shape> inputs() const { return {input}; }
  [[nodiscard]] Shape output() const { return {1, 1, 1}; }
  [[nodiscard]] std::vector<ParameterDesc> parameters() const { return {}; }
  [[nodiscard]] std::size_t saved() const { return 0; }
  [[nodiscard]] BackwardReads backward_reads() const { return {.inputs = true}; }
  [[nodiscard]] InPlace in_place() const { return {}; }
  [[nodiscard]] double forward_flops() const { return 8.0 * static_cast<double>(input.size()); }
  [[nodiscard]] double scale() const { return reduction_scale(reduction, input); }
};

/// Every layer there is. A new one is added here, and each backend then says how it computes it.
using LayerDesc = std::variant<Conv2dDesc, ConvTranspose2dDesc, PixelShuffleDesc, ConcatDesc, BatchNormDesc,
                               LeakyReluDesc, SigmoidDesc, EluDesc, SwishDesc, AddDesc, MaxPoolDesc, FilterDesc,
                               UpsampleDesc, MaskedErrorDesc, TotalVariationDesc>;

[[nodiscard]] std::vector<Shape> inputs_of(const LayerDesc& desc);
[[nodiscard]] Shape output_of(const LayerDesc& desc);
[[nodiscard]] std::vector<ParameterDesc> parameters_of(const LayerDesc& desc);
[[nodiscard]] std::size_t parameter_count(const LayerDesc& desc);
[[nodiscard]] std::size_t saved_size(const LayerDesc& desc);
[[nodiscard]] BackwardReads backward_reads(const LayerDesc& desc);
[[nodiscard]] InPlace in_place(const LayerDesc& desc);
/// False when the output is never written, because all who read it make it themselves.
[[nodiscard]] bool stores_output(const LayerDesc& desc);
/// How the layer takes its input, to be read or changed; null when it can only take it as it is.
[[nodiscard]] Load* load_of(LayerDesc& desc);
/// Of the direct method: two for each multiply-add.
[[nodiscard]] double forward_flops(const LayerDesc& desc);
/// "conv2d 3->8 5x5 stride 2, 512x512".
[[nodiscard]] std::string describe(const LayerDesc& desc);

}  // namespace dipper
