// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <cmath>

#include "base/check.hpp"
#include "dipper/error.hpp"
#include "kernels/backend.hpp"
#include "kernels/cuda/device.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/pack_weights.hpp"

namespace dipper {
namespace cuda {
namespace {

const char* name_of(Precision precision) {
  switch (precision) {
    case Precision::f32:
      return "f32";
    case Precision::tf32:
      return "tf32";
    case Precision::bf16:
      return "bf16";
    case Precision::fp16:
      return "fp16";
  }
  return "";
}

void refuse_above_most_kernel(int kernel) {
  if (kernel <= most_kernel) return;
  throw Error(
      fmt::format("the NVIDIA backend has convolutions of up to {0}x{0}, and one of {1}x{1} is asked for; use --device "
                  "cpu or a smaller kernel",
                  most_kernel, kernel));
}

struct Make {
  const Context& context;
  const Formats& formats;

  LayerPointer operator()(const Conv2dDesc& d) const {
    refuse_above_most_kernel(d.kernel);
    return make_conv2d(d, context);
  }
  LayerPointer operator()(const ConvTranspose2dDesc& d) const {
    refuse_above_most_kernel(d.kernel);
    return make_conv_transpose2d(d, context);
  }
  LayerPointer operator()(const PixelShuffleDesc& d) const { return make_pixel_shuffle(d, context); }
  LayerPointer operator()(const ConcatDesc& d) const { return make_concat(d, context); }
  LayerPointer operator()(const BatchNormDesc& d) const { return make_batch_norm(d, context); }
  LayerPointer operator()(const LeakyReluDesc& d) const { return make_leaky_relu(d, context); }
  LayerPointer operator()(const SigmoidDesc& d) const { return make_sigmoid(d, context); }
  LayerPointer operator()(const EluDesc& d) const { return make_elu(d, context); }
  LayerPointer operator()(const SwishDesc& d) const { return make_swish(d, context); }
  LayerPointer operator()(const AddDesc& d) const { return make_add(d, formats, context); }
  LayerPointer operator()(const MaxPoolDesc& d) const { return make_max_pool(d, context); }
  LayerPointer operator()(const FilterDesc& d) const { return make_filter(d, context); }
  LayerPointer operator()(const UpsampleDesc& d) const { return make_upsample(d, context); }
  LayerPointer operator()(const MaskedErrorDesc& d) const { return make_masked_error(d, context); }
  LayerPointer operator()(const TotalVariationDesc& d) const { return make_total_variation(d, context); }
};

/// A CUDA graph, launched as one.
class GraphRecording final : public Recording {
 public:
  explicit GraphRecording(cudaGraph_t graph) {
    const cudaError_t status = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    check(status, "preparing an iteration");
  }
  ~GraphRecording() override { cudaGraphExecDestroy(executable_); }
  GraphRecording(const GraphRecording&) = delete;
  GraphRecording& operator=(const GraphRecording&) = delete;

  void launch(cudaStream_t stream) const { check(cudaGraphLaunch(executable_, stream), "starting an iteration"); }

 private:
  cudaGraphExec_t executable_ = nullptr;
};

// By which power of two float16 gradients of an element's error are larger than that where they begin.
constexpr int first_gradients = 5;

class CudaBackend final : public Backend {
 public:
  CudaBackend(int number, Precision precision)
      : device_(number), packer_(device_, precision), context_{device_, precision, packer_} {}
  ~CudaBackend() override { static_cast<void>(device_.synchronise()); }
  CudaBackend(const CudaBackend&) = delete;
  CudaBackend& operator=(const CudaBackend&) = delete;

  [[nodiscard]] std::string name() const override { return "cuda"; }
  [[nodiscard]] std::string description() const override {
    return fmt::format("{}, {}", device_.name(), name_of(context_.precision));
  }

  [[nodiscard]] bool on_host() const override { return false; }
  void upload(std::span<const float> from, float* to) override {
    check(cudaMemcpyAsync(to, from.data(), from.size_bytes(), cudaMemcpyHostToDevice, device_.stream()),
          "copying to it");
    wait();  // the caller may change what was copied
  }
  void download(const float* from, std::span<float> to) override {
    check(cudaMemcpyAsync(to.data(), from, to.size_bytes(), cudaMemcpyDeviceToHost, device_.stream()),
          "copying from it");
    wait();
  }
  void copy(const float* from, float* to, std::size_t count) override {
    check(cudaMemcpyAsync(to, from, count * sizeof(float), cudaMemcpyDeviceToDevice, device_.stream()), "copying");
  }

  [[nodiscard]] std::size_t bytes(const Shape& shape, Format format) const override {
    if (format == Format::plain) return shape.size() * sizeof(float);
    return blocks_of(shape.channels) * shape.plane() * 16;
  }
  [[nodiscard]] bool joins_in_place(const ConcatDesc& desc) const override {
    for (std::size_t n = 0; n + 1 < desc.parts.size(); ++n) {
      if (desc.parts[n].channels % channels_in_block() != 0) return false;
    }
    return true;
  }
  void to_native(const Shape& shape, const float* plain, float* native) override {
    cuda::to_native(context_, shape, plain, native);
  }
  void to_plain(const Shape& shape, const float* native, float* plain) override {
    cuda::to_plain(context_, shape, native, plain);
  }

