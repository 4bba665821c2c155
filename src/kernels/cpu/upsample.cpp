// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/upsample.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <vector>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {
namespace {

/// Position i of the enlarged axis: (1 - share) times sample `low` and share times sample `high` of the small one.
struct Mix {
  int low, high;
  float share;
};

/// Rows are mixed first, then columns; backward in the other order, so that each row of dx gathers what it is due.
class Upsample final : public Layer<float> {
 public:
  Upsample(const UpsampleDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), rows_(mixes(desc.input.height)), columns_(mixes(desc.input.width)) {
    due_.resize(desc.input.height);
    for (int i = 0; i < static_cast<int>(rows_.size()); ++i) {
      due_[rows_[i].low].push_back({i, 1 - rows_[i].share});
      if (rows_[i].share > 0) due_[rows_[i].high].push_back({i, rows_[i].share});
    }
    pieces_ = {desc.input.height, std::max(1, (1 << 12) / desc.input.width)};
    row_ = static_cast<std::size_t>(desc.input.width) + 2 * lanes;
  }

  [[nodiscard]] std::size_t scratch_size() const override { return pool_->size() * worker_size(); }

  void forward(const Operands<float>& at) override {
    const Shape out = d_.output();
    for_each_piece([&](int c, int begin, int end, int worker) HWY_ATTR {
      float* row = at.scratch + worker * worker_size() + lanes;
      for (int i = begin * d_.factor; i < end * d_.factor; ++i) {
        mix_rows(at, c, rows_[i], row);
        expand(row, at.y + c * out.plane() + static_cast<std::size_t>(i) * out.width);
      }
    });
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const Shape out = d_.output();
    for_each_piece([&](int c, int begin, int end, int worker) HWY_ATTR {
      float* row = at.scratch + worker * worker_size();
      for (int i = begin; i < end; ++i) {
        gather_rows(gradients.dy + c * out.plane(), i, row);
        collapse(row, gradients.dx[0].data + c * d_.input.plane() + static_cast<std::size_t>(i) * d_.input.width,
                 gradients.dx[0].write, row + out.width + 2 * lanes);
      }
    });
  }

 private:
  struct Due {
    int row;
    float share;
  };

  [[nodiscard]] std::vector<Mix> mixes(int n) const {
    std::vector<Mix> all;
    for (int i = 0; i < n * d_.factor; ++i) {
      if (d_.interpolation == Interpolation::nearest) {
        all.push_back({i / d_.factor, i / d_.factor, 0});
      } else {
        const float at = std::max(0.0F, (static_cast<float>(i) + 0.5F) / static_cast<float>(d_.factor) - 0.5F);
        const int low = std::min(static_cast<int>(at), n - 1);
        all.push_back({low, std::min(low + 1, n - 1), at - static_cast<float>(low)});
      }
    }
    return all;
  }

  // A mixed row of each kind: of the enlarged width, and two of the small one.
  [[nodiscard]] std::size_t worker_size() const { return d_.output().width + 2 * lanes + 2 * row_; }

  template <class Visit>
  void for_each_piece(const Visit& visit) const {
    pool_->run(d_.input.channels * pieces_.count(), [&](int task, int worker) HWY_ATTR {
      const int piece = task / d_.input.channels;
      visit(task % d_.input.channels, pieces_.begin(piece), pieces_.end(piece), worker);
    });
  }

  void mix_rows(const Operands<float>& at, int c, const Mix& mix, float* to) const {
    const auto width = static_cast<std::size_t>(d_.input.width);
    const float* low = at.x[0] + c * d_.input.plane() + mix.low * width;
    const float* high = at.x[0] + c * d_.input.plane() + mix.high * width;
    if (d_.load.normalise) {
      mix_row(low, high, mix.share, Normalise(at.norm, d_.input.channels, c, d_.load.slope), to);
    } else {
      mix_row(
          low, high, mix.share, [](V x) HWY_ATTR { return x; }, to);
    }
  }

