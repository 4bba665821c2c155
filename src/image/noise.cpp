// SPDX-License-Identifier: Apache-2.0
#include "image/noise.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace dipper {
namespace {

constexpr std::size_t most_places = std::size_t{1} << 18U;

// What is seen at one place: a block of 2x2 pixels and, for the rest, those up to 3 pixels from it.
struct Place {
  float detail = 0;  // the block's diagonal wavelet coefficient, whose deviation is that of the noise
  float mean = 0;
  float slope = 0;  // how uneven the surroundings are: squared differences of their means
};

struct Mean {
  double sum = 0;
  int count = 0;
  [[nodiscard]] double value() const { return sum / std::max(1, count); }
};

// One plane's rows.
struct Plane {
  std::span<const float> samples;
  int width = 0;
  int height = 0;

  [[nodiscard]] double at(int x, int y) const {
    return samples[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }

  // The place whose block has its upper left pixel here.
  [[nodiscard]] Place place(int x, int y) const {
    Mean all, left, right, upper, lower;
    for (int v = std::max(0, y - 3); v < std::min(height, y + 5); ++v) {
      for (int u = std::max(0, x - 3); u < std::min(width, x + 5); ++u) {
        const double value = at(u, v);
        const auto add = [&](Mean& mean) {
          mean.sum += value;
          ++mean.count;
        };
        add(all);
        if (u < x) add(left);
        if (u > x + 1) add(right);
        if (v < y) add(upper);
        if (v > y + 1) add(lower);
      }
    }
    const auto step = [](const Mean& a, const Mean& b) {
      return a.count > 0 && b.count > 0 ? a.value() - b.value() : 0;
    };
    const double across = step(left, right);
    const double along = step(upper, lower);
    const double detail = (at(x, y) - at(x + 1, y) - at(x, y + 1) + at(x + 1, y + 1)) / 2;
    return {static_cast<float>(detail), static_cast<float>(all.value()),
            static_cast<float>(across * across + along * along)};
  }
};

// Places evenly over all colours, at most most_places or so.
std::vector<Place> places(const Image& image) {
  const std::size_t all = image.colours().size();
  int step = 1;
  while (all / static_cast<std::size_t>(step) / static_cast<std::size_t>(step) > most_places) ++step;
  std::vector<Place> found;
  for (int c = 0; c < image.colour_channels(); ++c) {
    const Plane plane{image.plane(c), image.width, image.height};
    for (int y = 0; y + 1 < image.height; y += step) {
      for (int x = 0; x + 1 < image.width; x += step) {
        const Place place = plane.place(x, y);
        if (std::isfinite(place.mean)) found.push_back(place);
      }
    }
  }
  return found;
}

// The element that a share of all are less than.
float quantile(std::span<float> values, double share) {
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

template <class Key>
std::vector<float> each(std::span<const Place> places, const Key& key) {
  std::vector<float> values;
  values.reserve(places.size());
  for (const Place& place : places) values.push_back(key(place));
  return values;
}

// Huber's proposal 2, for a mean of 0: the deviation s at which the mean of min(d^2, s^2) is what it is for a normal
// distribution. Unlike the median of absolute values it does not jump where samples are whole numbers of 255.
double spread(std::span<const Place> places) {
  constexpr double normal = 0.516058;  // the mean of min(z^2, 1), z standard normal
  double square = 0;
  for (const Place& place : places) square += double{place.detail} * place.detail;
  square /= static_cast<double>(places.size());
  for (int n = 0; n < 200; ++n) {
    double sum = 0;
    for (const Place& place : places) sum += std::min(double{place.detail} * place.detail, square);
    const double better = sum / static_cast<double>(places.size()) / normal;
    const bool settled = better >= square * (1 - 1e-4);
    square = better;
    if (settled) break;
  }
  return std::sqrt(square);
}

// The flattest quarter of the places that are not beyond what tells the noise, for which beyond(place) is at most 0,
// or, where these are few, of the tenth that is the least beyond.
template <class Beyond>
std::vector<Place> flat_and_fair(std::span<const Place> all, const Beyond& beyond) {
  std::vector<float> keys = each(all, beyond);
  const float limit = std::max(0.0F, quantile(keys, 0.1));
  std::vector<Place> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), [&](const Place& p) { return beyond(p) <= limit; });
  std::vector<float> slopes = each(chosen, [](const Place& place) { return place.slope; });
  const float flat = quantile(slopes, 0.25);
  std::erase_if(chosen, [&](const Place& place) { return place.slope > flat; });
  return chosen;
}

// The deviation of the details. Which places tell it depends on what it is: beyond(place, deviation).
template <class Beyond>
double deviation_of(std::span<const Place> all, const Beyond& beyond) {
  if (all.empty()) return 0;
  double deviation = spread(all);
  for (int n = 0; n < 10; ++n) {
    const auto here = [&](const Place& place) { return static_cast<float>(beyond(place, deviation)); };
    const double better = spread(flat_and_fair(all, here));
    const bool settled = std::abs(better - deviation) <= 1e-3 * deviation;
    deviation = better;
    if (settled) break;
  }
  return deviation;
}

}  // namespace

double estimate_noise(const Image& image) {
  return deviation_of(places(image), [](const Place& place, double deviation) {
    return std::abs(place.mean - 0.5) + 1.5 * deviation - 0.5;
  });
}

double estimate_gain(const Image& image) {
  std::vector<Place> all = places(image);
  std::erase_if(all, [](const Place& place) { return !(place.mean > 0); });
  float white = 1;
  for (Place& place : all) {
    white = std::max(white, place.mean);
    place.detail /= std::sqrt(place.mean);
    place.slope /= place.mean;
  }
  constexpr double few = 3;  // photons, of which the distribution is far from a normal one
  const double root = deviation_of(all, [&](const Place& place, double deviation) {
    return std::max(few * deviation * deviation - place.mean,
                    place.mean + 1.5 * deviation * std::sqrt(place.mean) - white);
  });
  return root * root;
}

bool is_lost_in_rounding(std::span<const float> samples, double sigma) {
  double square = 0;
  for (const float sample : samples) square += double{sample} * sample;
  const double size = std::sqrt(square / static_cast<double>(samples.size()));
  return sigma <= double{std::numeric_limits<float>::epsilon()} * size;
}

}  // namespace dipper
