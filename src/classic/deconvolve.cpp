// SPDX-License-Identifier: Apache-2.0
#include "classic/deconvolve.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/check.hpp"
#include "base/reflect.hpp"
#include "base/thread_pool.hpp"

namespace dipper {
namespace {

constexpr int steps = 300;
constexpr float white = 255;  // of samples here: the two kinds of steps are as long as each other then

struct Size {
  int height;
  int width;
  [[nodiscard]] std::size_t pixels() const { return static_cast<std::size_t>(height) * width; }
  [[nodiscard]] std::size_t at(int i, int j) const { return static_cast<std::size_t>(i) * width + j; }
};

/// Sums of weights[r][c] times what is r rows below and c columns to the right.
struct Window {
  int rows;
  int columns;
  std::vector<float> weights;

  [[nodiscard]] Window turned() const { return {rows, columns, {weights.rbegin(), weights.rend()}}; }
  [[nodiscard]] Size inside(const Size& from) const { return {from.height - rows + 1, from.width - columns + 1}; }
  void read(const std::vector<float>& from, const Size& size, std::vector<float>& to, ThreadPool& pool) const {
    const Size left = inside(size);
    pool.run(left.height, [&](int i, int /*worker*/) {
      float* out = to.data() + left.at(i, 0);
      std::fill_n(out, left.width, 0.0F);
      for (int r = 0; r < rows; ++r) {
        for (int c = 0; c < columns; ++c) {
          const float weight = weights[static_cast<std::size_t>(r) * columns + c];
          if (weight == 0) continue;
          const float* in = from.data() + size.at(i + r, c);
          for (int j = 0; j < left.width; ++j) out[j] += weight * in[j];
        }
      }
    });
  }
};

/// The blur, in one pass, or in two where its weights are an outer product.
class Blur {
 public:
  explicit Blur(const Window& window) {
    const auto largest = std::ranges::max_element(window.weights, {}, [](float w) { return std::abs(w); });
    const auto at = static_cast<int>(largest - window.weights.begin());
    Window down{window.rows, 1, {}};
    Window across{1, window.columns, {}};
    for (int r = 0; r < window.rows; ++r)
      down.weights.push_back(window.weights[r * window.columns + at % window.columns]);
    for (int c = 0; c < window.columns; ++c) {
      across.weights.push_back(window.weights[at / window.columns * window.columns + c] / *largest);
    }
    bool outer = true;
    for (int k = 0; k < window.rows * window.columns; ++k) {
      const float made = down.weights[k / window.columns] * across.weights[k % window.columns];
      outer = outer && std::abs(made - window.weights[k]) <= 1e-5F * std::abs(*largest);
    }
    passes_ = outer ? std::vector<Window>{down, across} : std::vector<Window>{window};
  }

  /// Of a canvas, where all that a sample reads is inside.
  void forward(const std::vector<float>& canvas, Size size, std::vector<float>& to, ThreadPool& pool) {
    const std::vector<float>* from = &canvas;
    for (const Window& pass : passes_) {
      const bool last = &pass == &passes_.back();
      std::vector<float>& out = last ? to : between_;
      out.resize(pass.inside(size).pixels());
      pass.read(*from, size, out, pool);
      size = pass.inside(size);
      from = &out;
    }
  }

  /// What samples give back to the canvas.
  void backward(const std::vector<float>& samples, Size size, std::vector<float>& canvas, ThreadPool& pool) {
    Size from = size;
    const std::vector<float>* values = &samples;
    for (std::size_t n = passes_.size(); n-- > 0;) {
      const Window turned = passes_[n].turned();
      const Size wide{from.height + 2 * (turned.rows - 1), from.width + 2 * (turned.columns - 1)};
      wide_.assign(wide.pixels(), 0.0F);
      for (int i = 0; i < from.height; ++i) {
        std::copy_n(values->data() + from.at(i, 0), from.width,
                    wide_.data() + wide.at(i + turned.rows - 1, turned.columns - 1));
      }
      std::vector<float>& out = n == 0 ? canvas : between_;
      from = turned.inside(wide);
      out.resize(from.pixels());
      turned.read(wide_, wide, out, pool);
      values = &out;
    }
  }

