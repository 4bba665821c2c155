// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "kernels/backend.hpp"
#include "kernels/block.hpp"

namespace dipper::cuda {

/// Throws FitError that says what was being done and what the driver answered, unless it went well.
void check(cudaError_t status, const char* what);

/// One GPU as the layers use it: a stream in which everything runs in order, another for what runs beside it, and the
/// values of the step.
class Device {
 public:
  /// Throws Error when there is no such device.
  explicit Device(int number);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  /// Where operations go now.
  [[nodiscard]] cudaStream_t stream() const { return stream_; }

  /// Operations go to the other stream, after all those so far, until come_back().
  void go_aside();
  void come_back() { stream_ = main_; }
  /// What follows comes after all that went aside.
  void rejoin();

  /// Until all in both streams has ended.
  [[nodiscard]] cudaError_t synchronise() const;

  [[nodiscard]] int multiprocessors() const { return multiprocessors_; }
  /// Bytes of shared memory that a thread block can ask for.
  [[nodiscard]] std::size_t shared_memory() const { return shared_memory_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // of its memory
  /// Whether it is a Hopper, and this build has machine code of its own for that.
  [[nodiscard]] bool has_warpgroups() const { return has_warpgroups_; }

  /// Zeros at first. Throws Error that says how much there is when that is not enough.
  [[nodiscard]] Block allocate(std::size_t floats) const;

  /// On the device; operations that depend on the step read it there.
  [[nodiscard]] const StepValues* step() const { return step_; }
  void set_step(const StepValues& values) const;

 private:
  void order(cudaStream_t before, cudaStream_t after);

  int number_;
  std::string name_;
  std::size_t bytes_ = 0;
  int multiprocessors_ = 1;
  std::size_t shared_memory_ = 0;
  bool has_warpgroups_ = false;
  cudaStream_t main_ = nullptr;
  cudaStream_t aside_ = nullptr;
  cudaStream_t stream_ = nullptr;  // one of the two
  bool went_aside_ = false;        // since rejoin()
  std::array<cudaEvent_t, 8> events_{};
  std::size_t next_event_ = 0;
  StepValues* step_ = nullptr;
};

}  // namespace dipper::cuda
