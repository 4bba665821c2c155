// SPDX-License-Identifier: Apache-2.0
// Layers that move values to other places. They wait for memory, not for arithmetic, so their loops are plain.
#include <algorithm>
#include <vector>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/tasks.hpp"

namespace dipper::cpu {
namespace {

void put(float value, float* to, Write write) {
  *to = write == Write::accumulate ? *to + value : value;
}

void put_all(const float* from, std::size_t count, float* to, Write write) {
  if (write == Write::overwrite) {
    std::copy_n(from, count, to);
  } else {
    for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
  }
}

class PixelShuffle final : public Layer<float> {
 public:
  PixelShuffle(const PixelShuffleDesc& desc, ThreadPool& pool) : d_(desc), pool_(&pool) {}

  void forward(const Operands<float>& at) override {
    for_each_row([&](std::size_t from, std::size_t to) {
      for (int j = 0; j < d_.input.width; ++j) at.y[to + static_cast<std::size_t>(j) * d_.factor] = at.x[0][from + j];
    });
  }

  void backward(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    for_each_row([&](std::size_t from, std::size_t to) {
      for (int j = 0; j < d_.input.width; ++j) {
        put(gradients.dy[to + static_cast<std::size_t>(j) * d_.factor], dx.data + from + j, dx.write);
      }
    });
  }

 private:
  // visit(from, to): a row of the input begins at `from` and goes to every factor-th place from `to` on.
  template <class Visit>
  void for_each_row(const Visit& visit) const {
    const int f = d_.factor;
    const Shape out = d_.output();
    // A task is an output channel's rows from one input row group, so that whole lines of the cache are written at
    // once.
    const Pieces rows{d_.input.height, std::max(1, (1 << 12) / d_.input.width)};
    pool_->run(out.channels * rows.count(), [&](int task, int /*worker*/) {
      const int channel = task / rows.count();
      for (int i = rows.begin(task % rows.count()); i < rows.end(task % rows.count()); ++i) {
        for (int part = 0; part < f * f; ++part) {
          const std::size_t from = (static_cast<std::size_t>(channel) * f * f + part) * d_.input.plane();
          const std::size_t to = channel * out.plane() + static_cast<std::size_t>(i * f + part / f) * out.width;
          visit(from + static_cast<std::size_t>(i) * d_.input.width, to + part % f);
        }
      }
    });
  }

  PixelShuffleDesc d_;
  ThreadPool* pool_;
};

class Concat final : public Layer<float> {
 public:
  Concat(const ConcatDesc& desc, ThreadPool& pool) : pool_(&pool), plane_(desc.output().plane()) {
    for (std::size_t part = 0; part < desc.parts.size(); ++part) {
      for (int c = 0; c < desc.parts[part].channels; ++c) planes_.push_back({part, c * plane_});
    }
  }

  void forward(const Operands<float>& at) override {
    pool_->run(static_cast<int>(planes_.size()), [&](int c, int /*worker*/) {
      std::copy_n(at.x[planes_[c].part] + planes_[c].offset, plane_, at.y + c * plane_);
    });
  }

  void backward(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    pool_->run(static_cast<int>(planes_.size()), [&](int c, int /*worker*/) {
      const GradientTarget<float>& dx = gradients.dx[planes_[c].part];
      if (dx.data != nullptr) put_all(gradients.dy + c * plane_, plane_, dx.data + planes_[c].offset, dx.write);
    });
  }

 private:
  struct Plane {
    std::size_t part;
    std::size_t offset;
  };
  ThreadPool* pool_;
  std::size_t plane_;
  std::vector<Plane> planes_;
};

/// Along one axis each output is a mix of two inputs; along two, of four.
class Upsample final : public Layer<float> {
 public:
  Upsample(const UpsampleDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), rows_(mixes(desc.input.height)), columns_(mixes(desc.input.width)) {}

  void forward(const Operands<float>& at) override {
    const Shape out = d_.output();
    pool_->run(out.channels, [&](int c, int /*worker*/) {
      const float* plane = at.x[0] + c * d_.input.plane();
      float* y = at.y + c * out.plane();
      for (const Mix& row : rows_) {
        const float* low = plane + static_cast<std::size_t>(row.low) * d_.input.width;
        const float* high = plane + static_cast<std::size_t>(row.high) * d_.input.width;
        for (const Mix& column : columns_) {
          *y++ = (1 - row.share) * ((1 - column.share) * low[column.low] + column.share * low[column.high]) +
                 row.share * ((1 - column.share) * high[column.low] + column.share * high[column.high]);
        }
      }
    });
  }

  void backward(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    const Shape out = d_.output();
    pool_->run(out.channels, [&](int c, int /*worker*/) {
      float* plane = dx.data + c * d_.input.plane();
      if (dx.write == Write::overwrite) std::fill_n(plane, d_.input.plane(), 0.0F);
      const float* dy = gradients.dy + c * out.plane();
      for (const Mix& row : rows_) {
        float* low = plane + static_cast<std::size_t>(row.low) * d_.input.width;
        float* high = plane + static_cast<std::size_t>(row.high) * d_.input.width;
        for (const Mix& column : columns_) {
          const float g = *dy++;
          low[column.low] += (1 - row.share) * (1 - column.share) * g;
          low[column.high] += (1 - row.share) * column.share * g;
          high[column.low] += row.share * (1 - column.share) * g;
          high[column.high] += row.share * column.share * g;
        }
      }
    });
  }

 private:
  struct Mix {
    int low, high;
    float share;  // of high
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

  UpsampleDesc d_;
  ThreadPool* pool_;
  std::vector<Mix> rows_;
  std::vector<Mix> columns_;
};

}  // namespace

LayerPointer make_pixel_shuffle(const PixelShuffleDesc& desc, ThreadPool& pool) {
  return std::make_unique<PixelShuffle>(desc, pool);
}

LayerPointer make_concat(const ConcatDesc& desc, ThreadPool& pool) {
  return std::make_unique<Concat>(desc, pool);
}

LayerPointer make_upsample(const UpsampleDesc& desc, ThreadPool& pool) {
  return std::make_unique<Upsample>(desc, pool);
}

}  // namespace dipper::cpu
