// SPDX-License-Identifier: Apache-2.0
// PyramidFill, of all that it fills at once, and what a step makes of the filling.
#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/pixels.cuh"

namespace dipper::cuda {
namespace {

constexpr int reach = 2;  // of the bell

constexpr int tail_threads = 1024;
constexpr int tail_floats = 12 << 10;  // of shared memory
constexpr int most_tail_levels = 16;

// As PyramidFill's.
constexpr float little = 0.02F;
constexpr int least_side = 4;

__device__ inline float weighted(float middle, float beside, float further) {
  return 6.0F / 16 * middle + 4.0F / 16 * beside + 1.0F / 16 * further;
}

struct Size {
  int height;
  int width;
  [[nodiscard]] __host__ __device__ int plane() const { return height * width; }
};

/// The planes of a level: what is known, and the values of each channel. All null where there is no level.
struct Level {
  Size size{0, 0};
  float* planes = nullptr;
  [[nodiscard]] __device__ float* plane(int n) const { return planes + static_cast<std::size_t>(n) * size.plane(); }
};

/// Sums of two by two, over four; what is beyond an odd edge counts nothing.
__device__ float halved(const float* from, Size size, int i, int j) {
  float sum = 0;
  for (int u = 2 * i; u < min(2 * i + 2, size.height); ++u) {
    const float* const at = from + static_cast<std::size_t>(u) * size.width + 2 * j;
    sum += (2 * j + 1 < size.width ? at[0] + at[1] : at[0]) / 4;
  }
  return sum;
}

/// The other of two pixels of a smaller plane between which pixel n lies, beside n / 2.
__device__ inline int neighbour(int n, int size) {
  return min(max(n % 2 == 0 ? n / 2 - 1 : n / 2 + 1, 0), size - 1);
}

/// Of a plane twice as large, linear between the centres of pixels; 0.5 where there is none.
__device__ float enlarged(const float* plane, Size size, int i, int j) {
  if (plane == nullptr) return 0.5F;
  const float* const here = plane + static_cast<std::size_t>(i / 2) * size.width;
  const float* const other = plane + static_cast<std::size_t>(neighbour(i, size.height)) * size.width;
  const int next = neighbour(j, size.width);
  return 0.75F * (0.75F * here[j / 2] + 0.25F * other[j / 2]) + 0.25F * (0.75F * here[next] + 0.25F * other[next]);
}

__device__ inline float filled(float sum, float known, float coarse) {
  return (sum + little * coarse) / (known + little);
}

/// What the first level is blurred from,
struct FromPicture {
  const std::uint8_t* shown;
  const float* picture;
  Size size;
  __device__ float at(int plane, int i, int j) const {
    const std::size_t pixel = static_cast<std::size_t>(i) * size.width + j;
    if (shown[pixel] == 0) return 0;
    return plane == 0 ? 1 : picture[static_cast<std::size_t>(plane - 1) * size.plane() + pixel];
  }
};

/// and each further one.
struct FromFiner {
  Level finer;
  __device__ float at(int plane, int i, int j) const { return halved(finer.plane(plane), finer.size, i, j); }
};

/// By the bell along rows and then along columns; the edge repeats. Grids of (columns, rows, planes).
template <class From>
__global__ void __launch_bounds__(tile_threads) blur_kernel(From from, Level to) {
  __shared__ float patch[tile_height + 2 * reach][tile_width + 2 * reach];
  __shared__ float rows[tile_height + 2 * reach][tile_width];
  constexpr int patch_width = tile_width + 2 * reach;
  const int top = static_cast<int>(blockIdx.y) * tile_height;
  const int left = static_cast<int>(blockIdx.x) * tile_width;
  const int plane = static_cast<int>(blockIdx.z);
  const int thread = static_cast<int>(threadIdx.y * tile_width + threadIdx.x);
  for (int n = thread; n < (tile_height + 2 * reach) * patch_width; n += tile_threads) {
    const int i = min(max(top - reach + n / patch_width, 0), to.size.height - 1);
    const int j = min(max(left - reach + n % patch_width, 0), to.size.width - 1);
    patch[n / patch_width][n % patch_width] = from.at(plane, i, j);
  }
  __syncthreads();
  for (int n = thread; n < (tile_height + 2 * reach) * tile_width; n += tile_threads) {
    const float* const x = &patch[n / tile_width][n % tile_width];
    rows[n / tile_width][n % tile_width] = weighted(x[2], x[1] + x[3], x[0] + x[4]);
  }
  __syncthreads();
  const auto [i, j] = this_pixel();
  if (i >= to.size.height || j >= to.size.width) return;
  const auto row = [&](int n) { return rows[threadIdx.y + n][threadIdx.x]; };
  to.plane(plane)[static_cast<std::size_t>(i) * to.size.width + j] = weighted(row(2), row(1) + row(3), row(0) + row(4));
}

/// Sums become means; where their weight is little, the coarser level fills them up. Grids of (columns, rows,
/// channels).
__global__ void __launch_bounds__(tile_threads) divide_kernel(Level level, Level coarser) {
  const auto [i, j] = this_pixel();
  if (i >= level.size.height || j >= level.size.width) return;
  const int plane = 1 + static_cast<int>(blockIdx.z);
  const std::size_t pixel = static_cast<std::size_t>(i) * level.size.width + j;
  float* const x = level.plane(plane) + pixel;
  *x = filled(*x, level.planes[pixel], enlarged(coarser.plane(plane), coarser.size, i, j));
}

/// The levels that are so small that a thread block has them all in its shared memory.
struct Tail {
  int count;
  Size sizes[most_tail_levels];
};

/// Both planes of a level in shared memory, known and values.
struct Pair {
  Size size;
  float* planes;

