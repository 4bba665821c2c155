// SPDX-License-Identifier: Apache-2.0
#include "kernels/desc.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace dipper {
namespace {

double multiply_adds(int in, int out, int kernel, std::size_t positions) {
  return 1.0 * in * out * kernel * kernel * static_cast<double>(positions);
}

std::vector<ParameterDesc> convolution_parameters(int in, int out, int kernel, int fan_in) {
  return {{.name = "weight", .size = static_cast<std::size_t>(in) * out * kernel * kernel, .fan_in = fan_in},
          {.name = "bias", .size = static_cast<std::size_t>(out), .fan_in = fan_in}};
}

std::string suffix(const Load& load) {
  if (!load.normalise) return "";
  return load.slope == 1 ? " of a norm" : fmt::format(" of a norm and leaky_relu {}", load.slope);
}

std::string size_of(const Shape& s) {
  return fmt::format("{}x{}", s.width, s.height);
}

const char* name_of(ErrorKind kind) {
  return kind == ErrorKind::squared ? "squared" : "absolute";
}

const char* name_of(Reduction reduction) {
  return reduction == Reduction::sum ? "sum" : "mean";
}

struct Describe {
  std::string operator()(const Conv2dDesc& d) const {
    return fmt::format("conv2d {}->{} {}x{}{}{}, {}{}", d.input.channels, d.out_channels, d.kernel, d.kernel,
                       d.stride == 1 ? "" : fmt::format(" stride {}", d.stride),
                       d.mode == Padding::reflect ? " reflect" : "", size_of(d.input), suffix(d.load));
  }
  std::string operator()(const ConvTranspose2dDesc& d) const {
    return fmt::format("conv_transpose2d {}->{} {}x{} stride {}, {}{}", d.input.channels, d.out_channels, d.kernel,
                       d.kernel, d.stride, size_of(d.input), suffix(d.load));
  }
  std::string operator()(const PixelShuffleDesc& d) const {
    return fmt::format("pixel_shuffle {} of {} channels, {}{}", d.factor, d.input.channels, size_of(d.input),
                       suffix(d.load));
  }
  std::string operator()(const ConcatDesc& d) const {
    return fmt::format("concat of {} to {} channels, {}", d.parts.size(), d.output().channels, size_of(d.output()));
  }
  std::string operator()(const BatchNormDesc& d) const {
    return fmt::format("batch_norm{}{} {} channels, {}", d.slope == 1 ? "" : fmt::format(" and leaky_relu {}", d.slope),
                       d.deferred ? " deferred" : "", d.input.channels, size_of(d.input));
  }
  std::string operator()(const LeakyReluDesc& d) const {
    return fmt::format("leaky_relu {} of {} channels, {}", d.slope, d.input.channels, size_of(d.input));
  }
  std::string operator()(const SigmoidDesc& d) const {
    return fmt::format("sigmoid {} channels, {}", d.input.channels, size_of(d.input));
  }
  std::string operator()(const EluDesc& d) const {
    return fmt::format("elu {} channels, {}", d.input.channels, size_of(d.input));
  }
  std::string operator()(const SwishDesc& d) const {
    return fmt::format("swish {} channels, {}", d.input.channels, size_of(d.input));
  }
  std::string operator()(const AddDesc& d) const {
    return fmt::format("add{} {} channels, {}", d.scale == 1 ? "" : fmt::format(" {} times", d.scale), d.input.channels,
                       size_of(d.input));
  }
  std::string operator()(const MaxPoolDesc& d) const {
    return fmt::format("max_pool {} of {} channels, {}", d.factor, d.input.channels, size_of(d.input));
  }
  std::string operator()(const FilterDesc& d) const {
    return fmt::format("filter {}x{}{} of {} channels, {} to {}", d.kernel.columns, d.kernel.rows,
                       d.stride == 1 ? "" : fmt::format(" stride {}", d.stride), d.input.channels, size_of(d.input),
                       size_of(d.output()));
  }
  std::string operator()(const UpsampleDesc& d) const {
    return fmt::format("upsample {} x{} of {} channels, {}{}",
                       d.interpolation == Interpolation::nearest ? "nearest" : "bilinear", d.factor, d.input.channels,
                       size_of(d.input), suffix(d.load));
  }
  std::string operator()(const MaskedErrorDesc& d) const {
    return fmt::format("masked_error {} {} of {} channels, {}{}{}", name_of(d.kind), name_of(d.reduction),
                       d.input.channels, size_of(d.input), d.sigmoid ? " of a sigmoid" : "", suffix(d.load));
  }
  std::string operator()(const TotalVariationDesc& d) const {
    return fmt::format("total_variation {} of {} channels, {}", name_of(d.reduction), d.input.channels,
                       size_of(d.input));
  }
};

}  // namespace

