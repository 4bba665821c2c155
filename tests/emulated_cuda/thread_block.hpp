// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "emulated_cuda/emulator.hpp"
#include "emulated_cuda/parts_of_block.hpp"

/// A thread block, whose threads are fibers.
namespace emulated {

constexpr std::size_t most_shared = 227 * 1024;  // of any generation
constexpr unsigned char no_number = 0xFF;        // each byte of a float that is none
constexpr std::size_t beyond = 1024;             // bytes after the shared memory of a launch, in which nobody may write
constexpr std::uint64_t no_memory = 0xB0A41E4;   // where a barrier lies, whose memory may be nothing else's

/// Each thread block is run by one thread of the host, and its shared memory is that thread's own.
alignas(1024) inline thread_local unsigned char shared_memory[most_shared + beyond];

class ThreadBlock {
 public:
  ThreadBlock(const Launch& launch, std::uint64_t launch_number, unsigned number, Cluster* cluster, unsigned rank)
      : launch_(launch), cluster_(cluster), rank_(rank), chance_((launch_number << 32) + number + 1) {
    const unsigned row = number / launch.grid.x;
    const Size index{number % launch.grid.x, row % launch.grid.y, row / launch.grid.y};
    blockIdx = {index.x, index.y, index.z};
    blockDim = {launch.block.x, launch.block.y, launch.block.z};
    gridDim = {launch.grid.x, launch.grid.y, launch.grid.z};
    std::memset(shared_memory, no_number, launch.shared + beyond);
    const unsigned count = launch.block.x * launch.block.y * launch.block.z;
    threads_.resize(count);
    warps_.resize((count + warp_size - 1) / warp_size);
    for (unsigned n = 0; n < count; ++n) {
      Thread& thread = threads_[n];
      const unsigned line = n / launch.block.x;
      thread.index = {n % launch.block.x, line % launch.block.y, line / launch.block.y};
      thread.warp = n / warp_size;
      ++warps_[thread.warp].lanes;
    }
    for (unsigned w = 0; w < warps_.size(); ++w) warps_[w].first = w * warp_size;
    alive_ = count;
  }
  ThreadBlock(const ThreadBlock&) = delete;
  ThreadBlock& operator=(const ThreadBlock&) = delete;

  void run() {
    current_ = this;
    if (cluster_ != nullptr) enter_cluster();
    std::vector<unsigned> order(warps_.size());
    std::iota(order.begin(), order.end(), 0U);
    while (alive_ > 0) {
      for (unsigned n = 0; n + 1 < order.size(); ++n) {
        std::swap(order[n], order[n + chance_.below(static_cast<unsigned>(order.size()) - n)]);
      }
      bool has_moved = false;
      for (const unsigned w : order) has_moved = run_warp(warps_[w]) || has_moved;
      if (has_moved || finish_a_copy()) continue;
      if (!is_at_cluster_) fail("a thread block waits for what never comes: %s", state().c_str());
      meet_others();
      is_at_cluster_ = false;
      ++cluster_meetings_;
    }
    const auto after = std::span(shared_memory).subspan(launch_.shared, beyond);
    if (std::ranges::any_of(after, [](int at) { return at != no_number; })) {
      fail("a thread block wrote beyond its shared memory");
    }
    for (const Warp& warp : warps_) {
      if (!warp.deferred.empty()) fail("a thread block ended while its products were not done");
    }
    for (const Barrier& barrier : barriers_) {
      check_memory(barrier);
      if (!barrier.copies.empty()) fail("a thread block ended while its bulk copies were on their way");
    }
    if (cluster_ != nullptr) {
      cluster_->meetings[rank_] = cluster_meetings_;
      cluster_->is_alive[rank_] = false;
      cluster_->meeting.arrive_and_drop();
    }
  }

  [[nodiscard]] static ThreadBlock& current() { return *current_; }

  void meet_warp(const char* what, void* mine, void (*together)(void* const* all)) {
    Warp& warp = warps_[running_->warp];
    const auto lane = static_cast<unsigned>(running_ - threads_.data()) - warp.first;
    if (warp.lanes != warp_size) fail("%s in a warp of %u lanes", what, warp.lanes);
    if (warp.here > 0 && warp.what != what) fail("lanes of a warp at %s and at %s", warp.what, what);
    warp.what = what;
    warp.arguments[lane] = mine;
    if (++warp.here < warp_size) return wait(warp.meetings);
    warp.here = 0;
    together(warp.arguments.data());
    ++warp.meetings;
  }

  int meet(bool is_true) {
    count_ += is_true ? 1 : 0;
    ++here_;
    if (!meet_if_all_are_here()) wait(meetings_);
    return last_count_;
  }

