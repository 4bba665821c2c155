// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <future>

#include "base/patience.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// A classical method's result that is made on a thread of its own while the caller does other things.
class ResultAside {
 public:
  /// Begins. Where the system gives no thread, get() does the work.
  ResultAside(const TaskMethod& method, Observation observation, int threads);
  /// Ends the work where nobody has waited for it.
  ~ResultAside();
  ResultAside(const ResultAside&) = delete;
  ResultAside& operator=(const ResultAside&) = delete;

  /// Waits for it; patience is asked meanwhile. Throws what TaskMethod::restore() does. To be called once.
  [[nodiscard]] Image get(Patience& patience);

 private:
  /// Of the thread.
  class UntilToldToStop final : public Patience {
   public:
    [[nodiscard]] bool go_on(double done) override {
      done_ = done;
      return !stop_;
    }
    [[nodiscard]] double seconds_left() override;

    [[nodiscard]] double done() const { return done_; }
    void stop() { stop_ = true; }

   private:
    std::atomic<double> done_{0};
    std::atomic<bool> stop_{false};
  };

  const TaskMethod& method_;
  Observation observation_;
  int threads_;
  UntilToldToStop patience_;
  std::future<Image> result_;
};

}  // namespace dipper
