// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/philox.hpp"
#include "dipper/error.hpp"
#include "kernels/block.hpp"
#include "kernels/desc.hpp"
#include "kernels/layer.hpp"
#include "kernels/part.hpp"
#include "kernels/showing.hpp"

namespace dipper {

class ThreadPool;

/// What Adam (Kingma and Ba, 2015) has to know beside a step's values.
struct AdamRule {
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float epsilon = 1e-8F;
  float loss_scale = 1;  // by which the gradient is too large, a power of two
};

/// What differs from step to step. Operations take it from here and not as arguments, so that a recorded series of them
/// can be run again.
struct StepValues {
  std::uint64_t number = 0;  // which of the numbers of a random stream the step sees
  float rate = 0;            // learning rate / (1 - beta1^t): Adam's bias corrections included
  float v_scale = 1;         // 1 / sqrt(1 - beta2^t)
  float old_share = 0;       // of the average of outputs as it was, in what it becomes
};

/// How a tensor lies in memory: `plain` is channel by channel, row by row, in float32; `native` is what the backend's
/// layers work with, which on a host is plain too.
enum class Format { plain, native };

/// The formats of a layer's tensors, and of their gradients.
struct Formats {
  std::vector<Format> inputs;
  Format output = Format::native;
};

/// A series of operations that a backend has recorded.
class Recording {
 public:
  Recording() = default;
  virtual ~Recording() = default;
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
};

/// More memory is asked of a backend than it may take.
class MemoryLimit : public Error {
 public:
  MemoryLimit(std::size_t asked, std::size_t allowed);

  std::size_t needed;  ///< bytes, at least
  std::size_t limit;
  /// Of `needed`, where that is too much, what a picture that is learned in parts takes as a whole.
  std::size_t of_whole = 0;
  /// And what a network's parameters do, with what an optimiser has of them.
  std::size_t of_parameters = 0;
};

/// What a fit runs on: the seam between the graph and the arithmetic. A backend turns descriptions into prepared
/// layers, and does the few loops over flat buffers that lie outside the graph. It has memory of its own: pointers and
/// spans that its operations are given point there, and only where on_host() may anybody else look at them. Operations
/// run in the order in which they are asked for, perhaps later; upload() and download() wait for those before.
class Backend {
 public:
  Backend();
  virtual ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string description() const = 0;

  /// Whether its memory is the host's.
  [[nodiscard]] virtual bool on_host() const { return true; }

  /// The host's threads, for what the device does not do.
  [[nodiscard]] virtual ThreadPool& pool();

  /// Zeros at first. Throws std::bad_alloc, MemoryLimit, or Error that says how much was asked for and how much there
  /// is.
  [[nodiscard]] Block allocate(std::size_t count);
  /// From here on, allocate() throws MemoryLimit for what would make it more than so many bytes in all.
  void limit_memory(std::size_t bytes) {
    memory_limit_ = bytes;
    memory_taken_ = 0;
  }
  virtual void upload(std::span<const float> from, float* to);
  virtual void download(const float* from, std::span<float> to);
  virtual void copy(const float* from, float* to, std::size_t count);

  /// What a tensor of this shape takes.
  [[nodiscard]] virtual std::size_t bytes(const Shape& shape, Format /*format*/) const {
    return shape.size() * sizeof(float);
  }
  /// Whether the parts of that concatenation, one after the other without gaps, are the concatenation.
  [[nodiscard]] virtual bool joins_in_place(const ConcatDesc& /*desc*/) const { return true; }
  /// Between the formats; not called where both are the same.
  virtual void to_native(const Shape& shape, const float* plain, float* native);
  virtual void to_plain(const Shape& shape, const float* native, float* plain);

  /// The layer uses the backend's threads, so it may not outlive it.
  [[nodiscard]] virtual std::unique_ptr<Layer<float>> layer(const LayerDesc& desc, const Formats& formats) = 0;
  /// With all tensors native but those that only a loss reads or writes.
  [[nodiscard]] std::unique_ptr<Layer<float>> layer(const LayerDesc& desc);

  /// What the gradient of a loss is to be multiplied by where it begins, so that those of all tensors lie in the range
  /// of the numbers that they are stored as: a power of two (Micikevicius et al., "Mixed precision training", 2018).
  /// share: how far one element counts in the loss, 1 in a sum.
  [[nodiscard]] virtual float loss_scale(double /*share*/) const { return 1; }

  /// To be called before the forward passes that shall see new parameters, where layers were told of their place
  /// (Layer::bind).
  virtual void parameters_changed() {}

  /// Holds for all operations until it is called again.
  virtual void begin_step(const StepValues& values) { step_ = values; }

  /// Runs `operations`, a function that does nothing but ask this backend for operations. It may be called once, to
  /// record them, and from then on not at all: with the same recording it must always ask for the same.
  virtual void run(std::unique_ptr<Recording>& /*recording*/, const std::function<void()>& operations) { operations(); }

