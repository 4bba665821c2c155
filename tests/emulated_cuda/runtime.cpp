// SPDX-License-Identifier: Apache-2.0
// Streams, events and graphs of the emulated device. What nobody waits for yet is done at once or as late as it can,
// and streams go on in any order that their events allow.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

namespace emulated {
namespace {

constexpr std::size_t all_memory = std::size_t{16} << 30;
constexpr std::size_t usual_shared = 48 * 1024;  // of a kernel that has not asked for more
constexpr int multiprocessors = 132;

/// Something to do when what it waits for is done.
struct Operation {
  std::function<void()> work;
  std::vector<std::shared_ptr<Operation>> after;
  bool is_done = false;
  bool is_captured = false;  // never done itself

  [[nodiscard]] bool is_ready() const {
    return std::ranges::all_of(after, [](const auto& other) { return other->is_done; });
  }
};
using OperationPointer = std::shared_ptr<Operation>;

/// Whether somebody may wait for it.
bool can_end(const OperationPointer& operation) {
  return operation == nullptr || !operation->is_captured;
}

}  // namespace

class Graph {
 public:
  std::vector<OperationPointer> operations;

  [[nodiscard]] bool has(const OperationPointer& operation) const {
    return std::ranges::find(operations, operation) != operations.end();
  }
};

class Stream {
 public:
  OperationPointer last;
  Graph* capturing = nullptr;
  OperationPointer before_capture;
};

class Event {
 public:
  OperationPointer recorded;
};

namespace {

class Runtime {
 public:
  static Runtime& only() {
    static Runtime runtime;
    return runtime;
  }

  cudaError_t status = cudaSuccess;
  std::string fault;
  std::vector<Stream*> streams;
  std::map<const void*, std::size_t> allowed_shared;
  std::map<void*, std::size_t> sizes;
  std::size_t used = 0;
  Graph* graph = nullptr;  // that is being captured

  void add(Stream& stream, std::function<void()> work, std::vector<OperationPointer> after = {}) {
    auto operation = std::make_shared<Operation>();
    operation->work = std::move(work);
    operation->after = std::move(after);
    if (stream.last != nullptr) operation->after.push_back(stream.last);
    stream.last = operation;
    if (stream.capturing != nullptr) {
      operation->is_captured = true;
      stream.capturing->operations.push_back(operation);
      return;
    }
    pending_.push_back(operation);
    if (chance_.at_once()) finish(operation);
  }

  /// The graph's operations once more, after all in the stream.
  void add(Stream& stream, const Graph& executable) {
    std::map<const Operation*, OperationPointer> made;
    std::vector<OperationPointer> all;
    for (const OperationPointer& operation : executable.operations) {
      auto again = std::make_shared<Operation>();
      again->work = operation->work;
      if (stream.last != nullptr) again->after.push_back(stream.last);
      for (const OperationPointer& other : operation->after) again->after.push_back(made.at(other.get()));
      made[operation.get()] = again;
      all.push_back(again);
      pending_.push_back(again);
    }
    add(
        stream, [] {}, std::move(all));
  }

  /// Until it is done, and whatever comes before it.
  void finish(const OperationPointer& operation) {
    while (operation != nullptr && !operation->is_done) run_one();
  }
  void finish_all() {
    while (!pending_.empty()) run_one();
  }

 private:
  void run_one() {
    std::vector<std::size_t> ready;
    for (std::size_t n = 0; n < pending_.size(); ++n) {
      if (pending_[n]->is_ready()) ready.push_back(n);
    }
    const std::size_t which = ready.at(chance_.below(static_cast<unsigned>(ready.size())));
    const OperationPointer operation = pending_[which];
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(which));
    if (status == cudaSuccess) {
      try {
        operation->work();
      } catch (const Fault& found) {
        status = cudaErrorLaunchFailure;
        fault = found.what();
      }
    }
    operation->is_done = true;
    operation->after.clear();
  }

  Chance chance_{0};
  std::vector<OperationPointer> pending_;
};

Runtime& runtime() {
  return Runtime::only();
}

}  // namespace

cudaError_t launch(const void* function, const Launch& launch, cudaStream_t stream) {
  constexpr unsigned most_across = 65535;  // but for x
  constexpr unsigned most_threads = 1024;
  const unsigned threads = launch.block.x * launch.block.y * launch.block.z;
  if (launch.grid.x == 0 || launch.grid.y == 0 || launch.grid.z == 0 || launch.grid.y > most_across ||
      launch.grid.z > most_across || threads == 0 || threads > most_threads) {
    return cudaErrorInvalidConfiguration;
  }
  const auto allowed = runtime().allowed_shared.find(function);
  if (launch.shared > (allowed == runtime().allowed_shared.end() ? usual_shared : allowed->second)) {
    return cudaErrorInvalidValue;
  }
  runtime().add(*stream, [launch] { run(launch); });
  return runtime().status;
}

}  // namespace emulated

using emulated::can_end;
using emulated::Graph;
using emulated::runtime;