  /// Calls action(plane, i, j, number of the element) for each of both.
  template <class Action>
  __device__ void for_each(const Action& action) const {
    for (int n = static_cast<int>(threadIdx.x); n < 2 * size.plane(); n += tail_threads) {
      const int plane = n < size.plane() ? 0 : 1;
      const int pixel = n - plane * size.plane();
      action(plane, pixel / size.width, pixel % size.width, n);
    }
    __syncthreads();
  }

  __device__ void blur(float* scratch) const {
    const int width = size.width;
    for_each([&](int /*plane*/, int /*i*/, int j, int n) {
      const float* const row = planes + n - j;
      const auto at = [&](int k) { return row[min(max(k, 0), width - 1)]; };
      scratch[n] = weighted(at(j), at(j - 1) + at(j + 1), at(j - 2) + at(j + 2));
    });
    for_each([&](int /*plane*/, int i, int /*j*/, int n) {
      const float* const column = scratch + n - i * width;
      const auto at = [&](int k) { return column[min(max(k, 0), size.height - 1) * width]; };
      planes[n] = weighted(at(i), at(i - 1) + at(i + 1), at(i - 2) + at(i + 2));
    });
  }

  __device__ void divide(const float* coarser, Size coarser_size) const {
    for_each([&](int plane, int i, int j, int n) {
      if (plane == 0) return;
      planes[n] = filled(planes[n], planes[n - size.plane()], enlarged(coarser, coarser_size, i, j));
    });
  }
};

/// A thread block fills one channel's part of all levels; the first of them goes on to the finer ones.
__global__ void __launch_bounds__(tail_threads) tail_kernel(FromFiner from, Tail tail, Level to) {
  __shared__ float memory[tail_floats];
  const int channel = static_cast<int>(blockIdx.x);
  float* const scratch = memory;
  Pair level{tail.sizes[0], memory + 2 * tail.sizes[0].plane()};
  level.for_each(
      [&](int plane, int i, int j, int n) { level.planes[n] = from.at(plane == 0 ? 0 : 1 + channel, i, j); });
  level.blur(scratch);
  for (int n = 1; n < tail.count; ++n) {
    const Pair finer = level;
    level = {tail.sizes[n], finer.planes + 2 * finer.size.plane()};
    level.for_each([&](int plane, int i, int j, int at) {
      level.planes[at] = halved(finer.planes + plane * finer.size.plane(), finer.size, i, j);
    });
    level.blur(scratch);
  }
  level.divide(nullptr, {});
  for (int n = tail.count - 2; n >= 0; --n) {
    const Pair coarser = level;
    level = {tail.sizes[n], coarser.planes - 2 * tail.sizes[n].plane()};
    level.divide(coarser.planes + coarser.size.plane(), coarser.size);
  }
  level.for_each([&](int plane, int i, int j, int n) {
    if (plane == 1) to.plane(1 + channel)[i * level.size.width + j] = level.planes[n];
  });
}

/// The last division, and all that follows from it. Grids of (columns, rows).
__global__ void __launch_bounds__(tile_threads)
    show_kernel(ShowingDesc desc, const std::uint8_t* shown, Level first, Level coarser) {
  const auto [i, j] = this_pixel();
  if (i >= first.size.height || j >= first.size.width) return;
  const std::size_t plane = first.size.plane();
  const std::size_t pixel = static_cast<std::size_t>(i) * first.size.width + j;
  const bool is_shown = shown[pixel] != 0;
  const int channels = desc.canvas.channels;
  desc.z[channels * plane + pixel] = (is_shown ? 1 : 0) - Showing::middle;
  for (int c = 0; c < channels; ++c) {
    const std::size_t at = c * plane + pixel;
    const float coarse = enlarged(coarser.plane(1 + c), coarser.size, i, j);
    const float filling = filled(first.plane(1 + c)[pixel], first.planes[pixel], coarse);
    const float base = filling - Showing::middle;
    desc.z[at] = is_shown ? Showing::detail_gain * (desc.picture[at] - filling) : 0;
    desc.z[(channels + 1) * plane + at] = base;
    desc.base[at] = base;
    desc.y[at] = desc.picture[at] - base;
  }
  desc.weights[pixel] = is_shown ? 0 : desc.known[pixel];
  const float told = desc.told[pixel];
  if (desc.shares != nullptr) {
    desc.shares[pixel] = is_shown && told > 0 ? 1 : min(desc.decay, told / (Showing::forgotten + told));
  }
  desc.told[pixel] = told + (is_shown ? 0 : 1);
}

/// Bytes on their way to the device, for which nobody waits: the host may be as many copies ahead as there are places,
/// 16 where they take no more than 16 MB.
class Uploads {
 public:
  explicit Uploads(std::size_t bytes) : places_(std::clamp<std::size_t>((16 << 20) / bytes, 3, 16)) {
    for (Place& place : places_) {
      check(cudaMallocHost(&place.bytes, bytes), "finding memory of the host");
      check(cudaEventCreateWithFlags(&place.free, cudaEventDisableTiming), "making an event");
    }
  }

