// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "dipper/error.hpp"
#include "kernels/layer_run.hpp"
#include "kernels/ref/ref.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// A picture whose samples all differ from their neighbours', on whole steps of 8 bits.
inline Image gradient_picture(int width, int height, int channels) {
  Image image(width, height, channels);
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    image.samples[i] = static_cast<float>(20 + i % 200) / 255;
  }
  return image;
}

/// A request to one task, to be changed and run.
class TaskRun : public testing::Test {
 protected:
  explicit TaskRun(const Task& which) : task(which) {}

  Observation run() { return observe(task, {picture, options, pictures, seed}); }

  /// What run() throws.
  std::string error() {
    try {
      (void)run();
    } catch (const Error& failure) {
      return failure.what();
    }
    return "no error";
  }

  const Task& task;
  Image picture = gradient_picture(8, 6, 3);
  std::map<std::string, std::string> options;
  std::map<std::string, Image> pictures;
  std::uint64_t seed = 0;
};

/// The operator on a canvas of its own, forward and backward in double precision: <A x, y> and <x, A' y>.
struct AdjointSums {
  double forward = 0;
  double backward = 0;
};
inline AdjointSums adjoint_sums(const Observation& observation) {
  const LinearOperator& op = *observation.observed_by;
  const int channels = observation.damaged.colour_channels();
  const int around = reach(op) + 2;
  const Shape canvas{channels, op.height + 2 * around, op.width + 2 * around};
  const Shape observed{channels, observation.damaged.height, observation.damaged.width};
  LayerRun<double> run{filter_on(op, canvas, {around, around, op.height, op.width}, observed)};
  const auto layer = ref::make_layer<double>(run.desc);
  run.forward(*layer);
  run.backward(*layer);
  return {.forward = dot(run.y, run.dy, observed.size()), .backward = dot(run.x[0], run.dx[0], canvas.size())};
}

}  // namespace dipper
