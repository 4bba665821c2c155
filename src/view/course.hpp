// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/evenly.hpp"
#include "base/json.hpp"
#include "dipper/dipper.hpp"

namespace dipper::view {

/// How a fit went, iteration by iteration: of very many some, evenly, and of those with a picture as many again.
class Course {
 public:
  struct Point {
    int iteration = 0;
    double seconds = 0;
    double loss = 0;
    std::optional<double> psnr{};
    std::optional<double> expected{};
  };

  /// raw: the network's own output is what matters.
  explicit Course(bool raw = false) : raw_(raw) {}

  /// Whether it took anything.
  bool follow(const Progress& progress);

  /// What came of it ends the course.
  void finish(const Restoration& restoration);

  /// Ascending, with the last.
  [[nodiscard]] std::vector<Point> points() const;

 private:
  static constexpr std::size_t most_points = 2000;
  bool raw_;
  Evenly<Point> with_picture_{most_points};
  Evenly<Point> without_{most_points};
  std::optional<Point> last_;
};

}  // namespace dipper::view