  // A thread block of a launch without clusters is one.
  void meet_cluster() {
    ++at_cluster_;
    if (!meet_cluster_if_all_are_here()) wait(cluster_meetings_);
  }

  [[nodiscard]] const void* of_rank(const void* at, int rank) const {
    if (rank < 0 || rank >= static_cast<int>(launch_.cluster)) fail("no thread block %d in the cluster", rank);
    if (cluster_ == nullptr) return at;
    if (cluster_meetings_ == 0) fail("memory of a thread block that may not have begun");
    if (!cluster_->is_alive[rank]) fail("memory of a thread block that has ended");
    auto& last = cluster_->last_reads[rank];
    Counter before = last;
    while (before < cluster_meetings_ && !last.compare_exchange_weak(before, cluster_meetings_)) {
    }
    return cluster_->memories[rank] + (static_cast<const unsigned char*>(at) - shared_memory);
  }

  void start_copy(const Copy& copy) {
    if (!copy.is_of_whole_pieces()) fail("a copy is not of whole pieces");
    if (chance_.at_once()) copy.finish();
    running_->copies.emplace_back(running_->groups, copy);
  }
  void end_copies() { ++running_->groups; }
  void wait_for_copies(std::size_t pending_groups) {
    std::erase_if(running_->copies, [&](const auto& copy) {
      if (copy.first + pending_groups >= running_->groups) return false;
      copy.second.finish();  // those that came at once too: nobody may have written there since
      running_->has_unpublished = true;
      return true;
    });
  }

  void publish() { running_->has_unpublished = false; }

  void make_barrier(std::uint64_t* at) {
    const std::size_t place = shared_offset(at);
    if (place % sizeof(*at) != 0 || place + sizeof(*at) > launch_.shared) fail("a barrier outside of shared memory");
    if (std::ranges::any_of(barriers_, [&](const Barrier& barrier) { return barrier.at == at; })) {
      fail("a barrier was made twice");
    }
    barriers_.emplace_back().at = at;
    *at = no_memory;
  }
  void expect_bytes(const std::uint64_t* at, std::size_t bytes) {
    Barrier& barrier = find(at);
    if (barrier.is_armed) fail("a barrier expects twice in one phase");
    barrier.is_armed = bytes > 0;
    barrier.expected = bytes;
    if (bytes == 0) ++barrier.phases;
  }
  void start_copy(const Copy& copy, const std::uint64_t* at) {
    if (!copy.is_of_whole_pieces()) fail("a bulk copy is not of whole pieces");
    Barrier& barrier = find(at);
    barrier.copies.push_back(copy);
    if (chance_.at_once()) finish_last_copy(barrier);
  }
  void wait_for_phase(const std::uint64_t* at, unsigned phase) {
    const Barrier& barrier = find(at);
    while ((barrier.phases + phase) % 2 == 0) wait(barrier.phases);  // only the parity can be asked for
  }

  void begin_products() { warps_[running_->warp].has_begun_products = true; }
  void multiply(std::function<void()> product) {
    Warp& warp = warps_[running_->warp];
    if (!warp.has_begun_products) fail("a product after registers were written, without a fence");
    if (std::ranges::any_of(threads_, &Thread::has_unpublished)) {
      fail("a product while copies are not published to the tensor cores");
    }
    warp.deferred.push_back(std::move(product));
    // In order, so that the sums are the same.
    if (chance_.at_once()) finish(warp, warp.deferred.size());
  }
  void commit_products() {
    Warp& warp = warps_[running_->warp];
    warp.committed = warp.deferred.size();
  }
  void finish_products() {
    Warp& warp = warps_[running_->warp];
    finish(warp, warp.committed);
    warp.has_begun_products = false;
  }

 private:
  static inline thread_local ThreadBlock* current_ = nullptr;

  // Until none of its lanes can go on. They follow one another from any of them on, in one direction or the other.
  bool run_warp(const Warp& warp) {
    bool has_moved = false;
    const unsigned lanes = std::min<unsigned>(warp_size, static_cast<unsigned>(threads_.size()) - warp.first);
    const unsigned first = chance_.below(lanes);
    const unsigned step = 1 + chance_.below(2) * (lanes > 1 ? lanes - 2 : 0);
    for (bool again = true; again;) {
      again = false;
      for (unsigned n = 0; n < lanes; ++n) {
        Thread& thread = threads_[warp.first + (first + n * step) % lanes];
        if (!thread.can_run()) continue;
        resume(thread);
        again = has_moved = true;
      }
    }
    return has_moved;
  }