const char* cudaGetErrorString(cudaError_t status) {
  switch (status) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorLaunchFailure:
      return runtime().fault.c_str();
    case cudaErrorStreamCaptureUnjoined:
      return "a captured stream was not joined to the one that began";
    default:
      return "invalid argument";
  }
}

cudaError_t cudaGetLastError() {
  return runtime().status;
}

cudaError_t cudaDeviceReset() {
  runtime().status = cudaSuccess;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device != 0) return cudaErrorInvalidValue;
  *properties = {};
  std::strncpy(properties->name, "an emulated device", sizeof(properties->name) - 1);
  properties->totalGlobalMem = emulated::all_memory;
  properties->major = emulated::generation() / 10;
  properties->minor = emulated::generation() % 10;
  properties->multiProcessorCount = emulated::multiprocessors;
  properties->sharedMemPerBlockOptin = emulated::shared_limit();
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* most) {
  *least = 0;
  *most = -5;
  return cudaSuccess;
}

cudaError_t cudaMallocBytes(void** memory, std::size_t bytes) {
  if (runtime().used + bytes > emulated::all_memory) return cudaErrorMemoryAllocation;
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*memory, 0xFF, bytes);
  runtime().sizes[*memory] = bytes;
  runtime().used += bytes;
  return cudaSuccess;
}

// As on a device, all that was asked for comes before.
cudaError_t cudaFree(void* memory) {
  if (memory == nullptr) return cudaSuccess;
  runtime().finish_all();
  const auto found = runtime().sizes.find(memory);
  if (found == runtime().sizes.end()) return cudaErrorInvalidValue;
  runtime().used -= found->second;
  runtime().sizes.erase(found);
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
  return cudaFree(memory);
}

cudaError_t cudaMemGetInfo(std::size_t* left, std::size_t* all) {
  *all = emulated::all_memory;
  *left = *all - runtime().used;
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  runtime().add(*stream, [=] { std::memset(to, value, bytes); });
  return runtime().status;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind /*kind*/,
                            cudaStream_t stream) {
  runtime().add(*stream, [=] { std::memmove(to, from, bytes); });
  return runtime().status;
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned /*flags*/, int /*priority*/) {
  *stream = new emulated::Stream;
  runtime().streams.push_back(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (stream->capturing != nullptr && stream->capturing == runtime().graph) {
    delete std::exchange(runtime().graph, nullptr);
  }
  runtime().finish(stream->capturing != nullptr ? stream->before_capture : stream->last);
  std::erase(runtime().streams, stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream->capturing != nullptr) return cudaErrorInvalidValue;
  runtime().finish(stream->last);
  return runtime().status;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  if (event->recorded == nullptr) return cudaSuccess;
  const bool is_captured = runtime().graph != nullptr && runtime().graph->has(event->recorded);
  if (!is_captured && !can_end(event->recorded)) return cudaErrorInvalidValue;
  if (is_captured && stream->capturing == nullptr) {
    stream->capturing = runtime().graph;
    stream->before_capture = std::exchange(stream->last, nullptr);
  }
  if (!is_captured && stream->capturing != nullptr) return cudaErrorInvalidValue;
  runtime().add(*stream, [] {}, {event->recorded});
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new emulated::Event;
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  return cudaEventCreate(event);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  runtime().add(*stream, [] {});
  event->recorded = stream->last;
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (!can_end(event->recorded)) return cudaErrorInvalidValue;
  runtime().finish(event->recorded);
  return runtime().status;
}

// Time is what it does not know.
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t /*begin*/, cudaEvent_t /*end*/) {
  *milliseconds = 1000;
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode /*mode*/) {
  if (runtime().graph != nullptr) return cudaErrorInvalidValue;
  runtime().graph = new Graph;
  stream->capturing = runtime().graph;
  stream->before_capture = std::exchange(stream->last, nullptr);
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (stream->capturing == nullptr) return cudaErrorInvalidValue;
  *graph = std::exchange(runtime().graph, nullptr);
  // All that was captured has to come before the last operation of the stream that began.
  std::vector<const emulated::Operation*> joined;
  if (stream->last != nullptr) joined.push_back(stream->last.get());
  for (std::size_t n = 0; n < joined.size(); ++n) {
    for (const auto& other : joined[n]->after) {
      if (std::ranges::find(joined, other.get()) == joined.end()) joined.push_back(other.get());
    }
  }
  for (emulated::Stream* captured : runtime().streams) {
    if (captured->capturing != *graph) continue;
    captured->capturing = nullptr;
    captured->last = std::exchange(captured->before_capture, nullptr);
  }
  if (joined.size() == (*graph)->operations.size()) return cudaSuccess;
  delete std::exchange(*graph, nullptr);
  return cudaErrorStreamCaptureUnjoined;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long /*flags*/) {
  *executable = new Graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  runtime().add(*stream, *executable);
  return runtime().status;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute /*attribute*/, int value) {
  if (static_cast<std::size_t>(value) > emulated::shared_limit()) return cudaErrorInvalidValue;
  runtime().allowed_shared[kernel] = static_cast<std::size_t>(value);
  return cudaSuccess;
}
