// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// Of CUDA's runtime what dipper uses, on the emulated device; with CUDA's names and meanings. One thread of the host
/// may use it.
namespace emulated {
class Stream;
class Event;
class Graph;
}  // namespace emulated

#define CUDART_VERSION 13000

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureUnjoined = 904
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed = 2 };

constexpr unsigned cudaStreamNonBlocking = 1;
constexpr unsigned cudaEventDisableTiming = 2;

using cudaStream_t = emulated::Stream*;
using cudaEvent_t = emulated::Event*;
using cudaGraph_t = emulated::Graph*;
using cudaGraphExec_t = emulated::Graph*;

struct cudaDeviceProp {
  char name[256];
  std::size_t totalGlobalMem;
  int major;
  int minor;
  int multiProcessorCount;
  std::size_t sharedMemPerBlockOptin;
};

/// After the first failure of a kernel all functions that start or await something answer with it.
[[nodiscard]] const char* cudaGetErrorString(cudaError_t status);
cudaError_t cudaGetLastError();
/// What a kernel stopped at is forgotten.
cudaError_t cudaDeviceReset();

[[nodiscard]] cudaError_t cudaGetDeviceCount(int* count);
[[nodiscard]] cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
[[nodiscard]] cudaError_t cudaSetDevice(int device);
[[nodiscard]] cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* most);

cudaError_t cudaMallocBytes(void** memory, std::size_t bytes);
/// What nobody has written is no number.
template <class T>
cudaError_t cudaMalloc(T** memory, std::size_t bytes) {
  return cudaMallocBytes(reinterpret_cast<void**>(memory), bytes);
}
cudaError_t cudaFree(void* memory);
template <class T>
cudaError_t cudaMallocHost(T** memory, std::size_t bytes) {
  return cudaMallocBytes(reinterpret_cast<void**>(memory), bytes);
}
cudaError_t cudaFreeHost(void* memory);
[[nodiscard]] cudaError_t cudaMemGetInfo(std::size_t* left, std::size_t* all);
[[nodiscard]] cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream);
[[nodiscard]] cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                                          cudaStream_t stream);

[[nodiscard]] cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
[[nodiscard]] cudaError_t cudaStreamSynchronize(cudaStream_t stream);
[[nodiscard]] cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);

[[nodiscard]] cudaError_t cudaEventCreate(cudaEvent_t* event);
[[nodiscard]] cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
[[nodiscard]] cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
[[nodiscard]] cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);

[[nodiscard]] cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
[[nodiscard]] cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
[[nodiscard]] cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph,
                                               unsigned long long flags);
[[nodiscard]] cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);

[[nodiscard]] cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value);
