// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

class ThreadPool;

/// How one sample is made of those around it, as a function of the distance d in output samples where a picture is made
/// smaller and in input samples where it is made larger (the stretched kernel keeps finer detail from aliasing):
///
///   box       the mean of the area that the new pixel covers, parts of pixels counted by their part
///   bicubic   the cubic convolution of Keys (1981) with a = -1/2, |d| < 2
///   lanczos2  sinc(d) sinc(d / 2), |d| < 2, with sinc(d) = sin(pi d) / (pi d)
///   lanczos3  sinc(d) sinc(d / 3), |d| < 3
///   gaussian  exp(-2 d^2), which is a standard deviation of 1/2, |d| < 3/2
enum class ResizeKernel : std::uint8_t { box, bicubic, lanczos2, lanczos3, gaussian };

/// The picture at another size, which may be larger in one direction and smaller in the other. Pixel i of n covers
/// [i / n, (i + 1) / n) of its row, whatever n; weights beyond the edge are left out and the others made to sum to 1.
///
/// Colours weigh by their alpha. NaN counts as black, as when written. Kernels with negative parts may leave [0, 1];
/// alpha is clamped to it, and the colour of a partly transparent pixel stays within that of the picture.
/// The sample type, the profile and the EXIF block are kept. Throws Error for a size that no picture can have.
/// pool: threads that share the work, none for the caller's alone; the result does not depend on them.
[[nodiscard]] Image resize(const Image& image, int width, int height, ResizeKernel kernel, ThreadPool* pool = nullptr);

/// A picture made so many times smaller on each side by this kernel.
struct Scaling {
  int scale = 1;
  ResizeKernel kernel = ResizeKernel::lanczos2;
};

/// The operator that makes a row or column `factor` times smaller: output[i] = sum over t of weights[t] input[i *
/// factor
/// + first + t]. The weights sum to 1 and are centred on the output sample, at i * factor + (factor - 1) / 2.
struct Taps {
  int first = 0;
  std::vector<double> weights;
};

/// The same weights as resize() has away from the edges: box has `factor` of them, and Lanczos-2 by 4 has 16 from -6
/// on.
[[nodiscard]] Taps downsampling_taps(ResizeKernel kernel, int factor);

}  // namespace dipper
