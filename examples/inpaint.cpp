// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "dipper/dipper.hpp"

int main() {
  const auto damaged = dipper::read_image("damaged.png");
  const auto mask = dipper::read_image("mask.png");  // white is repaired
  dipper::Settings settings;
  settings.iterations = 300;
  const auto progress = [](const dipper::Progress& p) { return std::printf("%d: %g\n", p.iteration, p.loss) > 0; };
  dipper::write_image("restored.png", dipper::inpaint(damaged, mask, settings, progress).image);
}
