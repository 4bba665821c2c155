// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/philox.hpp"
#include "kernels/backend.hpp"
#include "kernels/cuda/device.hpp"
#include "kernels/desc.hpp"
#include "kernels/layer.hpp"

/// The layers on a GPU. Each keeps what it needs beside its operands from the moment when it is made, so that its
/// passes only start kernels.
namespace dipper::cuda {

using LayerPointer = std::unique_ptr<Layer<float>>;

class Packer;

/// What all layers are made with. The device and the packer must outlive them.
struct Context {
  const Device& device;
  Precision precision;
  Packer& packer;
};

/// The largest side of a convolution's kernel.
constexpr int most_kernel = 8;

[[nodiscard]] LayerPointer make_conv2d(const Conv2dDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_conv_transpose2d(const ConvTranspose2dDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_batch_norm(const BatchNormDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_leaky_relu(const LeakyReluDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_sigmoid(const SigmoidDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_elu(const EluDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_swish(const SwishDesc& desc, const Context& context);
/// `formats`: of plain tensors too, which hold sums of losses.
[[nodiscard]] LayerPointer make_add(const AddDesc& desc, const Formats& formats, const Context& context);
[[nodiscard]] LayerPointer make_max_pool(const MaxPoolDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_filter(const FilterDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_masked_error(const MaskedErrorDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_total_variation(const TotalVariationDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_pixel_shuffle(const PixelShuffleDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_concat(const ConcatDesc& desc, const Context& context);
[[nodiscard]] LayerPointer make_upsample(const UpsampleDesc& desc, const Context& context);

/// The loops outside of layers, as Backend describes them.
void adam(const Device& device, const AdamRule& rule, std::span<const float> gradient, std::span<float> theta,
          std::span<float> m, std::span<float> v);
/// As Backend::noise(), but `from` may be null: 0.
void normal(const Device& device, const Philox& random, float scale, const float* from, std::span<float> out);
void average(const Device& device, std::span<const float> x, std::span<const float> base, std::span<const float> shares,
             std::span<float> average);
void cut(const Device& device, const PartDesc& part, Padding padding, std::span<const float> picture,
         std::span<float> canvas);
void gather(const Device& device, const PartDesc& part, const Telling& telling, const ToldSums& sums);
void to_native(const Context& context, const Shape& shape, const float* plain, float* native);
void to_plain(const Context& context, const Shape& shape, const float* native, float* plain);

[[nodiscard]] std::unique_ptr<Showing> make_showing(const ShowingDesc& desc, const Device& device);

/// Independent multiply-adds in registers, on the whole device: 1e9 operations a second.
[[nodiscard]] double measure_peak(const Device& device);

}  // namespace dipper::cuda
