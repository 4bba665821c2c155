// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/block.hpp"
#include "kernels/cuda/device.hpp"
#include "kernels/desc.hpp"

namespace dipper::cuda {

class Correlator;

/// One direction of a convolution: from [n][k][tap] or [k][n][tap] to what a Correlator reads, with n the channels of
/// its result and k those that it sums over.
struct PackJob {
  const float* theta = nullptr;
  float* to = nullptr;
  int n = 0;
  int k = 0;
  int n_stride = 0;  // from one to the next in theta
  int k_stride = 0;
  int taps = 0;
  int pairs = 0;  // of blocks of k
  int tile = 1;   // of n
  int tiles = 0;

  /// Blocks of k and tiles of n are filled up with zeros.
  [[nodiscard]] constexpr int pieces() const { return 2 * pairs * taps * tile * tiles; }
};

/// Both directions.
using PackJobs = std::array<PackJob, 2>;

[[nodiscard]] PackJobs pack_jobs(const Conv2dDesc& desc, const float* theta, const Correlator& forward,
                                 float* forward_to, const Correlator& adjoint, float* adjoint_to);

/// Packs the weights of many layers in one launch.
class Packer {
 public:
  /// The device must outlive it.
  Packer(const Device& device, Precision precision) : device_(&device), precision_(precision) {}

  /// From now on in place of the owner's earlier jobs. False when there is no room for them.
  [[nodiscard]] bool add(const void* owner, const PackJobs& jobs);
  void remove(const void* owner);

  /// Tells the device of what was added and removed; to be called before run(), or before a recording of it is made or
  /// run. A recording packs for all that had been added when it was made, and are still there.
  void refresh();
  void run() const;

  /// These alone, which need not have been added.
  void run(const PackJobs& jobs) const;

 private:
  struct Owned {
    const void* owner;
    PackJob job;
  };

  const Device* device_;
  Precision precision_;
  std::vector<Owned> jobs_;
  bool is_changed_ = false;
  int ctas_ = 0;  // for all jobs, as the table has them
  Block table_;   // always at the same place, for recordings
};

}  // namespace dipper::cuda
