// SPDX-License-Identifier: Apache-2.0
// What is the same for all backends on a host.
#include "kernels/backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/check.hpp"
#include "base/memory.hpp"
#include "base/thread_pool.hpp"
#include "dipper/error.hpp"

namespace dipper {

MemoryLimit::MemoryLimit(std::size_t asked, std::size_t allowed)
    : Error(fmt::format("more than {:.3g} GB of memory are needed, and {:.3g} may be taken; use a smaller picture or "
                        "network, or allow more with --max-memory",
                        static_cast<double>(asked) / 1e9, static_cast<double>(allowed) / 1e9)),
      needed(asked),
      limit(allowed) {}

Backend::Backend() = default;
Backend::~Backend() = default;

ThreadPool& Backend::pool() {
  if (!pool_) pool_ = std::make_unique<ThreadPool>();
  return *pool_;
}

Block Backend::allocate(std::size_t count) {
  const std::size_t taken = memory_taken_ + count * sizeof(float);
  if (memory_limit_ && taken > *memory_limit_) throw MemoryLimit(taken, *memory_limit_);
  memory_taken_ = taken;
  return find_memory(count);
}

Block Backend::find_memory(std::size_t count) {
  Floats memory(count);
  return {memory.release(), {[](float* block) { std::free(block); }}};
}

void Backend::upload(std::span<const float> from, float* to) {
  std::ranges::copy(from, to);
}

void Backend::download(const float* from, std::span<float> to) {
  std::copy_n(from, to.size(), to.begin());
}

void Backend::copy(const float* from, float* to, std::size_t count) {
  std::copy_n(from, count, to);
}

void Backend::to_native(const Shape& shape, const float* plain, float* native) {
  std::copy_n(plain, shape.size(), native);
}

void Backend::to_plain(const Shape& shape, const float* native, float* plain) {
  std::copy_n(native, shape.size(), plain);
}

std::unique_ptr<Layer<float>> Backend::layer(const LayerDesc& desc) {
  return layer(desc, usual_formats(desc));
}

void Backend::noise(const Philox& random, float scale, std::span<const float> from, std::span<float> to) {
  DIPPER_CHECK_EQ(from.size(), to.size());
  if (from.data() != to.data()) copy(from.data(), to.data(), to.size());
  normal(random, scale, Write::accumulate, to);
}

void Backend::average(std::span<const float> x, std::span<const float> base, std::span<const float> shares,
                      std::span<float> average) {
  const std::size_t plane = shares.empty() ? average.size() : shares.size();
  if (plane > 0) DIPPER_CHECK_EQ(average.size() % plane, 0U);
  for (std::size_t begin = 0; begin < average.size(); begin += plane) {
    for (std::size_t pixel = 0; pixel < plane; ++pixel) {
      const std::size_t i = begin + pixel;
      const float share = shares.empty() ? step_.old_share : shares[pixel];
      const float value = base.empty() ? x[i] : base[i] + x[i];
      average[i] = share * average[i] + (1 - share) * value;
    }
  }
}

void Backend::cut(const PartDesc& part, Padding padding, std::span<const float> picture, std::span<float> canvas) {
  const std::size_t planes = picture.size() / part.picture.plane();
  const std::size_t plane = part.canvas.plane();
  DIPPER_CHECK_EQ(canvas.size(), planes * plane);
  for (int i = 0; i < part.canvas.height; ++i) {
    const int row = padded_index(i - part.window.top, part.window.height, padding);
    for (int j = 0; j < part.canvas.width; ++j) {
      const int column = padded_index(j - part.window.left, part.window.width, padding);
      const std::size_t to = static_cast<std::size_t>(i) * part.canvas.width + j;
      const bool is_zero = row < 0 || column < 0;
      const std::size_t from = is_zero ? 0 : part.in_picture(row, column);
      for (std::size_t c = 0; c < planes; ++c) {
        canvas[c * plane + to] = is_zero ? 0 : picture[c * part.picture.plane() + from];
      }
    }
  }
}

void Backend::gather(const PartDesc& part, const Telling& telling, const ToldSums& sums) {
  const std::size_t plane = part.canvas.plane();
  const int channels = part.picture.channels;
  for (int i = 0; i < part.window.height; ++i) {
    for (int j = 0; j < part.window.width; ++j) {
      const std::size_t from = part.in_canvas(i, j);
      if (telling.shown[from] > 0) continue;
      const auto told = [&](int c) { return telling.x[c * plane + from] + telling.base[c * plane + from]; };
      bool finite = true;
      for (int c = 0; c < channels; ++c) finite = finite && std::isfinite(told(c));
      if (!finite) continue;
      const std::size_t to = part.in_picture(i, j);
      const float weight = telling.weight_of(i, j, part.window);
      sums.weight[to] += weight;
      for (int c = 0; c < channels; ++c) sums.sum[c * part.picture.plane() + to] += weight * told(c);
    }
  }
}

Formats usual_formats(const LayerDesc& desc) {
  Formats formats{.inputs = std::vector<Format>(inputs_of(desc).size(), Format::native), .output = Format::native};
  if (std::holds_alternative<MaskedErrorDesc>(desc)) formats.inputs[1] = formats.inputs[2] = Format::plain;
  if (std::holds_alternative<MaskedErrorDesc>(desc) || std::holds_alternative<TotalVariationDesc>(desc)) {
    formats.output = Format::plain;
  }
  return formats;
}

}  // namespace dipper