  static void finish(Warp& warp, std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) warp.deferred[n]();
    warp.deferred.erase(warp.deferred.begin(), warp.deferred.begin() + static_cast<std::ptrdiff_t>(count));
    warp.committed = 0;
  }

  void resume(Thread& thread) {
    if (!thread.fiber) {
      thread.fiber = Fiber(std::allocator_arg, Stacks(), [this, &thread](Fiber&& scheduler) {
        thread.scheduler = std::move(scheduler);
        try {
          launch_.kernel();
          if (!thread.copies.empty()) fail("a thread ended while its copies were on their way");
        } catch (const Fault&) {
          fault_ = std::current_exception();
        }
        thread.has_ended = true;
        return std::move(thread.scheduler);
      });
    }
    running_ = &thread;
    thread.awaited = nullptr;
    threadIdx = thread.index;
    thread.fiber = std::move(thread.fiber).resume();
    if (fault_ != nullptr) std::rethrow_exception(fault_);
    if (!thread.has_ended) return;
    --alive_;
    --warps_[thread.warp].lanes;
    if (alive_ == 0) return;
    meet_if_all_are_here();  // who has ended is not waited for
    meet_cluster_if_all_are_here();
  }

  void wait(const Counter& counter) {
    Thread& thread = *running_;
    thread.awaited = &counter;
    thread.seen = counter;
    thread.scheduler = std::move(thread.scheduler).resume();
  }

  bool meet_if_all_are_here() {
    if (here_ == 0 || here_ < alive_) return false;
    last_count_ = count_;
    here_ = 0;
    count_ = 0;
    ++meetings_;
    return true;
  }

  // Whether the cluster has met: where it has other blocks, run() waits for them first.
  bool meet_cluster_if_all_are_here() {
    if (at_cluster_ == 0 || at_cluster_ < alive_) return false;
    at_cluster_ = 0;
    is_at_cluster_ = cluster_ != nullptr;
    if (!is_at_cluster_) ++cluster_meetings_;
    return !is_at_cluster_;
  }

  static void check_memory(const Barrier& barrier) {
    if (*barrier.at != no_memory) fail("a barrier's memory was overwritten");
  }

  [[nodiscard]] Barrier& find(const std::uint64_t* at) {
    const auto found = std::ranges::find(barriers_, at, &Barrier::at);
    if (found == barriers_.end()) fail("a barrier that nobody made");
    check_memory(*found);
    return *found;
  }

  bool finish_a_copy() {
    std::vector<Barrier*> waiting;
    for (Barrier& barrier : barriers_) {
      if (!barrier.copies.empty()) waiting.push_back(&barrier);
    }
    if (waiting.empty()) return false;
    finish_last_copy(*waiting[chance_.below(static_cast<unsigned>(waiting.size()))]);
    return true;
  }

  static void finish_last_copy(Barrier& barrier) {
    const Copy copy = barrier.copies.back();
    barrier.copies.pop_back();
    copy.finish();
    barrier.arrived += copy.bytes;
    if (!barrier.is_armed) fail("bytes that a barrier does not expect");
    if (barrier.arrived > barrier.expected) fail("more bytes than a barrier expects");
    if (barrier.arrived < barrier.expected) return;
    barrier.arrived = 0;
    barrier.is_armed = false;
    ++barrier.phases;
  }

  void enter_cluster() {
    cluster_->memories[rank_] = shared_memory;
    cluster_->is_alive[rank_] = true;
    meet_others();
  }

  // Those that are still there.
  void meet_others() {
    cluster_->meeting.arrive_and_wait();
    if (cluster_->is_broken) fail("another thread block of the cluster failed");
  }

  [[nodiscard]] std::string state() const {
    std::string text = std::to_string(alive_) + " threads, " + std::to_string(here_) + " of them at __syncthreads(), " +
                       std::to_string(at_cluster_) + " where a cluster meets";
    for (const Warp& warp : warps_) {
      if (warp.here > 0) text += ", " + std::to_string(warp.here) + " lanes of a warp at " + warp.what;
    }
    return text;
  }

  const Launch& launch_;
  Cluster* cluster_;
  unsigned rank_;
  Chance chance_;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::deque<Barrier> barriers_;
  Thread* running_ = nullptr;
  std::exception_ptr fault_;
  unsigned alive_ = 0;

  unsigned here_ = 0;
  int count_ = 0;
  int last_count_ = 0;
  Counter meetings_ = 0;

  unsigned at_cluster_ = 0;
  bool is_at_cluster_ = false;
  Counter cluster_meetings_ = 0;
};

}  // namespace emulated
