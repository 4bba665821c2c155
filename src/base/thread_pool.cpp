// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.hpp"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

namespace dipper {
namespace {

// About 50 microseconds: longer than the gap between two layers, shorter than anything a person pays for.
constexpr int spins_before_sleep = 2000;

// door_: the round in the upper half, then this bit, and below it the number of helpers at work.
constexpr std::uint64_t closed = std::uint64_t{1} << 31;
constexpr std::uint64_t inside = closed - 1;

std::uint64_t door_of(std::uint32_t round) {
  return std::uint64_t{round} << 32;
}

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  if (threads <= 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  shares_ = std::vector<Share>(static_cast<std::size_t>(threads));
  helpers_.reserve(static_cast<std::size_t>(threads - 1));
  for (int worker = 1; worker < threads; ++worker) {
    try {
      helpers_.emplace_back([this, worker] { help(worker); });
    } catch (const std::system_error&) {
      return;  // the system gives no more threads: those that run are enough for the same result
    } catch (const std::bad_alloc&) {
      return;  // nor memory for one
    }
  }
}

ThreadPool::~ThreadPool() {
  ending_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void ThreadPool::run_erased(int tasks, Call call, const void* context) {
  if (helpers_.empty() || tasks <= 1) {
    for (int number = 0; number < tasks; ++number) call(context, number, 0);
    return;
  }
  call_ = call;
  context_ = context;
  const auto begin_of = [&](int worker) { return static_cast<int>(std::int64_t{tasks} * worker / size()); };
  for (int worker = 0; worker < size(); ++worker) {
    Share& share = shares_[static_cast<std::size_t>(worker)];
    share.next.store(begin_of(worker), std::memory_order_relaxed);
    share.end = begin_of(worker + 1);
  }
  const std::uint32_t round = round_.load(std::memory_order_relaxed) + 1;
  door_.store(door_of(round), std::memory_order_release);
  round_.store(round, std::memory_order_release);
  round_.notify_all();
  take_tasks(0);
  // By now every task is done or in the hands of a helper that is in.
  door_.fetch_or(closed, std::memory_order_acq_rel);
  for (int spin = 0; (door_.load(std::memory_order_acquire) & inside) != 0; ++spin) {
    if (spin < spins_before_sleep) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
  if (!failed_.exchange(false, std::memory_order_acquire)) return;
  std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::help(int worker) {
  std::uint32_t seen = 0;
  while (true) {
    for (int spin = 0; round_.load(std::memory_order_acquire) == seen && spin < spins_before_sleep; ++spin) relax();
    round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
    if (ending_.load(std::memory_order_relaxed)) return;
    if (!enter(seen)) continue;
    take_tasks(worker);
    door_.fetch_sub(1, std::memory_order_release);
  }
}

// Not once the round is closed, or another has begun: then its tasks are none of ours.
bool ThreadPool::enter(std::uint32_t round) {
  std::uint64_t door = door_.load(std::memory_order_relaxed);
  while ((door & ~inside) == door_of(round)) {
    if (door_.compare_exchange_weak(door, door + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
  }
  return false;
}

void ThreadPool::take_tasks(int worker) {
  for (int n = 0; n < size(); ++n) {
    Share& share = shares_[static_cast<std::size_t>((worker + n) % size())];
    for (int number = share.next.fetch_add(1, std::memory_order_relaxed); number < share.end;
         number = share.next.fetch_add(1, std::memory_order_relaxed)) {
      try {
        call_(context_, number, worker);
      } catch (...) {
        if (!failed_.exchange(true, std::memory_order_acq_rel)) failure_ = std::current_exception();
      }
    }
  }
}

}  // namespace dipper