  void upload(std::span<const std::uint8_t> from, void* to, cudaStream_t stream) {
    const Place& place = places_[next_++ % places_.size()];
    check(cudaEventSynchronize(place.free), "working");
    std::memcpy(place.bytes, from.data(), from.size());
    check(cudaMemcpyAsync(to, place.bytes, from.size(), cudaMemcpyHostToDevice, stream), "copying to it");
    check(cudaEventRecord(place.free, stream), "marking a place in a stream");
  }

 private:
  struct Place {
    void* bytes = nullptr;
    cudaEvent_t free = nullptr;

    Place() = default;
    ~Place() {
      if (free != nullptr) cudaEventSynchronize(free);
      if (free != nullptr) cudaEventDestroy(free);
      cudaFreeHost(bytes);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
  };
  std::vector<Place> places_;
  std::size_t next_ = 0;
};

/// Grids of (columns, rows, planes) of a level.
template <class... Parameters, class... Arguments>
void launch_level(const Device& device, void (*kernel)(Parameters...), Size size, int planes,
                  Arguments&&... arguments) {
  launch_tiles(device, kernel, size.height, size.width, planes, static_cast<Arguments&&>(arguments)...);
}

class CudaShowing final : public Showing {
 public:
  CudaShowing(const ShowingDesc& desc, const Device& device)
      : desc_(desc),
        device_(device),
        uploads_(desc.canvas.plane()),
        shown_(device.allocate((desc.canvas.plane() + 3) / 4)) {
    std::vector<Size> sizes{{desc.canvas.height, desc.canvas.width}};
    while (std::min(sizes.back().height, sizes.back().width) > least_side) {
      sizes.push_back({(sizes.back().height + 1) / 2, (sizes.back().width + 1) / 2});
    }
    const std::size_t tail_at = first_of_tail(sizes);
    for (std::size_t n = tail_at; n < sizes.size(); ++n) tail_.sizes[tail_.count++] = sizes[n];
    sizes.resize(std::min(sizes.size(), tail_at + 1));
    for (const Size& size : sizes) floats_ += static_cast<std::size_t>(planes()) * size.plane();
    memory_ = device.allocate(floats_);
    float* at = memory_.get();
    for (const Size& size : sizes) {
      levels_.push_back({size, at});
      at += static_cast<std::size_t>(planes()) * size.plane();
    }
  }

