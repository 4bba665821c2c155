// SPDX-License-Identifier: Apache-2.0
#include "classic/deblock.hpp"

#include <cmath>

#include "classic/bm3d.hpp"

namespace dipper {

Image deblock(const Image& decoded, const JpegCoding& coding, int threads, Patience& patience) {
  // What the pictures of bench/recipes.py want at the qualities 10, 20 and 40.
  const double sigma = 2.5 * std::pow(coding.coarseness(), 0.59) / 255;
  Image picture = decoded;
  double done = 0;
  for (const double share : {1.0, 0.7, 0.5}) {
    PartOf part(patience, done, 1.0 / 3);
    picture = near_coefficients(denoise_bm3d(picture, share * sigma, threads, part), decoded, coding, likely_rounding);
    done += 1.0 / 3;
  }
  return picture;
}

}  // namespace dipper