Shape Conv2dDesc::output() const {
  const auto size = [this](int n) { return (n + 2 * padding - kernel) / stride + 1; };
  return {out_channels, size(input.height), size(input.width)};
}

std::vector<ParameterDesc> Conv2dDesc::parameters() const {
  return convolution_parameters(input.channels, out_channels, kernel, input.channels * kernel * kernel);
}

double Conv2dDesc::forward_flops() const {
  return 2 * multiply_adds(input.channels, out_channels, kernel, output().plane());
}

Shape ConvTranspose2dDesc::output() const {
  const auto size = [this](int n) { return (n - 1) * stride - 2 * padding + kernel + output_padding; };
  return {out_channels, size(input.height), size(input.width)};
}

// PyTorch takes the fan of a transposed convolution from the second axis of its weights, which is the output's.
std::vector<ParameterDesc> ConvTranspose2dDesc::parameters() const {
  return convolution_parameters(input.channels, out_channels, kernel, out_channels * kernel * kernel);
}

double ConvTranspose2dDesc::forward_flops() const {
  return 2 * multiply_adds(input.channels, out_channels, kernel, input.plane());
}

Conv2dDesc ConvTranspose2dDesc::adjoint() const {
  const Conv2dDesc conv{.input = output(),
                        .out_channels = input.channels,
                        .kernel = kernel,
                        .stride = stride,
                        .padding = padding,
                        .mode = Padding::zero};
  DIPPER_CHECK_EQ(conv.output(), input);
  return conv;
}

Shape ConcatDesc::output() const {
  Shape shape = parts.front();
  shape.channels = 0;
  for (const Shape& part : parts) shape.channels += part.channels;
  return shape;
}

std::vector<ParameterDesc> BatchNormDesc::parameters() const {
  const auto channels = static_cast<std::size_t>(input.channels);
  return {{.name = "gamma", .size = channels, .constant = 1}, {.name = "beta", .size = channels, .constant = 0}};
}

double FilterDesc::forward_flops() const {
  return 2.0 * kernel.rows * kernel.columns * static_cast<double>(output().size());
}

double UpsampleDesc::forward_flops() const {
  return interpolation == Interpolation::nearest ? 0 : 8.0 * static_cast<double>(output().size());
}

std::vector<Shape> inputs_of(const LayerDesc& desc) {
  return std::visit([](const auto& d) { return d.inputs(); }, desc);
}
Shape output_of(const LayerDesc& desc) {
  return std::visit([](const auto& d) { return d.output(); }, desc);
}
std::vector<ParameterDesc> parameters_of(const LayerDesc& desc) {
  return std::visit([](const auto& d) { return d.parameters(); }, desc);
}
std::size_t parameter_count(const LayerDesc& desc) {
  std::size_t count = 0;
  for (const ParameterDesc& parameter : parameters_of(desc)) count += parameter.size;
  return count;
}
std::size_t saved_size(const LayerDesc& desc) {
  return std::visit([](const auto& d) { return d.saved(); }, desc);
}
BackwardReads backward_reads(const LayerDesc& desc) {
  return std::visit([](const auto& d) { return d.backward_reads(); }, desc);
}
InPlace in_place(const LayerDesc& desc) {
  return std::visit([](const auto& d) { return d.in_place(); }, desc);
}
bool stores_output(const LayerDesc& desc) {
  const auto* const norm = std::get_if<BatchNormDesc>(&desc);
  return norm == nullptr || !norm->deferred;
}
Load* load_of(LayerDesc& desc) {
  return std::visit(
      [](auto& d) -> Load* {
        if constexpr (requires { d.load; }) return &d.load;
        return nullptr;
      },
      desc);
}
double forward_flops(const LayerDesc& desc) {
  return std::visit([](const auto& d) { return d.forward_flops(); }, desc);
}
std::string describe(const LayerDesc& desc) {
  return std::visit(Describe{}, desc);
}

}  // namespace dipper