  void show(std::span<const std::uint8_t> shown) override {
    DIPPER_CHECK_EQ(shown.size(), desc_.canvas.plane());
    uploads_.upload(shown, shown_.get(), device_.stream());
    const auto* on_device = reinterpret_cast<const std::uint8_t*>(shown_.get());
    const int channels = desc_.canvas.channels;
    const std::size_t before_tail = levels_.size() - (tail_.count > 0 ? 1 : 0);
    const Level& first = levels_.front();
    launch_level(device_, blur_kernel<FromPicture>, first.size, planes(),
                 FromPicture{on_device, desc_.picture, first.size}, first);
    for (std::size_t n = 1; n < before_tail; ++n) {
      launch_level(device_, blur_kernel<FromFiner>, levels_[n].size, planes(), FromFiner{levels_[n - 1]}, levels_[n]);
    }
    if (tail_.count > 0) {
      launch(device_, tail_kernel, dim3(channels), dim3(tail_threads), 0, FromFiner{levels_[before_tail - 1]}, tail_,
             levels_.back());
    }
    for (std::size_t n = before_tail; n-- > 1;) {
      launch_level(device_, divide_kernel, levels_[n].size, channels, levels_[n], coarser_than(n));
    }
    launch_level(device_, show_kernel, first.size, 1, desc_, on_device, first, coarser_than(0));
  }

  [[nodiscard]] std::size_t bytes() const override { return floats_ * sizeof(float) + desc_.canvas.plane(); }

 private:
  // Not that of the picture itself; none where even the last is too large, of pictures that are very narrow.
  static std::size_t first_of_tail(const std::vector<Size>& sizes) {
    std::size_t floats = 0;
    std::size_t first = sizes.size();
    for (std::size_t n = sizes.size(); n-- > 1; first = n) {
      floats += 2 * static_cast<std::size_t>(sizes[n].plane());
      const std::size_t scratch = 2 * static_cast<std::size_t>(sizes[n].plane());
      if (floats + scratch > tail_floats || sizes.size() - n > most_tail_levels) break;
    }
    return first;
  }

  [[nodiscard]] int planes() const { return desc_.canvas.channels + 1; }
  [[nodiscard]] Level coarser_than(std::size_t n) const { return n + 1 < levels_.size() ? levels_[n + 1] : Level{}; }

  ShowingDesc desc_;
  const Device& device_;
  Uploads uploads_;
  Block shown_;
  std::vector<Level> levels_;  // up to the first of the tail
  Tail tail_{};
  std::size_t floats_ = 0;
  Block memory_;
};

}  // namespace

std::unique_ptr<Showing> make_showing(const ShowingDesc& desc, const Device& device) {
  return std::make_unique<CudaShowing>(desc, device);
}

}  // namespace dipper::cuda
