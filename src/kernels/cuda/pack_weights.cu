// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/pack_weights.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "kernels/cuda/correlate.hpp"

namespace dipper::cuda {
namespace {

constexpr int threads = 256;

/// What the device knows of the jobs. Each is done by CTAs that follow one another.
struct Table {
  static constexpr int most = 1024;

  int first[most];  // CTA of each job, in ascending order; beyond the last job greater than any
  PackJob jobs[most];
};

/// Piece `at`, counted so that neighbours read neighbours: by tap, then by whichever of n and k lies closer in theta.
template <Arithmetic arithmetic>
__device__ void pack_piece(const PackJob& job, int at) {
  using T = Storage<arithmetic>;
  const int blocks = 2 * job.pairs;
  const int tap = at % job.taps;
  const int place = at / job.taps;
  const bool is_n_closer = job.n_stride < job.k_stride;
  const int n = is_n_closer ? place % (job.tile * job.tiles) : place / blocks;
  const int block = is_n_closer ? place / (job.tile * job.tiles) : place % blocks;
  Lanes<T> values;
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) {
    const int k = block * lanes<T> + i;
    values.at[i] = n < job.n && k < job.k ? job.theta[n * job.n_stride + k * job.k_stride + tap] : 0;
  }
  const int group = (n / job.tile * job.pairs + block / 2) * job.taps + tap;
  pieces(job.to)[(2 * group + block % 2) * job.tile + n % job.tile] = as_factor<arithmetic>(pack<T>(values));
}

/// A CTA's job is the last one that begins before it, so it counts those that do.
template <Arithmetic arithmetic>
__global__ void __launch_bounds__(threads) pack_all(const Table* table, int jobs) {
  const auto cta = static_cast<int>(blockIdx.x);
  int begun = 0;
  for (int first = 0; first < jobs; first += threads) {
    const int i = first + static_cast<int>(threadIdx.x);
    begun += __syncthreads_count(static_cast<int>(i < jobs && table->first[i] <= cta));
  }
  if (begun == 0) return;
  const PackJob job = table->jobs[begun - 1];
  const int at = (cta - table->first[begun - 1]) * threads + static_cast<int>(threadIdx.x);
  if (at < job.pieces()) pack_piece<arithmetic>(job, at);
}

template <Arithmetic arithmetic>
__global__ void __launch_bounds__(threads) pack_both(PackJob first, PackJob second) {
  const PackJob job = blockIdx.y == 0 ? first : second;
  const int at = static_cast<int>(blockIdx.x) * threads + static_cast<int>(threadIdx.x);
  if (at < job.pieces()) pack_piece<arithmetic>(job, at);
}

int ctas_for(const PackJob& job) {
  return ceil_div(job.pieces(), threads);
}

}  // namespace

PackJobs pack_jobs(const Conv2dDesc& desc, const float* theta, const Correlator& forward, float* forward_to,
                   const Correlator& adjoint, float* adjoint_to) {
  const int taps = desc.kernel * desc.kernel;
  PackJob to_o{.theta = theta,
               .to = forward_to,
               .n = desc.out_channels,
               .k = desc.input.channels,
               .n_stride = desc.input.channels * taps,
               .k_stride = taps,
               .taps = taps,
               .pairs = forward.in_pairs(),
               .tile = forward.tile().channels};
  PackJob to_c{.theta = theta,
               .to = adjoint_to,
               .n = to_o.k,
               .k = to_o.n,
               .n_stride = to_o.k_stride,
               .k_stride = to_o.n_stride,
               .taps = taps,
               .pairs = adjoint.in_pairs(),
               .tile = adjoint.tile().channels};
  to_o.tiles = ceil_div(to_o.n, to_o.tile);
  to_c.tiles = ceil_div(to_c.n, to_c.tile);
  return {to_o, to_c};
}

bool Packer::add(const void* owner, const PackJobs& jobs) {
  remove(owner);
  if (jobs_.size() + jobs.size() > Table::most) return false;
  for (const PackJob& job : jobs) jobs_.push_back({owner, job});
  is_changed_ = true;
  return true;
}

void Packer::remove(const void* owner) {
  if (std::erase_if(jobs_, [&](const Owned& owned) { return owned.owner == owner; }) > 0) is_changed_ = true;
}

// The others keep their order, so that a job's CTAs never move up, beyond those that a recording has.
void Packer::refresh() {
  if (!is_changed_) return;
  if (table_ == nullptr) table_ = device_->allocate(sizeof(Table) / sizeof(float));
  const auto table = std::make_unique<Table>();
  std::ranges::fill(table->first, std::numeric_limits<int>::max());
  ctas_ = 0;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    table->first[i] = ctas_;
    table->jobs[i] = jobs_[i].job;
    ctas_ += ctas_for(jobs_[i].job);
  }
  check(cudaMemcpyAsync(table_.get(), table.get(), sizeof(Table), cudaMemcpyHostToDevice, device_->stream()),
        "telling it of layers");
  check(cudaStreamSynchronize(device_->stream()), "telling it of layers");
  is_changed_ = false;
}

void Packer::run() const {
  if (jobs_.empty()) return;
  const auto function = with_arithmetic(precision_, [](auto arithmetic) { return pack_all<arithmetic.value>; });
  launch(*device_, function, dim3(ctas_), dim3(threads), 0, reinterpret_cast<const Table*>(table_.get()),
         static_cast<int>(jobs_.size()));
}

void Packer::run(const PackJobs& jobs) const {
  const auto function = with_arithmetic(precision_, [](auto arithmetic) { return pack_both<arithmetic.value>; });
  const int ctas = std::max(ctas_for(jobs[0]), ctas_for(jobs[1]));
  launch(*device_, function, dim3(ctas, 2), dim3(threads), 0, jobs[0], jobs[1]);
}

}  // namespace dipper::cuda