  template <class Take>
  HWY_INLINE void mix_row(const float* low, const float* high, float share, const Take& take, float* to) const {
    const auto width = static_cast<std::size_t>(d_.input.width);
    for (std::size_t j = 0; j < width; j += lanes) {
      V value = take(load_part(low + j, width - j));
      if (share > 0) {
        value = hn::MulAdd(splat(share), take(load_part(high + j, width - j)), hn::Mul(splat(1 - share), value));
      }
      store_part(value, to + j, width - j);
    }
  }

  // One row to `factor` times its width; the floats beside it may be written.
  void expand(float* row, float* to) const {
    const int width = d_.input.width;
    if (d_.factor != 2) {
      for (const Mix& mix : columns_) *to++ = (1 - mix.share) * row[mix.low] + mix.share * row[mix.high];
      return;
    }
    row[-1] = row[0];
    row[width] = row[width - 1];
    for (int j = 0; j < width; j += static_cast<int>(lanes)) {
      const V here = load(row + j);
      V even = here;
      V odd = here;
      if (d_.interpolation == Interpolation::bilinear) {
        const V most = hn::Mul(splat(0.75F), here);
        even = hn::MulAdd(splat(0.25F), load(row + j - 1), most);
        odd = hn::MulAdd(splat(0.25F), load(row + j + 1), most);
      }
      if (width - j >= static_cast<int>(lanes)) {
        hn::StoreInterleaved2(even, odd, D(), to + 2 * j);
      } else {
        HWY_ALIGN float both[2 * lanes];
        hn::StoreInterleaved2(even, odd, D(), both);
        std::memcpy(to + 2 * j, both, 2 * sizeof(float) * (width - j));
      }
    }
  }

  // The sum of what the rows of dy owe to row i of dx.
  void gather_rows(const float* dy, int i, float* to) const {
    const auto width = static_cast<std::size_t>(d_.output().width);
    for (std::size_t j = 0; j < width; j += lanes) {
      V sum = hn::Zero(D());
      for (const Due& due : due_[i]) {
        sum = hn::MulAdd(splat(due.share), load_part(dy + due.row * width + j, width - j), sum);
      }
      store(sum, to + j);
    }
  }

  // A row of the enlarged width back to the small one. `parts` is room for two rows.
  void collapse(const float* row, float* to, Write write, float* parts) const {
    const int width = d_.input.width;
    if (d_.factor != 2) {
      if (write == Write::overwrite) std::fill_n(to, width, 0.0F);
      for (const Mix& mix : columns_) {
        to[mix.low] += (1 - mix.share) * *row;
        to[mix.high] += mix.share * *row++;
      }
      return;
    }
    float* even = parts + lanes;
    float* odd = even + row_;
    for (int j = 0; j < width; j += static_cast<int>(lanes)) {
      V e;
      V o;
      hn::LoadInterleaved2(D(), row + 2 * j, e, o);
      store(e, even + j);
      store(o, odd + j);
    }
    // The edge's neighbour is the edge itself.
    odd[-1] = even[0];
    even[width] = odd[width - 1];
    for (int j = 0; j < width; j += static_cast<int>(lanes)) {
      V sum = hn::Add(load(even + j), load(odd + j));
      if (d_.interpolation == Interpolation::bilinear) {
        const V beside = hn::Add(load(even + j + 1), load(odd + j - 1));
        sum = hn::MulAdd(splat(0.75F), sum, hn::Mul(splat(0.25F), beside));
      }
      put_part(sum, to + j, width - j, write);
    }
  }

  UpsampleDesc d_;
  ThreadPool* pool_;
  std::vector<Mix> rows_;
  std::vector<Mix> columns_;
  std::vector<std::vector<Due>> due_;  // to each row of dx
  Pieces pieces_;                      // of the input's rows
  std::size_t row_ = 0;                // floats of a small row and what lies beside it
};

LayerPointer new_upsample(const UpsampleDesc& desc, ThreadPool& pool) {
  return std::make_unique<Upsample>(desc, pool);
}

}  // namespace
}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dipper::cpu {

HWY_EXPORT(new_upsample);

LayerPointer make_upsample(const UpsampleDesc& desc, ThreadPool& pool) {
  return HWY_DYNAMIC_DISPATCH(new_upsample)(desc, pool);
}

}  // namespace dipper::cpu
#endif
