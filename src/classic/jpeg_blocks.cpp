// SPDX-License-Identifier: Apache-2.0
#include "classic/jpeg_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dipper {
namespace {

constexpr int side = JpegGrid::side;

// Row u is the cosine of frequency u, of length 1.
const JpegBlock& cosines() {
  static const JpegBlock table = [] {
    JpegBlock t;
    for (int u = 0; u < side; ++u) {
      for (int x = 0; x < side; ++x) {
        const double cosine = std::cos((2 * x + 1) * u * std::numbers::pi / 16);
        t[side * u + x] = static_cast<float>((u == 0 ? std::numbers::sqrt2 / 4 : 0.5) * cosine);
      }
    }
    return t;
  }();
  return table;
}

JpegBlock transposed(const JpegBlock& a) {
  JpegBlock t;
  for (int i = 0; i < side; ++i) {
    for (int j = 0; j < side; ++j) t[side * j + i] = a[side * i + j];
  }
  return t;
}

JpegBlock product(const JpegBlock& a, const JpegBlock& b) {
  JpegBlock c{};
  for (int i = 0; i < side; ++i) {
    for (int k = 0; k < side; ++k) {
      for (int j = 0; j < side; ++j) c[side * i + j] += a[side * i + k] * b[side * k + j];
    }
  }
  return c;
}

}  // namespace

JpegBlock coefficients_of(const JpegBlock& samples) {
  static const JpegBlock across = transposed(cosines());
  return product(product(cosines(), samples), across);
}

JpegBlock samples_of(const JpegBlock& coefficients) {
  static const JpegBlock down = transposed(cosines());
  return product(product(down, coefficients), cosines());
}

JpegBlock JpegPlane::block(int top, int left) const {
  JpegBlock block;
  for (int i = 0; i < side; ++i) {
    const int row = std::clamp(top + i, 0, height - 1);
    for (int j = 0; j < side; ++j) block[side * i + j] = values[at(row, std::clamp(left + j, 0, width - 1))];
  }
  return block;
}

void JpegPlane::set_block(int top, int left, const JpegBlock& block) {
  for (int i = std::max(0, -top); i < std::min(side, height - top); ++i) {
    for (int j = std::max(0, -left); j < std::min(side, width - left); ++j) {
      values[at(top + i, left + j)] = block[side * i + j];
    }
  }
}

JpegPlane halved(const JpegPlane& plane, int up, int left) {
  JpegPlane half{(plane.height + up + 1) / 2, (plane.width + left + 1) / 2};
  for (int i = 0; i < half.height; ++i) {
    for (int j = 0; j < half.width; ++j) {
      float sum = 0;
      for (int k = 0; k < 4; ++k) {
        const int row = std::clamp(2 * i - up + k / 2, 0, plane.height - 1);
        sum += plane.values[plane.at(row, std::clamp(2 * j - left + k % 2, 0, plane.width - 1))];
      }
      half.values[half.at(i, j)] = sum / 4;
    }
  }
  return half;
}

JpegPlane doubled(const JpegPlane& half, int height, int width, int up, int left) {
  JpegPlane plane{height, width};
  for (int i = 0; i < height; ++i) {
    const int row = (i + up) / 2;
    const int beside = std::clamp((i + up) % 2 == 0 ? row - 1 : row + 1, 0, half.height - 1);
    for (int j = 0; j < width; ++j) {
      const int column = (j + left) / 2;
      const int next = std::clamp((j + left) % 2 == 0 ? column - 1 : column + 1, 0, half.width - 1);
      const float near = 0.75F * half.values[half.at(row, column)] + 0.25F * half.values[half.at(row, next)];
      const float far = 0.75F * half.values[half.at(beside, column)] + 0.25F * half.values[half.at(beside, next)];
      plane.values[plane.at(i, j)] = 0.75F * near + 0.25F * far;
    }
  }
  return plane;
}

}  // namespace dipper
