// SPDX-License-Identifier: Apache-2.0
// Grids of thread blocks, and the functions for their threads.
#include "emulated_cuda/emulator.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "emulated_cuda/thread_block.hpp"

// As CUDA's threads see them.
constinit thread_local uint3 threadIdx{};
constinit thread_local uint3 blockIdx{};
constinit thread_local dim3 blockDim{};
constinit thread_local dim3 gridDim{};

namespace emulated {
namespace {

constexpr unsigned most_threads = 1024;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::uint64_t seed() {
  static const std::uint64_t value = number_from("DIPPER_EMULATED_SEED", 1);
  return value;
}

/// Threads of the host, one for each block of a cluster.
class Workers {
 public:
  static Workers& all() {
    static Workers workers;
    return workers;
  }

  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// action(0) to action(count - 1), each in a thread of its own.
  void run(unsigned count, const std::function<void(unsigned)>& action) {
    std::unique_lock lock(mutex_);
    action_ = &action;
    count_ = count;
    left_ = count;
    ++job_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return left_ == 0; });
  }

 private:
  Workers() {
    for (unsigned n = 0; n < most_in_cluster; ++n) {
      threads_.emplace_back([this, n](const std::stop_token& stop) { work(n, stop); });
    }
  }
  ~Workers() {
    for (std::jthread& thread : threads_) thread.request_stop();
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  void work(unsigned n, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (unsigned long done = 0;;) {
      changed_.wait(lock, [&] { return stop.stop_requested() || job_ != done; });
      if (stop.stop_requested()) return;
      done = job_;
      if (n >= count_) continue;
      lock.unlock();
      (*action_)(n);
      lock.lock();
      if (--left_ == 0) changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void(unsigned)>* action_ = nullptr;
  unsigned count_ = 0;
  unsigned left_ = 0;
  unsigned long job_ = 0;
  std::vector<std::jthread> threads_;
};

// In any order: begins anywhere, and goes on in steps that come to each.
template <class Action>
void in_any_order(unsigned count, Chance chance, const Action& action) {
  const unsigned first = chance.below(count);
  unsigned step = 1 + chance.below(count);
  while (std::gcd(step, count) != 1) ++step;
  for (unsigned n = 0; n < count; ++n) action(static_cast<unsigned>((first + std::uint64_t{n} * step) % count));
}

void run_clusters(const Launch& launch, std::uint64_t number) {
  const unsigned size = launch.cluster;
  const unsigned clusters = launch.grid.x / size * launch.grid.y * launch.grid.z;
  in_any_order(clusters, Chance(number << 32), [&](unsigned n) {
    Cluster cluster(size);
    std::exception_ptr fault;  // the first
    Workers::all().run(size, [&](unsigned rank) {
      try {
        ThreadBlock(launch, number, n * size + rank, &cluster, rank).run();
      } catch (...) {
        if (!cluster.is_broken.exchange(true)) fault = std::current_exception();
        cluster.meeting.arrive_and_drop();
      }
    });
    if (fault != nullptr) std::rethrow_exception(fault);
    for (unsigned rank = 0; rank < size; ++rank) {
      if (cluster.last_reads[rank] >= std::max(cluster.meetings[rank], 1U)) {
        fail("memory of a thread block that may have ended");
      }
    }
  });
}

}  // namespace

void fail(const char* format, ...) {
  std::array<char, 500> text{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  throw Fault(text.data());
}

Chance::Chance(std::uint64_t number) : is_orderly_(seed() == 0), state_(seed()) {
  state_ = next() + number;
}

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
std::uint64_t Chance::next() {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

int generation() {
  static const auto value = static_cast<int>(number_from("DIPPER_EMULATED_SM", 90));
  return value;
}

bool has_warpgroups() {
  return generation() == 90;
}

std::size_t shared_limit() {
  if (has_warpgroups()) return most_shared;
  return generation() == 80 ? 163 * 1024 : 99 * 1024;
}

void run(const Launch& launch) {
  static std::uint64_t launches = 0;
  const std::uint64_t number = ++launches;
  const unsigned threads = launch.block.x * launch.block.y * launch.block.z;
  if (threads == 0 || threads > most_threads) fail("a thread block of %u threads", threads);
  if (launch.grid.x == 0 || launch.grid.y == 0 || launch.grid.z == 0) fail("a grid of no thread blocks");
  if (launch.grid.y > 65535 || launch.grid.z > 65535) fail("a grid that is too long in y or z");
  if (launch.shared > shared_limit()) fail("%zu bytes of shared memory", launch.shared);
  if (launch.cluster > 1) {
    if (!has_warpgroups() || launch.cluster > most_in_cluster || launch.grid.x % launch.cluster != 0) {
      fail("clusters of %u in a row of %u", launch.cluster, launch.grid.x);
    }
    return run_clusters(launch, number);
  }
  in_any_order(launch.grid.x * launch.grid.y * launch.grid.z, Chance(number << 32),
               [&](unsigned n) { ThreadBlock(launch, number, n, nullptr, 0).run(); });
}

void* dynamic_shared() {
  return shared_memory;
}

std::uint32_t shared_offset(const void* at) {
  return static_cast<std::uint32_t>(static_cast<const unsigned char*>(at) - shared_memory);
}

void meet_warp(const char* what, void* mine, void (*together)(void* const* all)) {
  ThreadBlock::current().meet_warp(what, mine, together);
}

int meet_block(bool is_true) {
  return ThreadBlock::current().meet(is_true);
}

void meet_cluster() {
  ThreadBlock::current().meet_cluster();
}

const void* of_rank(const void* at, int rank) {
  return ThreadBlock::current().of_rank(at, rank);
}

bool Copy::is_of_whole_pieces() const {
  return (reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from) | bytes) % 16 == 0;
}

void Copy::finish() const {
  if (from == nullptr) {
    std::memset(to, 0, bytes);
  } else {
    std::memcpy(to, from, bytes);
  }
}

void start_copy(const Copy& copy) {
  ThreadBlock::current().start_copy(copy);
}

void end_copies() {
  ThreadBlock::current().end_copies();
}

void wait_for_copies(std::size_t pending_groups) {
  ThreadBlock::current().wait_for_copies(pending_groups);
}

void make_barrier(std::uint64_t* barrier) {
  ThreadBlock::current().make_barrier(barrier);
}

void expect_bytes(std::uint64_t* barrier, std::size_t bytes) {
  ThreadBlock::current().expect_bytes(barrier, bytes);
}

void start_copy(const Copy& copy, std::uint64_t* barrier) {
  ThreadBlock::current().start_copy(copy, barrier);
}

void wait_for_phase(std::uint64_t* barrier, unsigned phase) {
  ThreadBlock::current().wait_for_phase(barrier, phase);
}

void publish() {
  ThreadBlock::current().publish();
}

void begin_products() {
  ThreadBlock::current().begin_products();
}

void multiply(std::function<void()> product) {
  ThreadBlock::current().multiply(std::move(product));
}

void commit_products() {
  ThreadBlock::current().commit_products();
}

void finish_products() {
  ThreadBlock::current().finish_products();
}

}  // namespace emulated
