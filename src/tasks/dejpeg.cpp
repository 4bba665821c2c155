// SPDX-License-Identifier: Apache-2.0
// JPEG left blocks, rings and blotches of colour.
#include "tasks/task.hpp"

namespace dipper {
namespace {

Observation observe_dejpeg(const TaskInput& input) {
  Observation observation = all_known(input.picture);
  observation.summary = "what JPEG did may be anywhere, so every pixel is made anew";
  return observation;
}

}  // namespace

extern const Task dejpeg_task{
    .name = "dejpeg",
    .summary = "Remove the blocks and rings that JPEG leaves at low quality",
    .example = "dipper dejpeg thumbnail.jpg -o clean.png",
    .input = "a picture that was a JPEG of low quality",
    .recipes = {"small", "small", "small"},
    .options = {},
    .methods = {},
    .observe = observe_dejpeg,
};

}  // namespace dipper
