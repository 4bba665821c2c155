// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/philox.hpp"
#include "base/thread_pool.hpp"
#include "dipper/image.hpp"
#include "image/blur_kernel.hpp"

namespace dipper {

// All of these work on the colour channels in place; alpha stays.

/// Convolves the picture, reflected at its edges, with the kernel. Sums are in float, in the order of the kernel.
void blur(Image& picture, const Kernel& kernel, ThreadPool& pool);

/// Counts light: each sample becomes a Poisson number of mean sample * photons, over `photons`. Light below 0 is none;
/// samples that are not finite stay as they are. Channel c takes step c of `random`.
void add_photon_noise(Image& picture, double photons, const Philox& random);

/// Adds independent normal numbers to all samples; sigma in the samples' own unit, where white is 1. Channel c takes
/// step c of `random`.
void add_normal_noise(Image& picture, double sigma, const Philox& random);

/// What is left after a JPEG file of this quality, 1 to 100, with halved chroma: 8-bit values, whatever the picture's
/// sample type. Throws Error when the picture is too large for JPEG.
void compress(Image& picture, int quality);

}  // namespace dipper
