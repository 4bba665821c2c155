// SPDX-License-Identifier: Apache-2.0
#include "classic/total_variation.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/thread_pool.hpp"
#include "classic/clipping.hpp"
#include "classic/nearest.hpp"
#include "dipper/error.hpp"
#include "image/noise.hpp"

namespace dipper {
namespace {

constexpr int rows_per_task = 32;
constexpr int most_iterations = 3000;
constexpr int iterations_per_check = 10;
constexpr int most_secants = 20;

// How far a result may be from the minimiser: the root of the mean square.
constexpr double fine = 1e-3;
constexpr double coarse = 3e-3;  // while lambda is sought

// Sums over a band of rows, or all.
struct Energies {
  double variation = 0;  // TV(x)
  double misfit = 0;     // sum of w (x - y)^2
  double square = 0;     // sum of (div p)^2 / w
  double product = 0;    // sum of y div p
  double moved = 0;      // sum of (x - x of the iteration before)^2
};

// One picture's problem. The dual variable p is a vector for each pixel and colour; those of one pixel have together at
// most length 1 and, at the solution, the direction of the gradient of x.
class Solver {
 public:
  Solver(const Image& picture, std::span<const float> weights, int threads);

  // Goes on from where the last call ended.
  void solve(double lambda, double tolerance, Patience& patience);

  [[nodiscard]] const std::vector<float>& x() const { return x_; }

 private:
  void fill_unknown();
  template <class Task>
  void for_bands(const Task& task) const;
  [[nodiscard]] std::size_t offset(int c, int y) const {
    return (static_cast<std::size_t>(c) * static_cast<std::size_t>(height_) + static_cast<std::size_t>(y)) *
           static_cast<std::size_t>(width_);
  }
  void ascend(int y, float step, std::span<float> lengths);
  void descend(int y, float step, float lambda, float momentum);
  [[nodiscard]] Energies measure() const;
  void add_energies(int y, Energies& sum, std::span<double> squares) const;
  [[nodiscard]] bool done(double lambda, double tolerance) const;

