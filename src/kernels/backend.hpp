// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/philox.hpp"
#include "kernels/desc.hpp"
#include "kernels/layer.hpp"

namespace dipper {

/// One step of Adam (Kingma and Ba, 2015), bias corrections included in the two factors:
/// theta -= rate * m / (sqrt(v) * v_scale + epsilon).
struct AdamStep {
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float epsilon = 1e-8F;
  float rate = 0;     // learning rate / (1 - beta1^t)
  float v_scale = 1;  // 1 / sqrt(1 - beta2^t)
};

/// What a fit runs on: the seam between the graph and the arithmetic. A backend turns descriptions into prepared layers
/// and does the few loops over flat buffers that lie outside the graph.
class Backend {
 public:
  Backend() = default;
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string description() const = 0;

  /// The layer uses the backend's threads, so it may not outlive it.
  [[nodiscard]] virtual std::unique_ptr<Layer<float>> layer(const LayerDesc& desc) = 0;

  /// theta, m and v are updated in place; all four have the same length.
  virtual void adam(const AdamStep& step, std::span<const float> gradient, std::span<float> theta, std::span<float> m,
                    std::span<float> v) = 0;

  /// Normal numbers (Box and Muller, 1958): element i is overwritten with, or increased by, scale * N(0, 1), where the
  /// number depends on (random, step, i) alone. Words 2k and 2k+1 of the stream give elements 2k and 2k+1.
  virtual void normal(const Philox& random, std::uint64_t step, float scale, Write write, std::span<float> out) = 0;

  /// What the hardware can do at most, against which times are held: 1e9 operations a second in float32, where a fused
  /// multiply-add counts as two. Measured anew by each call, in about a quarter of a second; 0 where nobody asks.
  [[nodiscard]] virtual double measure_peak() = 0;
};

/// The scalar definition of every layer; slow.
[[nodiscard]] std::unique_ptr<Backend> make_ref_backend();

/// SIMD on `threads` threads (0: one per core). Same results for any number of threads.
[[nodiscard]] std::unique_ptr<Backend> make_cpu_backend(int threads = 0);

/// The instruction set that the cpu backend uses on this machine, such as "AVX3".
[[nodiscard]] std::string cpu_instruction_set();

/// One line on the NVIDIA devices of this machine, or on why there are none to see. kernels/cuda/none.cpp answers in a
/// build without CUDA.
[[nodiscard]] std::string cuda_devices();

}  // namespace dipper