  /// Programs whose tensors take no more than so many bytes in all run aside what can wait.
  [[nodiscard]] virtual std::size_t aside_limit() const { return 0; }
  /// `operations`, as run() takes them, may run at the same time as those that are asked for after them, until
  /// rejoin(), which may be when the function is called. All that went aside runs in order.
  virtual void aside(const std::function<void()>& operations) { operations(); }
  /// What follows comes after all that went aside.
  virtual void rejoin() {}

  /// Until all operations have ended.
  virtual void wait() {}

  /// theta, m and v are updated in place, theta -= rate * m / (sqrt(v) * v_scale + epsilon); all four have the same
  /// length.
  virtual void adam(const AdamRule& rule, std::span<const float> gradient, std::span<float> theta, std::span<float> m,
                    std::span<float> v) = 0;

  /// Normal numbers (Box and Muller, 1958): element i is overwritten with, or increased by, scale * N(0, 1), where the
  /// number depends on (random, the step's number, i) alone. Words 2k and 2k+1 of the stream give elements 2k and 2k+1.
  virtual void normal(const Philox& random, float scale, Write write, std::span<float> out) = 0;

  /// to = from + what normal() gives; both are equally long, and may be the same.
  virtual void noise(const Philox& random, float scale, std::span<const float> from, std::span<float> to);

  /// average = s average + (1 - s) (base + x) for every element; s is the step's old_share, or of each pixel where
  /// `shares` are given: average.size() is a multiple of their number. An empty base is 0.
  virtual void average(std::span<const float> x, std::span<const float> base, std::span<const float> shares,
                       std::span<float> average);

  /// The canvas gets the part, of each plane that both have, and around it what the padding says.
  virtual void cut(const PartDesc& part, Padding padding, std::span<const float> picture, std::span<float> canvas);

  /// Adds what was told of a part to the sums; of a pixel of which any channel is no number, or infinite, nothing.
  virtual void gather(const PartDesc& part, const Telling& telling, const ToldSums& sums);

  /// Null on a host, where fit/showing.hpp does it. The backend must outlive it, and so must what the description
  /// points to.
  [[nodiscard]] virtual std::unique_ptr<Showing> showing(const ShowingDesc& /*desc*/) { return nullptr; }

  /// What the hardware can do at most, against which times are held: 1e9 operations a second in float32, where a fused
  /// multiply-add counts as two. Measured anew by each call, in about a quarter of a second; 0 where nobody asks.
  [[nodiscard]] virtual double measure_peak() = 0;

 protected:
  [[nodiscard]] virtual Block find_memory(std::size_t count);
  [[nodiscard]] const StepValues& step() const { return step_; }

 private:
  StepValues step_;
  std::unique_ptr<ThreadPool> pool_;  // none before somebody asks
  std::optional<std::size_t> memory_limit_;
  std::size_t memory_taken_ = 0;  // since there is a limit
};

/// The formats of a layer's tensors when it stands alone: all native but those that only a loss reads or writes.
[[nodiscard]] Formats usual_formats(const LayerDesc& desc);

/// The scalar definition of every layer; slow.
[[nodiscard]] std::unique_ptr<Backend> make_ref_backend();

/// SIMD on `threads` threads (0: one per core). Same results for any number of threads.
[[nodiscard]] std::unique_ptr<Backend> make_cpu_backend(int threads = 0);

/// The instruction set that the cpu backend uses on this machine, such as "AVX3".
[[nodiscard]] std::string cpu_instruction_set();

/// What the CUDA backend computes with: float32 whose products are exact to the last bits (f32), float32 whose factors
/// the tensor cores round to 11 bits (tf32), or activations and gradients in bfloat16 or float16, of 8 and 11 bits, and
/// weights rounded so for the products, with everything else in float32 (bf16, fp16). A float16 is at most 65504, which
/// larger values become, so gradients are multiplied by Backend::loss_scale().
enum class Precision { f32, tf32, bf16, fp16 };

/// An NVIDIA device.
struct CudaDevice {
  std::string name;
  std::size_t bytes = 0;       // of its memory
  std::string why_not_to_use;  // why this build has no code for it, as a sentence without its period; empty: it has
};

/// Those of this machine, in the driver's order; none in a build without CUDA or where there is no driver.
[[nodiscard]] std::vector<CudaDevice> cuda_devices();

/// Why there are none, as a sentence without its period.
[[nodiscard]] std::string why_no_cuda();

/// On the device of that number. Throws Error when there is none. kernels/cuda/none.cpp answers in a build without
/// CUDA.
[[nodiscard]] std::unique_ptr<Backend> make_cuda_backend(int device, Precision precision);

}  // namespace dipper