  int width_;
  int height_;
  int colours_;
  mutable ThreadPool pool_;
  std::vector<float> y_;  // [colour][row][column], as all below
  std::vector<float> w_;  // [row][column]
  float least_weight_;
  std::vector<float> x_;
  std::vector<float> ahead_;  // x, and the last step once more
  std::vector<float> right_;  // p's part along the row, 0 in the last column
  std::vector<float> down_;   // and along the column, 0 in the last row
  std::vector<float> zeros_;  // a row of them
};

Solver::Solver(const Image& picture, std::span<const float> weights, int threads)
    : width_(picture.width),
      height_(picture.height),
      colours_(picture.colour_channels()),
      pool_(threads),
      y_(picture.samples.begin(), picture.samples.begin() + static_cast<std::ptrdiff_t>(offset(colours_, 0))),
      w_(weights.begin(), weights.end()),
      least_weight_(*std::min_element(weights.begin(), weights.end())),
      right_(y_.size()),
      down_(y_.size()),
      zeros_(static_cast<std::size_t>(width_)) {
  if (least_weight_ <= 0) fill_unknown();
  x_ = y_;
}

// Unknown pixels begin as the nearest known ones: most of them lie far closer to the solution than 0 does.
void Solver::fill_unknown() {
  std::vector<std::uint8_t> known;
  known.reserve(w_.size());
  for (const float w : w_) known.push_back(w > 0 ? 1 : 0);
  const std::vector<int> nearest = nearest_marked(known, width_, height_);
  for (int c = 0; c < colours_; ++c) {
    const std::span<float> plane = std::span(y_).subspan(offset(c, 0), w_.size());
    for (std::size_t i = 0; i < w_.size(); ++i) plane[i] = plane[static_cast<std::size_t>(nearest[i])];
  }
}

template <class Task>
void Solver::for_bands(const Task& task) const {
  const int bands = (height_ + rows_per_task - 1) / rows_per_task;
  pool_.run(bands, [&](int band, int worker) {
    task(band, worker, band * rows_per_task, std::min(height_, (band + 1) * rows_per_task));
  });
}

// p := the projection of p + step * gradient of ahead.
void Solver::ascend(int y, float step, std::span<float> lengths) {
  const int width = width_;
  std::fill(lengths.begin(), lengths.end(), 0.0F);
  float* __restrict length = lengths.data();
  for (int c = 0; c < colours_; ++c) {
    const float* here = ahead_.data() + offset(c, y);
    const float* below = y + 1 < height_ ? here + width : here;
    float* __restrict right = right_.data() + offset(c, y);
    float* __restrict down = down_.data() + offset(c, y);
    for (int x = 0; x < width - 1; ++x) right[x] += step * (here[x + 1] - here[x]);
    for (int x = 0; x < width; ++x) down[x] += step * (below[x] - here[x]);
    for (int x = 0; x < width; ++x) length[x] += right[x] * right[x] + down[x] * down[x];
  }
  for (int x = 0; x < width; ++x) length[x] = 1 / std::max(1.0F, std::sqrt(length[x]));
  for (int c = 0; c < colours_; ++c) {
    float* __restrict right = right_.data() + offset(c, y);
    float* __restrict down = down_.data() + offset(c, y);
    for (int x = 0; x < width; ++x) right[x] *= length[x];
    for (int x = 0; x < width; ++x) down[x] *= length[x];
  }
}

// x := the minimiser of lambda / 2 w (x - y)^2 + (x - old)^2 / (2 step), with old = x + step * divergence of p.
void Solver::descend(int y, float step, float lambda, float momentum) {
  const int width = width_;
  const float pull = step * lambda;
  const float* __restrict w = w_.data() + offset(0, y);
  for (int c = 0; c < colours_; ++c) {
    const std::size_t at = offset(c, y);
    const float* __restrict right = right_.data() + at;
    const float* __restrict down = down_.data() + at;
    const float* __restrict above = y > 0 ? down - width : zeros_.data();
    const float* __restrict target = y_.data() + at;
    float* __restrict now = x_.data() + at;
    float* __restrict ahead = ahead_.data() + at;
    const auto move = [&](int x, float left) {
      const float old = now[x] + step * (right[x] - left + down[x] - above[x]);
      const float better = (old + pull * w[x] * target[x]) / (1 + pull * w[x]);
      ahead[x] = better + momentum * (better - now[x]);
      now[x] = better;
    };
    move(0, 0.0F);
    for (int x = 1; x < width; ++x) move(x, right[x - 1]);
  }
}

// Adds one row's. `squares` is scratch for a row.
void Solver::add_energies(int y, Energies& sum, std::span<double> squares) const {
  std::fill(squares.begin(), squares.end(), 0.0);
  const float* w = w_.data() + offset(0, y);
  for (int c = 0; c < colours_; ++c) {
    const std::size_t at = offset(c, y);
    const float* here = x_.data() + at;
    const float* below = y + 1 < height_ ? here + width_ : here;
    const float* down = down_.data() + at;
    const float* above = y > 0 ? down - width_ : zeros_.data();
    for (int x = 0; x < width_; ++x) {
      const double right_slope = x + 1 < width_ ? here[x + 1] - here[x] : 0;
      const double down_slope = below[x] - here[x];
      squares[static_cast<std::size_t>(x)] += right_slope * right_slope + down_slope * down_slope;
      const float left = x > 0 ? right_[at + static_cast<std::size_t>(x) - 1] : 0;
      const double divergence = right_[at + static_cast<std::size_t>(x)] - left + down[x] - above[x];
      const double target = y_[at + static_cast<std::size_t>(x)];
      const double step = ahead_[at + static_cast<std::size_t>(x)] - here[x];
      sum.misfit += w[x] * (here[x] - target) * (here[x] - target);
      if (w[x] > 0) sum.square += divergence * divergence / w[x];
      sum.product += divergence * target;
      sum.moved += step * step;
    }
  }
  for (const double square : squares) sum.variation += std::sqrt(square);
}

Energies Solver::measure() const {
  const int bands = (height_ + rows_per_task - 1) / rows_per_task;
  std::vector<Energies> parts(static_cast<std::size_t>(bands));
  std::vector<double> squares(static_cast<std::size_t>(width_) * static_cast<std::size_t>(pool_.size()));
  for_bands([&](int band, int worker, int begin, int end) {
    const auto scratch = std::span(squares).subspan(static_cast<std::size_t>(worker) * static_cast<std::size_t>(width_),
                                                    static_cast<std::size_t>(width_));
    for (int y = begin; y < end; ++y) add_energies(y, parts[static_cast<std::size_t>(band)], scratch);
  });
  Energies sum;
  for (const Energies& part : parts) {
    sum.variation += part.variation;
    sum.misfit += part.misfit;
    sum.square += part.square;
    sum.product += part.product;
    sum.moved += part.moved;
  }
  return sum;
}

// The energy less the dual energy bounds lambda / 2 * least weight * squared distance to the minimiser.
bool Solver::done(double lambda, double tolerance) const {
  const Energies e = measure();
  const auto count = static_cast<double>(x_.size());
  if (least_weight_ <= 0) return std::sqrt(e.moved / count) <= 1e-2 * tolerance;
  const double gap = e.variation + lambda / 2 * e.misfit + e.square / (2 * lambda) + e.product;
  return gap <= tolerance * tolerance * lambda * least_weight_ * count / 2;
}

void Solver::solve(double lambda, double tolerance, Patience& patience) {
  constexpr double bound = 8;  // of the squared norm of the gradient as an operator (Chambolle, 2004)
  const double convexity = lambda * least_weight_;
  // Accelerated steps find their lengths; the others keep these, with which known pictures converged fastest.
  double primal = convexity > 0 ? 0.35 : 0.05;
  double dual = 1 / (bound * primal);
  std::vector<float> lengths(static_cast<std::size_t>(width_) * static_cast<std::size_t>(pool_.size()));
  ahead_ = x_;
  for (int n = 1; n <= most_iterations; ++n) {
    for_bands([&](int, int worker, int begin, int end) {
      const auto scratch = std::span(lengths).subspan(
          static_cast<std::size_t>(worker) * static_cast<std::size_t>(width_), static_cast<std::size_t>(width_));
      for (int y = begin; y < end; ++y) ascend(y, static_cast<float>(dual), scratch);
    });
    const double momentum = 1 / std::sqrt(1 + 2 * convexity * primal);
    for_bands([&](int, int, int begin, int end) {
      for (int y = begin; y < end; ++y) {
        descend(y, static_cast<float>(primal), static_cast<float>(lambda), static_cast<float>(momentum));
      }
    });
    check(patience, 0);  // nobody knows how many there will be
    primal *= momentum;
    dual /= momentum;
    if (n % iterations_per_check == 0 && done(lambda, tolerance)) return;
  }
}

Image with_colours(const Image& picture, std::span<const float> x) {
  Image image = picture;
  std::copy(x.begin(), x.end(), image.samples.begin());
  return image;
}

// Each colour's mean.
Image flat(const Image& picture) {
  Image image = picture;
  for (int c = 0; c < image.colour_channels(); ++c) {
    const std::span<float> plane = image.plane(c);
    const double sum = std::accumulate(plane.begin(), plane.end(), 0.0);
    std::fill(plane.begin(), plane.end(), static_cast<float>(sum / static_cast<double>(plane.size())));
  }
  return image;
}

// The variance of clipped noise about this mean, whose value without noise is found by halving intervals.
double clipped_variance(double mean, double sigma) {
  double low = 0;
  double high = 1;
  for (int n = 0; n < 30; ++n) {
    const double middle = (low + high) / 2;
    (clipped_noise(middle, sigma).mean < mean ? low : high) = middle;
  }
  return clipped_noise((low + high) / 2, sigma).variance;
}

// What the root mean square of y - x should be, if the result is x. Noise of this deviation makes sigma of it, and less
// where y was clipped to [0, 1], as every y is taken to be that lies in it. A good x keeps a little of the noise: with
// this share most photos come within 0.2 dB of the best that any lambda gives, a zebra within 1; with all of it 0.5 to
// 3 are lost.
class ExpectedResidual {
 public:
  ExpectedResidual(std::span<const float> y, double sigma) : sigma_(sigma) {
    const auto [least, most] = std::minmax_element(y.begin(), y.end());
    if (*least < 0 || *most > 1) return;
    for (int i = 0; i <= steps; ++i) table_.push_back(clipped_variance(static_cast<double>(i) / steps, sigma));
  }
  [[nodiscard]] double operator()(std::span<const float> x) const {
    if (table_.empty()) return share * sigma_;
    double sum = 0;
    for (const float value : x)
      sum += table_[static_cast<std::size_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * steps))];
    return share * std::sqrt(sum / static_cast<double>(x.size()));
  }

