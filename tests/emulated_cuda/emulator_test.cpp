// SPDX-License-Identifier: Apache-2.0
// The emulated device finds what it is there to find.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <set>
#include <string>

#include <cuda_runtime.h>

namespace {

using emulated::Fault;
using emulated::Launch;

constexpr int tries = 64;

Launch launch_of(std::function<void()> kernel, unsigned threads = 64, unsigned blocks = 1) {
  Launch launch;
  launch.kernel = std::move(kernel);
  launch.block.x = threads;
  launch.grid.x = blocks;
  launch.shared = 1024;
  return launch;
}

std::string fault_of(const Launch& launch) {
  try {
    emulated::run(launch);
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}

float* shared() {
  return static_cast<float*>(emulated::dynamic_shared());
}

/// What thread 0 finds of the other warp's, over many launches.
std::set<bool> has_seen(bool with_barrier) {
  std::set<bool> seen;
  for (int n = 0; n < tries; ++n) {
    emulated::run(launch_of([&] {
      if (threadIdx.x == 32) shared()[0] = 7;
      if (with_barrier) __syncthreads();
      if (threadIdx.x == 0) seen.insert(shared()[0] == 7);
    }));
  }
  return seen;
}

TEST(EmulatedDevice, WarpsGoOnInAnyOrderUntilTheyMeet) {
  EXPECT_EQ(has_seen(false), (std::set{false, true}));
  EXPECT_EQ(has_seen(true), (std::set{true}));
}

TEST(EmulatedDevice, SharedMemoryHoldsNoNumbersAtFirst) {
  emulated::run(launch_of([] { shared()[threadIdx.x] = 1; }));
  bool all_are_none = true;
  emulated::run(launch_of([&] { all_are_none = all_are_none && std::isnan(shared()[threadIdx.x]); }));
  EXPECT_TRUE(all_are_none);
}

TEST(EmulatedDevice, LanesGetWhatOthersHave) {
  std::array<int, 32> got{};
  std::array<int, 32> with{};
  emulated::run(launch_of(
      [&] {
        const int lane = static_cast<int>(threadIdx.x);
        got[lane] = __shfl_sync(~0U, lane * lane, 31 - lane);
        with[lane] = __shfl_xor_sync(~0U, lane, 5);
      },
      32));
  for (int lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(got[lane], (31 - lane) * (31 - lane));
    EXPECT_EQ(with[lane], lane ^ 5);
  }
}

TEST(EmulatedDevice, WhoHasEndedIsNotWaitedForAtABarrier) {
  int count = 0;
  emulated::run(launch_of([&] {
    if (threadIdx.x % 3 == 0) return;
    count = __syncthreads_count(threadIdx.x % 2);
  }));
  EXPECT_EQ(count, 21);  // of 1, 5, 7, 11 ... 61
}

TEST(EmulatedDevice, StopsAtLanesThatDoNotMeet) {
  EXPECT_EQ(fault_of(launch_of([] { __shfl_sync(~0U, 1, 0); }, 16)), "__shfl_sync() in a warp of 16 lanes");
  const std::string apart =
      fault_of(launch_of([] { threadIdx.x < 5 ? __shfl_sync(~0U, 1, 0) : __shfl_xor_sync(~0U, 1, 1); }, 32));
  EXPECT_TRUE(apart == "lanes of a warp at __shfl_sync() and at __shfl_xor_sync()" ||
              apart == "lanes of a warp at __shfl_xor_sync() and at __shfl_sync()")
      << apart;
  EXPECT_EQ(fault_of(launch_of(
                [] {
                  if (threadIdx.x < 5) __shfl_sync(~0U, 1, 0);
                  if (threadIdx.x >= 5) __syncthreads();
                },
                32)),
            "a thread block waits for what never comes: 32 threads, 27 of them at __syncthreads(), 0 where a cluster "
            "meets, 5 lanes of a warp at __shfl_sync()");
}

TEST(EmulatedDevice, StopsAtWhatADeviceDoesNotHave) {
  EXPECT_EQ(fault_of(launch_of([] {}, 1025)), "a thread block of 1025 threads");
  EXPECT_EQ(fault_of(launch_of([] { shared()[256] = 0; })), "a thread block wrote beyond its shared memory");
  Launch launch = launch_of([] {}, 32, 3);
  launch.cluster = 2;
  EXPECT_EQ(fault_of(launch), "clusters of 2 in a row of 3");
}

TEST(EmulatedDevice, CopiesComeAtOnceOrWhenTheyAreWaitedFor) {
  std::set<bool> early;
  const float value = 7;
  alignas(16) const std::array<float, 4> from{value, value, value, value};
  for (int n = 0; n < tries; ++n) {
    emulated::run(launch_of(
        [&] {
          emulated::start_copy({shared(), from.data(), sizeof(from)});
          emulated::end_copies();
          early.insert(shared()[0] == value);
          emulated::wait_for_copies(1);  // for none
          emulated::wait_for_copies(0);
          EXPECT_EQ(shared()[0], value);
        },
        1));
  }
  EXPECT_EQ(early, (std::set{false, true}));
}

void copy_in_bulk(const float* from, std::size_t expected, bool waits) {
  auto* const barrier = reinterpret_cast<std::uint64_t*>(shared() + 128);
  if (threadIdx.x == 0) {
    emulated::make_barrier(barrier);
    if (expected > 0) emulated::expect_bytes(barrier, expected);
    emulated::start_copy({shared(), from, 16}, barrier);
  }
  __syncthreads();
  if (waits) emulated::wait_for_phase(barrier, 0);
}

TEST(EmulatedDevice, BulkCopiesEndThePhaseOfABarrier) {
  alignas(16) const std::array<float, 4> from{1, 2, 3, 4};
  for (int n = 0; n < tries; ++n) {
    emulated::run(launch_of([&] {
      copy_in_bulk(from.data(), 16, true);
      EXPECT_EQ(shared()[3], 4);
    }));
  }
  EXPECT_EQ(fault_of(launch_of([&] { copy_in_bulk(from.data(), 0, true); })), "bytes that a barrier does not expect");
  EXPECT_EQ(
      fault_of(launch_of([&] { copy_in_bulk(from.data(), 32, true); })),
      "a thread block waits for what never comes: 64 threads, 0 of them at __syncthreads(), 0 where a cluster meets");
  std::set<std::string> faults;
  for (int n = 0; n < tries; ++n) faults.insert(fault_of(launch_of([&] { copy_in_bulk(from.data(), 16, false); })));
  EXPECT_TRUE(faults.contains("a thread block ended while its bulk copies were on their way"));
}

TEST(EmulatedDevice, ABarriersMemoryIsNothingElses) {
  EXPECT_EQ(fault_of(launch_of([] {
              auto* const barrier = reinterpret_cast<std::uint64_t*>(shared() + 128);
              if (threadIdx.x == 0) emulated::make_barrier(barrier);
              __syncthreads();
              if (threadIdx.x == 1) shared()[128] = 0;
            })),
            "a barrier's memory was overwritten");
}

TEST(EmulatedDevice, ProductsAreFencedCommittedAndOfWhatWasPublished) {
  alignas(16) const std::array<float, 4> from{};
  const auto multiply = [&](bool with_fence, bool with_publishing, bool with_commit) {
    return fault_of(launch_of([&, with_fence, with_publishing, with_commit] {
      if (threadIdx.x > 0) return;
      emulated::start_copy({shared(), from.data(), sizeof(from)});
      emulated::end_copies();
      emulated::wait_for_copies(0);
      if (with_publishing) emulated::publish();
      if (with_fence) emulated::begin_products();
      emulated::multiply([] {});
      if (with_commit) emulated::commit_products();
      emulated::finish_products();
    }));
  };
  EXPECT_EQ(multiply(true, true, true), "");
  EXPECT_EQ(multiply(false, true, true), "a product after registers were written, without a fence");
  EXPECT_EQ(multiply(true, false, true), "a product while copies are not published to the tensor cores");
  std::set<std::string> faults;
  for (int n = 0; n < tries; ++n) faults.insert(multiply(true, true, false));
  EXPECT_TRUE(faults.contains("a thread block ended while its products were not done"));
}

TEST(EmulatedDevice, BlocksOfAClusterReadEachOthersMemoryWhileTheyLive) {
  Launch launch = launch_of(
      [] {
        __shared__ float own;
        if (threadIdx.x == 0) own = static_cast<float>(blockIdx.x);
        emulated::meet_cluster();
        const auto other = static_cast<int>(1 - blockIdx.x % 2);
        const float read = *static_cast<const float*>(emulated::of_rank(&own, other));
        EXPECT_EQ(read, static_cast<float>(blockIdx.x / 2 * 2 + other));
        emulated::meet_cluster();
      },
      64, 8);
  launch.cluster = 2;
  emulated::run(launch);

  launch.kernel = [] {
    if (blockIdx.x % 2 == 1) return;
    emulated::meet_cluster();
    static_cast<void>(emulated::of_rank(shared(), 1));
  };
  EXPECT_EQ(fault_of(launch), "memory of a thread block that has ended");

  launch.kernel = [] { static_cast<void>(emulated::of_rank(shared(), 1)); };
  EXPECT_EQ(fault_of(launch), "memory of a thread block that may not have begun");
  launch.kernel = [] {
    emulated::meet_cluster();
    static_cast<void>(emulated::of_rank(shared(), 1));
  };
  for (int n = 0; n < tries; ++n) {
    const std::string fault = fault_of(launch);  // as the host's threads go
    EXPECT_TRUE(fault == "memory of a thread block that has ended" ||
                fault == "memory of a thread block that may have ended")
        << fault;
  }
}

/// Two streams of which one writes what the other reads.
class EmulatedStreams : public testing::Test {
 protected:
  void SetUp() override {
    EXPECT_EQ(cudaMalloc(&value_, sizeof(int)), cudaSuccess);
    for (cudaStream_t& stream : streams_) EXPECT_EQ(cudaStreamCreateWithPriority(&stream, 0, 0), cudaSuccess);
    EXPECT_EQ(cudaEventCreate(&event_), cudaSuccess);
  }
  void TearDown() override {
    cudaFree(value_);
    for (cudaStream_t stream : streams_) cudaStreamDestroy(stream);
    cudaEventDestroy(event_);
  }
  void set(int to) { EXPECT_EQ(cudaMemsetAsync(value_, to, sizeof(int), streams_[0]), cudaSuccess); }
  void read(int stream, int* to) {
    EXPECT_EQ(cudaMemcpyAsync(to, value_, sizeof(int), cudaMemcpyDeviceToHost, streams_[stream]), cudaSuccess);
  }
  void order() {
    EXPECT_EQ(cudaEventRecord(event_, streams_[0]), cudaSuccess);
    EXPECT_EQ(cudaStreamWaitEvent(streams_[1], event_, 0), cudaSuccess);
  }
  void finish() {
    for (cudaStream_t stream : streams_) EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  }

  int* value_ = nullptr;
  std::array<cudaStream_t, 2> streams_{};
  cudaEvent_t event_ = nullptr;
};

TEST_F(EmulatedStreams, GoOnInAnyOrderThatTheirEventsAllow) {
  for (const bool with_event : {false, true}) {
    std::set<int> seen;
    for (int n = 0; n < tries; ++n) {
      int got = -1;
      set(0);
      finish();
      set(1);
      if (with_event) order();
      read(1, &got);
      finish();
      seen.insert(got & 1);
    }
    EXPECT_EQ(seen.size(), with_event ? 1 : 2);
  }
}

TEST_F(EmulatedStreams, ReadTheHostAsLateAsTheyMay) {
  std::set<int> seen;
  for (int n = 0; n < tries; ++n) {
    int from = 0;
    int got = -1;
    EXPECT_EQ(cudaMemcpyAsync(value_, &from, sizeof(int), cudaMemcpyHostToDevice, streams_[0]), cudaSuccess);
    from = 1;  // too early
    read(0, &got);
    finish();
    seen.insert(got);
  }
  EXPECT_EQ(seen, (std::set{0, 1}));
}

TEST_F(EmulatedStreams, AreCapturedTogetherWhenAnEventJoinsThem) {
  int got = -1;
  ASSERT_EQ(cudaStreamBeginCapture(streams_[0], cudaStreamCaptureModeRelaxed), cudaSuccess);
  set(3);
  order();
  read(1, &got);
  EXPECT_EQ(cudaEventRecord(event_, streams_[1]), cudaSuccess);
  EXPECT_EQ(cudaStreamWaitEvent(streams_[0], event_, 0), cudaSuccess);
  set(5);
  cudaGraph_t graph = nullptr;
  ASSERT_EQ(cudaStreamEndCapture(streams_[0], &graph), cudaSuccess);
  EXPECT_EQ(got, -1);  // nothing has been done yet
  cudaGraphExec_t executable = nullptr;
  ASSERT_EQ(cudaGraphInstantiate(&executable, graph, 0), cudaSuccess);
  cudaGraphDestroy(graph);
  for (int n = 0; n < tries; ++n) {
    got = -1;
    int after = -1;
    EXPECT_EQ(cudaGraphLaunch(executable, streams_[0]), cudaSuccess);
    read(0, &after);
    finish();
    EXPECT_EQ(got & 0xFF, 3);
    EXPECT_EQ(after & 0xFF, 5);
  }
  cudaGraphExecDestroy(executable);
}

TEST_F(EmulatedStreams, AreNotCapturedUnlessTheyJoin) {
  int got = -1;
  ASSERT_EQ(cudaStreamBeginCapture(streams_[0], cudaStreamCaptureModeRelaxed), cudaSuccess);
  set(3);
  order();
  read(1, &got);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(streams_[0], &graph), cudaErrorStreamCaptureUnjoined);
  EXPECT_EQ(graph, nullptr);
}

TEST_F(EmulatedStreams, SayWhatAKernelStoppedAt) {
  const auto kernel = +[](int) { __shfl_sync(~0U, 1, 0); };
  cudaLaunchConfig_t config{dim3(1), dim3(7), 0, streams_[0], nullptr, 0};
  static_cast<void>(cudaLaunchKernelEx(&config, kernel, 1));
  const cudaError_t status = cudaStreamSynchronize(streams_[0]);
  EXPECT_EQ(status, cudaErrorLaunchFailure);
  EXPECT_STREQ(cudaGetErrorString(status), "__shfl_sync() in a warp of 7 lanes");
  cudaDeviceReset();
  config.dynamicSmemBytes = 100 * 1024;  // which it has not asked for
  EXPECT_EQ(cudaLaunchKernelEx(&config, kernel, 1), cudaErrorInvalidValue);
}

TEST_F(EmulatedStreams, TakeNoGridsThatADeviceCannotHave) {
  const auto kernel = +[](int) {};
  const auto answer = [&](dim3 grid, dim3 block) {
    const cudaLaunchConfig_t config{grid, block, 0, streams_[0], nullptr, 0};
    return cudaLaunchKernelEx(&config, kernel, 1);
  };
  EXPECT_EQ(answer(dim3(1, 65535, 1), dim3(1)), cudaSuccess);
  EXPECT_EQ(answer(dim3(1, 65536, 1), dim3(1)), cudaErrorInvalidConfiguration);
  EXPECT_EQ(answer(dim3(1, 1, 65536), dim3(1)), cudaErrorInvalidConfiguration);
  EXPECT_EQ(answer(dim3(0), dim3(1)), cudaErrorInvalidConfiguration);
  EXPECT_EQ(answer(dim3(1), dim3(32, 33)), cudaErrorInvalidConfiguration);
}

}  // namespace