 private:
  std::vector<Window> passes_;
  std::vector<float> between_;
  std::vector<float> wide_;
};

/// The algorithm's variables of one channel.
struct Channel {
  std::vector<float> y, x, ahead;       // ahead: where x is going
  std::vector<float> across, down;      // dual to the differences to the right and below
  std::vector<float> lack, seen, back;  // dual to the blurred samples; x blurred; what that gives back
};

class Deconvolution {
 public:
  Deconvolution(const Image& blurred, const Window& window, double lambda, int threads)
      : lambda_(static_cast<float>(lambda)),
        size_{blurred.height, blurred.width},
        canvas_{blurred.height + window.rows - 1, blurred.width + window.columns - 1},
        blur_(window),
        pool_(threads),
        channels_(blurred.colour_channels()) {
    for (int c = 0; c < blurred.colour_channels(); ++c) {
      Channel& channel = channels_[c];
      for (const float sample : blurred.plane(c)) channel.y.push_back(white * sample);
      channel.lack.assign(size_.pixels(), 0.0F);
      channel.across.assign(canvas_.pixels(), 0.0F);
      channel.down = channel.across;
      for (int i = 0; i < canvas_.height; ++i) {
        const int row = reflected_index(i - window.rows / 2, size_.height);
        for (int j = 0; j < canvas_.width; ++j) {
          channel.x.push_back(channel.y[size_.at(row, reflected_index(j - window.columns / 2, size_.width))]);
        }
      }
      channel.ahead = channel.x;
    }
  }

  void step() {
    for (Channel& channel : channels_) blur_.forward(channel.ahead, canvas_, channel.seen, pool_);
    pool_.run(canvas_.height, [this](int i, int /*worker*/) { move_differences(i); });
    for (Channel& channel : channels_) {
      for (std::size_t i = 0; i < channel.lack.size(); ++i) {
        channel.lack[i] = (channel.lack[i] + pace * (channel.seen[i] - channel.y[i])) / (1 + pace / lambda_);
      }
      blur_.backward(channel.lack, size_, channel.back, pool_);
    }
    pool_.run(canvas_.height, [this](int i, int /*worker*/) { move_picture(i); });
  }

  void put(Image& picture) const {
    const int top = (canvas_.height - size_.height) / 2;
    const int left = (canvas_.width - size_.width) / 2;
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      for (int i = 0; i < size_.height; ++i) {
        for (int j = 0; j < size_.width; ++j) {
          picture.plane(static_cast<int>(c))[size_.at(i, j)] =
              std::clamp(channels_[c].x[canvas_.at(i + top, j + left)] / white, 0.0F, 1.0F);
        }
      }
    }
  }

 private:
  // 1 over the norm of differences and blur together, whose squares are 8 and 1 at most.
  static constexpr float pace = 1.0F / 3;

  // Towards the differences, and no longer than 1, all channels together.
  void move_differences(int i) {
    for (int j = 0; j < canvas_.width; ++j) {
      const std::size_t at = canvas_.at(i, j);
      float square = 0;
      for (Channel& c : channels_) {
        if (j + 1 < canvas_.width) c.across[at] += pace * (c.ahead[at + 1] - c.ahead[at]);
        if (i + 1 < canvas_.height) c.down[at] += pace * (c.ahead[at + canvas_.width] - c.ahead[at]);
        square += c.across[at] * c.across[at] + c.down[at] * c.down[at];
      }
      if (square <= 1) continue;
      const float shorter = 1 / std::sqrt(square);
      for (Channel& c : channels_) {
        c.across[at] *= shorter;
        c.down[at] *= shorter;
      }
    }
  }

  void move_picture(int i) {
    for (Channel& c : channels_) {
      for (int j = 0; j < canvas_.width; ++j) {
        const std::size_t at = canvas_.at(i, j);
        const float left = j > 0 ? c.across[at - 1] : 0;
        const float above = i > 0 ? c.down[at - canvas_.width] : 0;
        const float before = c.x[at];
        c.x[at] -= pace * (c.back[at] - (c.across[at] - left + c.down[at] - above));
        c.ahead[at] = 2 * c.x[at] - before;
      }
    }
  }

  float lambda_;
  Size size_;
  Size canvas_;
  Blur blur_;
  ThreadPool pool_;
  std::vector<Channel> channels_;
};

}  // namespace

Image deconvolve(const Image& blurred, int rows, int columns, std::span<const float> weights, double sigma, int threads,
                 Patience& patience) {
  DIPPER_CHECK(rows % 2 == 1 && columns % 2 == 1);
  DIPPER_CHECK_EQ(weights.size(), static_cast<std::size_t>(rows) * columns);
  // What pictures of bench/recipes.py want with no noise but that of 8 bits, and with a sigma of 1 and 5 of 255.
  constexpr double of_eight_bits = 0.29;
  const double lambda = 12 / std::pow(std::max(of_eight_bits, white * sigma), 1.6);
  Deconvolution deconvolution(blurred, {rows, columns, {weights.begin(), weights.end()}}, lambda, threads);
  for (int step = 0; step < steps; ++step) {
    check(patience, static_cast<double>(step) / steps);
    deconvolution.step();
  }
  Image picture = blurred;
  deconvolution.put(picture);
  return picture;
}

}  // namespace dipper
