// SPDX-License-Identifier: Apache-2.0
// Layers that make one value of each window of 2x2; compiled once for each instruction set.
#if defined(DIPPER_CPU_POOL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_POOL_INL
#undef DIPPER_CPU_POOL_INL
#else
#define DIPPER_CPU_POOL_INL
#endif

#include "base/thread_pool.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// A vector of windows of 2x2, or of their gradients: a b above c d.
struct Windows {
  V a, b, c, d;
};

/// Windows without overlap; an odd last row or column has no part. Form has forward(windows), and backward(windows,
/// dy), which gives their gradients; it says whether that reads the windows.
template <class Form>
class Pool final : public Layer<float> {
 public:
  Pool(const Shape& input, Form form, const char* name, ThreadPool& pool)
      : input_(input), form_(form), name_(name), pool_(&pool), out_{input.channels, input.height / 2, input.width / 2} {
    pieces_ = {out_.height, std::max(1, (1 << 13) / input.width)};
  }

  [[nodiscard]] Choice choice(Pass pass) const override {
    return {.kernel = pass == Pass::backward_parameters ? "" : name_};
  }

  void forward(const Operands<float>& at) override {
    for_each_row([&](int c, int i) HWY_ATTR {
      const auto width = static_cast<std::size_t>(out_.width);
      const float* x = at.x[0] + upper_row(c, i);
      float* y = at.y + c * out_.plane() + i * width;
      const bool streams = exceeds_caches(out_) && on_line(y);
      fetch(x, 4 * width);
      for (std::size_t j = 0; j < width; j += lanes) {
        const V value = form_.forward(windows(x + 2 * j, width - j));
        if (streams) {
          hn::Stream(value, D(), y + j);
        } else {
          store_part(value, y + j, width - j);
        }
      }
    });
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    for_each_row([&](int c, int i) HWY_ATTR {
      const float* dy = gradients.dy + c * out_.plane() + static_cast<std::size_t>(i) * out_.width;
      const float* x = Form::backward_takes_input ? at.x[0] + upper_row(c, i) : nullptr;
      float* to = dx.data + upper_row(c, i);
      if (Form::backward_takes_input) fetch(x, 4 * static_cast<std::size_t>(out_.width));
      // One row of dx after the other, because memory likes that better.
      send_back<false>(x, dy, to, dx.write);
      send_back<true>(x, dy, to + input_.width, dx.write);
      if (dx.write == Write::overwrite) clear_rest(to, i + 1 < out_.height ? 2 : input_.height - 2 * i);
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

  // Where the upper row of windows i of channel c begins.
  [[nodiscard]] std::size_t upper_row(int c, int i) const {
    return c * input_.plane() + 2 * static_cast<std::size_t>(i) * input_.width;
  }

  // The first `count` windows (at most a vector of them).
  [[nodiscard]] HWY_INLINE Windows windows(const float* x, std::size_t count) const {
    Windows w;
    load_pairs(x, count, w.a, w.b);
    load_pairs(x + input_.width, count, w.c, w.d);
    return w;
  }

  HWY_INLINE static void load_pairs(const float* from, std::size_t count, V& first, V& second) {
    if (HWY_LIKELY(count >= lanes)) return hn::LoadInterleaved2(D(), from, first, second);
    HWY_ALIGN float pairs[2 * lanes] = {};
    std::memcpy(pairs, from, 2 * count * sizeof(float));
    hn::LoadInterleaved2(D(), pairs, first, second);
  }

  // The upper or the lower row of a row of windows' gradients.
  template <bool Lower>
  HWY_INLINE void send_back(const float* x, const float* dy, float* dx, Write write) const {
    const auto width = static_cast<std::size_t>(out_.width);
    const bool streams = exceeds_caches(input_) && write == Write::overwrite && on_line(dx);
    for (std::size_t j = 0; j < width; j += lanes) {
      const std::size_t count = std::min(lanes, width - j);
      Windows w{};
      if constexpr (Form::backward_takes_input) w = windows(x + 2 * j, count);
      const Windows gradients = form_.backward(w, load_part(dy + j, count));
      HWY_ALIGN float pairs[2 * lanes];
      hn::StoreInterleaved2(Lower ? gradients.c : gradients.a, Lower ? gradients.d : gradients.b, D(), pairs);
      float* const to = dx + 2 * j;
      if (streams && count == lanes) {
        hn::Stream(load(pairs), D(), to);
        hn::Stream(load(pairs + lanes), D(), to + lanes);
        continue;
      }
      put_part(load(pairs), to, 2 * count, write);
      if (2 * count > lanes) put_part(load(pairs + lanes), to + lanes, 2 * count - lanes, write);
    }
  }

  // What no window holds: an odd last column, and the rows after the first two.
  void clear_rest(float* dx, int rows) const {
    for (int row = 0; row < rows; ++row) {
      const int done = row < 2 ? 2 * out_.width : 0;
      std::fill_n(dx + static_cast<std::size_t>(row) * input_.width + done, input_.width - done, 0.0F);
    }
  }

  Shape input_;
  Form form_;
  const char* name_;
  ThreadPool* pool_;
  Shape out_;
  Pieces pieces_;  // of the output's rows
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
