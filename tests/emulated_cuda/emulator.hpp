// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>

/// A GPU for tests on machines that have none: the sources of kernels/cuda, compiled as C++ beside the headers of this
/// folder, run on the host. Each CUDA thread is a fiber that runs on until it meets others: in its warp, its thread
/// block or its cluster, whose blocks are threads of the host. What CUDA leaves open is drawn at random: which warp
/// goes on first, and which of its lanes, in which order blocks and streams run, and whether a copy or a product for
/// which nobody has waited yet is done at once or at the last moment. So what depends on any of it soon gives other
/// bits.
///
/// It stops what a device would not forgive: lanes of a warp that do not meet, barriers at which some never come,
/// copies or products that a thread block leaves behind, memory of a cluster that is no more, launches beyond a
/// device's limits; and bytes that come before a barrier expects them, which PTX allows. It does not know: banks,
/// caches, registers, the memory model's weaker orders, how the tensor cores round their sums, thread blocks (but a
/// cluster's) and grids that run at the same time, and time itself. Shared variables that have a size begin with what
/// the last thread block left, and memory of a launch with what is no number.
///
/// DIPPER_EMULATED_SEED: 0 for everything at once and in order; 1 unless set. DIPPER_EMULATED_SM: the generation, 90
/// unless set. Others have neither clusters nor products of warpgroups, and less shared memory: 80 of servers, and 86,
/// which stands for all GPUs of desktops.
namespace emulated {

struct Size {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
};

/// What the device would have stopped at.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] void fail(const char* format, ...);

/// Numbers for what is left open.
class Chance {
 public:
  /// `number`: of what is drawn for, among all that have happened.
  explicit Chance(std::uint64_t number);
  /// Whether to do something at once that may wait.
  bool at_once() { return is_orderly_ || below(2) == 0; }
  /// 0 if all is in order.
  unsigned below(unsigned count) { return is_orderly_ ? 0 : static_cast<unsigned>((next() >> 33) % count); }

 private:
  std::uint64_t next();

  bool is_orderly_;
  std::uint64_t state_;
};

/// The compute capability, times ten.
[[nodiscard]] int generation();
/// Whether it is a Hopper.
[[nodiscard]] bool has_warpgroups();
/// Bytes of shared memory that a thread block can ask for.
[[nodiscard]] std::size_t shared_limit();

/// A kernel with its arguments, for all threads of a grid.
struct Launch {
  Size grid, block;
  unsigned cluster = 1;  // along x
  std::size_t shared = 0;
  std::function<void()> kernel;
};
/// Throws Fault. One at a time.
void run(const Launch& launch);

/// The rest is for the threads of a kernel.

void* dynamic_shared();
/// In the dynamic shared memory of this thread block, from its begin on.
[[nodiscard]] std::uint32_t shared_offset(const void* at);

constexpr int warp_size = 32;
/// All lanes meet, each with an argument of its own, and the last to come runs `together` on those of all. `what` tells
/// them apart from lanes that are elsewhere, by its address.
void meet_warp(const char* what, void* mine, void (*together)(void* const* all));
/// All threads of the thread block that are still there; returns for how many it is true.
int meet_block(bool is_true);
void meet_cluster();
/// Where another block of the cluster has what this one has at `at`.
[[nodiscard]] const void* of_rank(const void* at, int rank);

/// Bytes on their way to shared memory; without `from`, zeros.
struct Copy {
  void* to;
  const void* from;
  std::size_t bytes;

  /// Of 16 bytes each, at places of that alignment.
  [[nodiscard]] bool is_of_whole_pieces() const;
  void finish() const;
};
/// By groups of this thread.
void start_copy(const Copy& copy);
void end_copies();
void wait_for_copies(std::size_t pending_groups);

/// By barriers of the thread block.
void make_barrier(std::uint64_t* barrier);
void expect_bytes(std::uint64_t* barrier, std::size_t bytes);
void start_copy(const Copy& copy, std::uint64_t* barrier);
void wait_for_phase(std::uint64_t* barrier, unsigned phase);

/// What the calling thread has copied, the tensor cores see.
void publish();
/// Of the calling thread's warp, whose lanes meet for each: `product` is done when commit_products() and
/// finish_products() have been called, or earlier.
void begin_products();
void multiply(std::function<void()> product);
void commit_products();
void finish_products();

}  // namespace emulated
