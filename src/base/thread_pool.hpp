// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace dipper {

/// Threads that stay awake for a short while between two pieces of work, so that handing out work costs microseconds.
///
/// Work is a number of tasks, cut by the problem and never by the number of threads. A thread begins with its own share
/// of the numbers, so that neighbouring tasks of one layer and the next find their data in the same core's caches, and
/// then helps the others; a task may depend on its own number alone. Nobody waits for a thread that has not begun, so
/// that on a machine busy with other programs those that run do the work of one that does not. One thread at a time may
/// call run().
class ThreadPool {
 public:
  /// `threads` workers, the caller of run() among them; 0 means one per core. Fewer where the system gives no more.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const { return static_cast<int>(helpers_.size()) + 1; }

  /// Calls task(number, worker) for every number in [0, tasks) and returns when all are done; worker is in [0, size())
  /// and names the scratch memory that the task may use. Allocates nothing. Throws what the first task
  /// to fail has thrown, when all that were begun are done.
  template <class Task>
  void run(int tasks, const Task& task) {
    run_erased(
        tasks,
        [](const void* context, int number, int worker) { (*static_cast<const Task*>(context))(number, worker); },
        &task);
  }

 private:
  using Call = void (*)(const void*, int, int);

  void run_erased(int tasks, Call call, const void* context);
  void help(int worker);
  [[nodiscard]] bool enter(std::uint32_t round);
  void take_tasks(int worker);

  /// The tasks [next, end), on a cache line of their own.
  struct alignas(64) Share {
    std::atomic<int> next{0};  // that nobody has taken
    int end = 0;
  };

  Call call_ = nullptr;
  const void* context_ = nullptr;
  std::vector<Share> shares_;            // one for each worker
  std::atomic<std::uint32_t> round_{0};  // counts the calls of run; what helpers sleep on
  std::atomic<std::uint64_t> door_{0};   // the round, whether it is closed to those who come late, and how many are in
  std::atomic<bool> ending_{false};
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;  // of the task that set it, until run() throws it
  std::vector<std::thread> helpers_;
};

}  // namespace dipper
