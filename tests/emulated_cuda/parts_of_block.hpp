// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include <array>
#include <atomic>
#include <barrier>
#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "emulated_cuda/emulator.hpp"

/// What a thread block and a cluster have to remember.
namespace emulated {

using Fiber = boost::context::fiber;

constexpr unsigned most_in_cluster = 8;

/// Stacks of fibers, kept for the next ones.
class Stacks {
 public:
  boost::context::stack_context allocate() {
    if (free_->empty()) return boost::context::protected_fixedsize_stack(1 << 16).allocate();
    const boost::context::stack_context stack = free_->back();
    free_->pop_back();
    return stack;
  }
  void deallocate(boost::context::stack_context& stack) { free_->push_back(stack); }

 private:
  struct Kept : std::vector<boost::context::stack_context> {
    ~Kept() {
      for (auto& stack : *this) boost::context::protected_fixedsize_stack(1 << 16).deallocate(stack);
    }
  };
  static Kept& kept() {
    thread_local Kept all;
    return all;
  }
  Kept* free_ = &kept();
};

/// Something that some wait for: it has happened once more.
using Counter = unsigned;

struct Thread {
  Fiber fiber;
  Fiber scheduler;
  uint3 index{};
  unsigned warp = 0;
  bool has_ended = false;
  const Counter* awaited = nullptr;  // it goes on when this is no longer `seen`
  Counter seen = 0;
  std::vector<std::pair<std::size_t, Copy>> copies;  // each with the number of its group
  std::size_t groups = 0;                            // that have ended
  bool has_unpublished = false;                      // what it copied, the tensor cores do not see yet

  [[nodiscard]] bool can_run() const { return !has_ended && (awaited == nullptr || *awaited != seen); }
};

struct Warp {
  unsigned first = 0;
  unsigned lanes = 0;  // that have not ended
  unsigned here = 0;
  const char* what = nullptr;
  std::array<void*, warp_size> arguments{};
  Counter meetings = 0;
  bool has_begun_products = false;
  std::size_t committed = 0;  // of the deferred
  std::vector<std::function<void()>> deferred;
};

struct Barrier {
  const std::uint64_t* at = nullptr;
  bool is_armed = false;
  std::size_t expected = 0;
  std::size_t arrived = 0;
  Counter phases = 0;
  std::vector<Copy> copies;
};

/// The blocks of a cluster, each in a thread of the host.
struct Cluster {
  explicit Cluster(unsigned size) : meeting(size) {}

  std::barrier<> meeting;
  std::array<const unsigned char*, most_in_cluster> memories{};
  std::array<std::atomic<bool>, most_in_cluster> is_alive{};
  std::array<std::atomic<Counter>, most_in_cluster> last_reads{};  // of each: after how many meetings of the reader
  std::array<Counter, most_in_cluster> meetings{};                 // of each, until it ended
  std::atomic<bool> is_broken = false;
};

}  // namespace emulated
