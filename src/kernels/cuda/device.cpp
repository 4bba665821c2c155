// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.hpp"

#include <cuda_runtime.h>
#include <fmt/format.h>

#include <algorithm>

#include "dipper/error.hpp"

namespace dipper::cuda {
namespace {

void give_back(float* memory) {
  cudaFree(memory);
}

}  // namespace

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  throw FitError(fmt::format("the NVIDIA device failed while {}: {}", what, cudaGetErrorString(status)));
}

Device::Device(int number) : number_(number) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, number), "asking what it is");
  check(cudaSetDevice(number), "choosing it");
  name_ = properties.name;
  bytes_ = properties.totalGlobalMem;
  multiprocessors_ = properties.multiProcessorCount;
  shared_memory_ = properties.sharedMemPerBlockOptin;
  has_warpgroups_ = properties.major == 9 && DIPPER_SM90A != 0;
  int least = 0;
  int most = 0;
  check(cudaDeviceGetStreamPriorityRange(&least, &most), "asking for its priorities");
  check(cudaStreamCreateWithPriority(&main_, cudaStreamNonBlocking, most), "making a stream");
  check(cudaStreamCreateWithPriority(&aside_, cudaStreamNonBlocking, least), "making a stream");
  for (cudaEvent_t& event : events_) {
    check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making an event");
  }
  stream_ = main_;
  check(cudaMalloc(&step_, sizeof(StepValues)), "finding memory");
  set_step({});
}

Device::~Device() {
  static_cast<void>(synchronise());
  cudaFree(step_);
  for (const cudaEvent_t event : events_) cudaEventDestroy(event);
  cudaStreamDestroy(aside_);
  cudaStreamDestroy(main_);
}

void Device::go_aside() {
  order(main_, aside_);
  stream_ = aside_;
  went_aside_ = true;
}

void Device::rejoin() {
  if (std::exchange(went_aside_, false)) order(aside_, main_);
}

// A stream waits for what the event stood for when it was told to, so the event may be used again at once.
void Device::order(cudaStream_t before, cudaStream_t after) {
  const cudaEvent_t event = events_[next_event_++ % events_.size()];
  check(cudaEventRecord(event, before), "marking a place in a stream");
  check(cudaStreamWaitEvent(after, event, 0), "waiting for another stream");
}

cudaError_t Device::synchronise() const {
  const cudaError_t status = cudaStreamSynchronize(main_);
  const cudaError_t status_aside = cudaStreamSynchronize(aside_);
  return status != cudaSuccess ? status : status_aside;
}

Block Device::allocate(std::size_t floats) const {
  float* memory = nullptr;
  const std::size_t bytes = std::max<std::size_t>(floats, 1) * sizeof(float);
  if (cudaMalloc(&memory, bytes) != cudaSuccess) {
    static_cast<void>(cudaGetLastError());  // which would come again otherwise
    std::size_t left = 0;
    std::size_t all = 0;
    check(cudaMemGetInfo(&left, &all), "asking for its free memory");
    throw Error(fmt::format(
        "the fit needs another {:.2f} GB on {}, of whose {:.1f} GB only {:.2f} are free; use a "
        "smaller picture or network, or --device cpu",
        static_cast<double>(bytes) / 1e9, name_, static_cast<double>(all) / 1e9, static_cast<double>(left) / 1e9));
  }
  Block block(memory, GiveBack{give_back});
  check(cudaMemsetAsync(memory, 0, bytes, stream_), "clearing memory");
  return block;
}

}  // namespace dipper::cuda