  using Backend::layer;
  [[nodiscard]] LayerPointer layer(const LayerDesc& desc, const Formats& formats) override {
    return std::visit(Make{context_, formats}, desc);
  }

  void begin_step(const StepValues& values) override {
    Backend::begin_step(values);
    device_.set_step(values);
  }

  void run(std::unique_ptr<Recording>& recording, const std::function<void()>& operations) override {
    packer_.refresh();
    if (recording == nullptr) {
      check(cudaStreamBeginCapture(device_.stream(), cudaStreamCaptureModeRelaxed), "recording an iteration");
      operations();
      cudaGraph_t graph = nullptr;
      check(cudaStreamEndCapture(device_.stream(), &graph), "recording an iteration");
      recording = std::make_unique<GraphRecording>(graph);
    }
    static_cast<const GraphRecording&>(*recording).launch(device_.stream());
  }

  [[nodiscard]] float loss_scale(double share) const override {
    if (context_.precision != Precision::fp16) return 1;
    return std::ldexp(1.0F, first_gradients - std::ilogb(share));
  }

  // Within a recording nothing has been added or removed since it began.
  void parameters_changed() override {
    packer_.refresh();
    packer_.run();
  }

  // A small part of what there is: tensors that live longer take up to three times as much in all.
  [[nodiscard]] std::size_t aside_limit() const override { return device_.bytes() / 16; }
  void aside(const std::function<void()>& operations) override {
    device_.go_aside();
    operations();
    device_.come_back();
  }
  void rejoin() override { device_.rejoin(); }

  void wait() override { check(device_.synchronise(), "working"); }

  void adam(const AdamRule& rule, std::span<const float> gradient, std::span<float> theta, std::span<float> m,
            std::span<float> v) override {
    cuda::adam(device_, rule, gradient, theta, m, v);
  }
  void normal(const Philox& random, float scale, Write write, std::span<float> out) override {
    cuda::normal(device_, random, scale, write == Write::accumulate ? out.data() : nullptr, out);
  }
  void noise(const Philox& random, float scale, std::span<const float> from, std::span<float> to) override {
    DIPPER_CHECK_EQ(from.size(), to.size());
    cuda::normal(device_, random, scale, from.data(), to);
  }
  void average(std::span<const float> x, std::span<const float> base, std::span<const float> shares,
               std::span<float> average) override {
    cuda::average(device_, x, base, shares, average);
  }
  void cut(const PartDesc& part, Padding padding, std::span<const float> picture, std::span<float> canvas) override {
    cuda::cut(device_, part, padding, picture, canvas);
  }
  void gather(const PartDesc& part, const Telling& telling, const ToldSums& sums) override {
    cuda::gather(device_, part, telling, sums);
  }
  [[nodiscard]] std::unique_ptr<Showing> showing(const ShowingDesc& desc) override {
    return make_showing(desc, device_);
  }
  [[nodiscard]] double measure_peak() override { return cuda::measure_peak(device_); }

 protected:
  [[nodiscard]] Block find_memory(std::size_t count) override { return device_.allocate(count); }

 private:
  [[nodiscard]] bool is_narrow() const {
    return context_.precision == Precision::bf16 || context_.precision == Precision::fp16;
  }
  [[nodiscard]] int channels_in_block() const { return is_narrow() ? 8 : 4; }
  [[nodiscard]] std::size_t blocks_of(int channels) const {
    return (channels + channels_in_block() - 1) / channels_in_block();
  }

  Device device_;
  Packer packer_;
  Context context_;
};

}  // namespace
}  // namespace cuda

std::vector<CudaDevice> cuda_devices() {
  constexpr int least_generation = 8;  // the first with bfloat16 and copies for which nobody waits
  int count = 0;
  std::vector<CudaDevice> devices;
  if (cudaGetDeviceCount(&count) != cudaSuccess) return devices;
  for (int number = 0; number < count; ++number) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, number) != cudaSuccess) break;
    const bool is_old = properties.major < least_generation;
    devices.push_back({properties.name, properties.totalGlobalMem,
                       is_old ? fmt::format("its compute capability is {}.{} and {}.0 is needed", properties.major,
                                            properties.minor, least_generation)
                              : ""});
  }
  return devices;
}

std::string why_no_cuda() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess) return "the driver knows of none";
  if (status != cudaErrorInsufficientDriver) return cudaGetErrorString(status);
  return fmt::format("there is no driver, or one older than CUDA {}", CUDART_VERSION / 1000);
}

std::unique_ptr<Backend> make_cuda_backend(int device, Precision precision) {
  const std::vector<CudaDevice> devices = cuda_devices();
  const auto count = static_cast<int>(devices.size());
  if (count == 0) throw Error(fmt::format("there is no NVIDIA device to use: {}", why_no_cuda()));
  if (device < 0 || device >= count) {
    throw Error(fmt::format("there is no device cuda:{}; the last is cuda:{}", device, count - 1));
  }
  if (!devices[device].why_not_to_use.empty()) {
    throw Error(
        fmt::format("{} cannot be used: {}; use --device cpu", devices[device].name, devices[device].why_not_to_use));
  }
  return std::make_unique<cuda::CudaBackend>(device, precision);
}

}  // namespace dipper