 private:
  static constexpr double share = 0.93;
  static constexpr int steps = 1000;
  double sigma_;
  std::vector<double> table_;  // [x * steps]; empty when nothing was clipped
};

// The root mean square of all samples' differences.
double distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

}  // namespace

Image total_variation(const Image& picture, std::span<const float> weights, double lambda, int threads,
                      Patience& patience) {
  DIPPER_CHECK(lambda > 0);
  DIPPER_CHECK_EQ(weights.size(), picture.plane_size());
  if (std::none_of(weights.begin(), weights.end(), [](float w) { return w > 0; })) {
    throw Error("everything is missing: no pixel is known, so there is nothing to go by; mark fewer for repair");
  }
  Solver solver(picture, weights, threads);
  solver.solve(lambda, fine, patience);
  return with_colours(picture, solver.x());
}

Image denoise_total_variation(const Image& picture, double sigma, int threads, Patience& patience) {
  DIPPER_CHECK(sigma >= 0);
  const std::span<const float> y = picture.colours();
  if (is_lost_in_rounding(y, sigma)) return picture;  // no lambda would bring x, which is rounded too, so near to y
  const ExpectedResidual expected(y, sigma);
  Image mean = flat(picture);
  if (distance(y, mean.colours()) <= expected(mean.colours())) return mean;
  const std::vector<float> weights(picture.plane_size(), 1.0F);
  Solver solver(picture, weights, threads);
  // The residual falls with lambda, on logarithmic scales nearly along a line, so secants find it.
  double lambda = 0.85 / sigma;
  double power = -0.4;
  double last_lambda = 0;
  double last_ratio = 0;
  for (int n = 0; n < most_secants; ++n) {
    solver.solve(lambda, coarse, patience);
    const double ratio = distance(y, solver.x()) / expected(solver.x());
    if (std::abs(ratio - 1) < 0.003) break;
    if (n > 0 && ratio != last_ratio) {
      power = std::clamp(std::log(ratio / last_ratio) / std::log(lambda / last_lambda), -1.5, -0.1);
    }
    last_lambda = std::exchange(lambda, lambda * std::pow(ratio, -1 / power));
    last_ratio = ratio;
  }
  solver.solve(lambda, fine, patience);
  return with_colours(picture, solver.x());
}

}  // namespace dipper
