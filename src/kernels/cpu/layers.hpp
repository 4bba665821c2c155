// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/philox.hpp"
#include "base/thread_pool.hpp"
#include "kernels/backend.hpp"
#include "kernels/desc.hpp"
#include "kernels/layer.hpp"

/// The SIMD layers: each function picks the best instruction set of this machine once, when the layer is made.
namespace dipper::cpu {

using LayerPointer = std::unique_ptr<Layer<float>>;

[[nodiscard]] LayerPointer make_conv2d(const Conv2dDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_conv_transpose2d(const ConvTranspose2dDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_batch_norm(const BatchNormDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_leaky_relu(const LeakyReluDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_sigmoid(const SigmoidDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_elu(const EluDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_swish(const SwishDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_add(const AddDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_max_pool(const MaxPoolDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_filter(const FilterDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_masked_error(const MaskedErrorDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_total_variation(const TotalVariationDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_pixel_shuffle(const PixelShuffleDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_concat(const ConcatDesc& desc, ThreadPool& pool);
[[nodiscard]] LayerPointer make_upsample(const UpsampleDesc& desc, ThreadPool& pool);

/// The loops over flat buffers, as Backend describes them.
void adam(ThreadPool& pool, const AdamRule& rule, const StepValues& step, std::span<const float> gradient,
          std::span<float> theta, std::span<float> m, std::span<float> v);
void normal(ThreadPool& pool, const Philox& random, std::uint64_t step, float scale, Write write, std::span<float> out);

/// Independent multiply-adds in registers, on all threads at once. The best of many bursts of a few milliseconds: other
/// work on the machine makes bursts slower, nothing makes them faster.
[[nodiscard]] double measure_peak(ThreadPool& pool);

}  // namespace dipper::cpu
