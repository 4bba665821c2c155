// SPDX-License-Identifier: Apache-2.0
// Layers that move values to other places.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/rearrange.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <vector>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

/// Each row of the result takes `factor` rows of the input in turns.
class PixelShuffle final : public Layer<float> {
 public:
  PixelShuffle(const PixelShuffleDesc& desc, ThreadPool& pool) : d_(desc), pool_(&pool) {}

  void forward(const Operands<float>& at) override {
    for_each_row([&](int channel, std::size_t from, std::size_t to) HWY_ATTR {
      if (d_.load.normalise) {
        const int last = d_.input.channels - 1;
        const Normalise first(at.norm, d_.input.channels, channel, d_.load.slope);
        const Normalise second(at.norm, d_.input.channels, std::min(channel + 1, last), d_.load.slope);
        interleave(at.x[0] + from, first, second, at.y + to);
      } else {
        const auto same = [](V x) HWY_ATTR { return x; };
        interleave(at.x[0] + from, same, same, at.y + to);
      }
    });
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    for_each_row([&](int /*channel*/, std::size_t from, std::size_t to)
                     HWY_ATTR { separate(gradients.dy + to, dx.data + from, dx.write); });
  }

 private:
  // How many channels of the input a visit takes: two at a time when they are neighbours in the result.
  [[nodiscard]] int together() const { return d_.factor == 2 ? 2 : 1; }

  // visit(channel, from, to): rows of the input, of `together` channels, begin at `from`, and go to every factor-th
  // place from `to` on.
  template <class Visit>
  void for_each_row(const Visit& visit) const {
    const int f = d_.factor;
    const Shape out = d_.output();
    // A task is an output channel's rows from one input row group, so that whole lines of the cache are written at
    // once.
    const Pieces rows{d_.input.height, std::max(1, (1 << 12) / d_.input.width)};
    pool_->run(out.channels * rows.count(), [&](int task, int /*worker*/) HWY_ATTR {
      const int channel = task % out.channels;
      const int group = task / out.channels;
      for (int i = rows.begin(group); i < rows.end(group); ++i) {
        for (int part = 0; part < f * f; part += together()) {
          const int from_channel = channel * f * f + part;
          const std::size_t from = from_channel * d_.input.plane() + static_cast<std::size_t>(i) * d_.input.width;
          const std::size_t to = channel * out.plane() + static_cast<std::size_t>(i * f + part / f) * out.width;
          visit(from_channel, from, to + part % f);
        }
      }
    });
  }

  template <class Take>
  HWY_INLINE void interleave(const float* x, const Take& first, const Take& second, float* y) const {
    const auto width = static_cast<std::size_t>(d_.input.width);
    HWY_ALIGN float values[2 * lanes];
    for (std::size_t j = 0; j < width; j += lanes) {
      const std::size_t count = std::min(lanes, width - j);
      const V low = first(load_part(x + j, count));
      if (d_.factor != 2) {
        store(low, values);
        for (std::size_t k = 0; k < count; ++k) y[(j + k) * d_.factor] = values[k];
        continue;
      }
      const V high = second(load_part(x + d_.input.plane() + j, count));
      if (count == lanes) {
        hn::StoreInterleaved2(low, high, D(), y + 2 * j);
      } else {
        hn::StoreInterleaved2(low, high, D(), values);
        std::memcpy(y + 2 * j, values, 2 * count * sizeof(float));
      }
    }
  }

  HWY_INLINE void separate(const float* dy, float* dx, Write write) const {
    const auto width = static_cast<std::size_t>(d_.input.width);
    HWY_ALIGN float values[2 * lanes] = {};
    for (std::size_t j = 0; j < width; j += lanes) {
      const std::size_t count = std::min(lanes, width - j);
      if (d_.factor != 2) {
        for (std::size_t k = 0; k < count; ++k) values[k] = dy[(j + k) * d_.factor];
        put_part(load(values), dx + j, count, write);
        continue;
      }
      const float* from = dy + 2 * j;
      if (count < lanes) from = static_cast<const float*>(std::memcpy(values, from, 2 * count * sizeof(float)));
      V low;
      V high;
      hn::LoadInterleaved2(D(), from, low, high);
      put_part(low, dx + j, count, write);
      put_part(high, dx + d_.input.plane() + j, count, write);
    }
  }

  PixelShuffleDesc d_;
  ThreadPool* pool_;
};

/// Copies what does not lie in its place already.
class Concat final : public Layer<float> {
 public:
  Concat(const ConcatDesc& desc, ThreadPool& pool) : pool_(&pool), plane_(desc.output().plane()) {
    for (std::size_t part = 0; part < desc.parts.size(); ++part) {
      for (int c = 0; c < desc.parts[part].channels; ++c) planes_.push_back({part, c * plane_});
    }
  }

  void forward(const Operands<float>& at) override {
    pool_->run(static_cast<int>(planes_.size()), [&](int c, int /*worker*/) HWY_ATTR {
      copy(at.x[planes_[c].part] + planes_[c].offset, at.y + c * plane_, Write::overwrite);
    });
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    pool_->run(static_cast<int>(planes_.size()), [&](int c, int /*worker*/) HWY_ATTR {
      const GradientTarget<float>& dx = gradients.dx[planes_[c].part];
      if (dx.data != nullptr) copy(gradients.dy + c * plane_, dx.data + planes_[c].offset, dx.write);
    });
  }

 private:
  HWY_INLINE void copy(const float* from, float* to, Write write) const {
    if (from == to) return;
    for (std::size_t i = 0; i < plane_; i += lanes)
      put_part(load_part(from + i, plane_ - i), to + i, plane_ - i, write);
  }

  struct Plane {
    std::size_t part;
    std::size_t offset;
  };
  ThreadPool* pool_;
  std::size_t plane_;
  std::vector<Plane> planes_;
};

LayerPointer new_pixel_shuffle(const PixelShuffleDesc& desc, ThreadPool& pool) {
  return std::make_unique<PixelShuffle>(desc, pool);
}

LayerPointer new_concat(const ConcatDesc& desc, ThreadPool& pool) {
  return std::make_unique<Concat>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_pixel_shuffle);
HWY_EXPORT(new_concat);

LayerPointer make_pixel_shuffle(const PixelShuffleDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_pixel_shuffle)(desc, pool);
}

LayerPointer make_concat(const ConcatDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_concat)(desc, pool);
}

}  // namespace dipper::cpu
#endif
