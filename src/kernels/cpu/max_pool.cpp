// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/max_pool.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

using M = hn::Mask<D>;

/// A vector of windows of 2x2, in the order of rows.
struct Windows {
  V a, b, c, d;
};

/// Backward finds the largest again, so that nothing has to be kept of forward.
class MaxPool final : public Layer<float> {
 public:
  MaxPool(const MaxPoolDesc& desc, ThreadPool& pool) : d_(desc), pool_(&pool), out_(desc.output()) {
    const int width = std::max(1, desc.input.width);
    pieces_ = {desc.input.height / desc.factor, std::max(1, (1 << 14) / (width * desc.factor))};
  }

  void forward(const Operands<float>& at) override {
    for_each_row([&](int c, int i) HWY_ATTR {
      const float* x = at.x[0] + c * d_.input.plane() + static_cast<std::size_t>(i) * d_.factor * d_.input.width;
      float* y = at.y + c * out_.plane() + static_cast<std::size_t>(i) * out_.width;
      if (d_.factor != 2) {
        for (int j = 0; j < out_.width; ++j) y[j] = x[largest(x, j)];
        return;
      }
      const auto width = static_cast<std::size_t>(out_.width);
      const bool streams = exceeds_caches(out_) && on_line(y);
      fetch(x, 4 * width);
      for (std::size_t j = 0; j < width; j += lanes) {
        const Windows w = windows(x + 2 * j, width - j);
        const V upper = larger(w.a, w.b);
        const V value = larger(larger(upper, w.c), w.d);
        if (streams) {
          hn::Stream(value, D(), y + j);
        } else {
          store_part(value, y + j, width - j);
        }
      }
    });
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const Write write = gradients.dx[0].write;
    for_each_row([&](int c, int i) HWY_ATTR {
      const std::size_t from = c * d_.input.plane() + static_cast<std::size_t>(i) * d_.factor * d_.input.width;
      const float* x = at.x[0] + from;
      float* dx = gradients.dx[0].data + from;
      const float* dy = gradients.dy + c * out_.plane() + static_cast<std::size_t>(i) * out_.width;
      // The last row of windows clears what is left below, too.
      const int rows = i + 1 < out_.height ? d_.factor : d_.input.height - i * d_.factor;
      if (d_.factor == 2) {
        send_back(x, dy, dx, write);
        if (write == Write::overwrite) clear_rest(dx, rows);
        return;
      }
      if (write == Write::overwrite) std::fill_n(dx, static_cast<std::size_t>(rows) * d_.input.width, 0.0F);
      for (int j = 0; j < out_.width; ++j) dx[largest(x, j)] += dy[j];
    });
  }

 private:
  template <class Visit>
  void for_each_row(const Visit& visit) const {
    pool_->run(out_.channels * pieces_.count(), [&](int task, int /*worker*/) HWY_ATTR {
      const int piece = task / out_.channels;
      for (int i = pieces_.begin(piece); i < pieces_.end(piece); ++i) visit(task % out_.channels, i);
      hwy::FlushStream();
    });
  }

  // Where the largest of window j lies, seen from the first of its rows.
  [[nodiscard]] std::size_t largest(const float* x, int j) const {
    std::size_t best = static_cast<std::size_t>(j) * d_.factor;
    for (int u = 0; u < d_.factor; ++u) {
      const std::size_t row = static_cast<std::size_t>(u) * d_.input.width + static_cast<std::size_t>(j) * d_.factor;
      for (int v = 0; v < d_.factor; ++v) {
        if (x[row + v] > x[best]) best = row + v;
      }
    }
    return best;
  }

  // Unlike Max, this takes the first when either is no number, as the definition does.
  [[nodiscard]] HWY_INLINE static V larger(V first, V second) {
    return hn::IfThenElse(hn::Gt(second, first), second, first);
  }

  // The first `count` windows (at most a vector of them) of two rows.
  [[nodiscard]] HWY_INLINE Windows windows(const float* x, std::size_t count) const {
    Windows w;
    load_pairs(x, count, w.a, w.b);
    load_pairs(x + d_.input.width, count, w.c, w.d);
    return w;
  }

  HWY_INLINE static void load_pairs(const float* from, std::size_t count, V& first, V& second) {
    if (HWY_LIKELY(count >= lanes)) return hn::LoadInterleaved2(D(), from, first, second);
    HWY_ALIGN float pairs[2 * lanes] = {};
    std::memcpy(pairs, from, 2 * count * sizeof(float));
    hn::LoadInterleaved2(D(), pairs, first, second);
  }

  HWY_INLINE static void put_pairs(V first, V second, float* to, std::size_t count, Write write, bool streams) {
    HWY_ALIGN float pairs[2 * lanes];
    hn::StoreInterleaved2(first, second, D(), pairs);
    if (streams && count == lanes) {
      hn::Stream(load(pairs), D(), to);
      hn::Stream(load(pairs + lanes), D(), to + lanes);
      return;
    }
    const std::size_t floats = 2 * count;
    put_part(load(pairs), to, floats, write);
    if (floats > lanes) put_part(load(pairs + lanes), to + lanes, floats - lanes, write);
  }

  // One row of dx after the other, because memory likes that better.
  HWY_INLINE void send_back(const float* x, const float* dy, float* dx, Write write) const {
    const auto width = static_cast<std::size_t>(out_.width);
    const bool streams = exceeds_caches(d_.input) && write == Write::overwrite && on_line(dx);
    fetch(x, 4 * width);
    for (std::size_t j = 0; j < width; j += lanes) {
      const std::size_t count = std::min(lanes, width - j);
      const Windows w = windows(x + 2 * j, count);
      const M b = hn::Gt(w.b, w.a);
      const V upper = hn::IfThenElse(b, w.b, w.a);
      const V lower = larger(w.c, w.d);
      const V gradient = hn::IfThenZeroElse(hn::Gt(lower, upper), load_part(dy + j, count));
      put_pairs(hn::IfThenZeroElse(b, gradient), hn::IfThenElseZero(b, gradient), dx + 2 * j, count, write, streams);
    }
    for (std::size_t j = 0; j < width; j += lanes) {
      const std::size_t count = std::min(lanes, width - j);
      const Windows w = windows(x + 2 * j, count);
      const M d = hn::Gt(w.d, w.c);
      const V lower = hn::IfThenElse(d, w.d, w.c);
      const V gradient = hn::IfThenElseZero(hn::Gt(lower, larger(w.a, w.b)), load_part(dy + j, count));
      put_pairs(hn::IfThenZeroElse(d, gradient), hn::IfThenElseZero(d, gradient), dx + d_.input.width + 2 * j, count,
                write, streams);
    }
  }

  // What no window of 2x2 holds: an odd last column, and the rows after the first two.
  void clear_rest(float* dx, int rows) const {
    const int width = d_.input.width;
    for (int row = 0; row < rows; ++row) {
      const int done = row < 2 ? 2 * out_.width : 0;
      std::fill_n(dx + static_cast<std::size_t>(row) * width + done, width - done, 0.0F);
    }
  }

  MaxPoolDesc d_;
  ThreadPool* pool_;
  Shape out_;
  Pieces pieces_;  // of the output's rows
};

LayerPointer new_max_pool(const MaxPoolDesc& desc, ThreadPool& pool) {
  return std::make_unique<MaxPool>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_max_pool);

LayerPointer make_max_pool(const MaxPoolDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_max_pool)(desc, pool);
}

}  // namespace dipper::cpu
#endif
