// SPDX-License-Identifier: Apache-2.0
// There are too few pixels.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/thread_pool.hpp"
#include "dipper/error.hpp"
#include "image/resize.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

constexpr TaskOption options[] = {
    {.name = "scale", .value = "S", .help = "how many times larger, 2 to 8", .preset = "4"},
    {.name = "operator",
     .value = "KERNEL",
     .help = "how the large picture would have become the small one: lanczos2, lanczos3, bicubic, box or gaussian",
     .preset = "lanczos3"},
};

constexpr std::pair<const char*, ResizeKernel> kernels[] = {
    {"lanczos3", ResizeKernel::lanczos3}, {"lanczos2", ResizeKernel::lanczos2}, {"bicubic", ResizeKernel::bicubic},
    {"box", ResizeKernel::box},           {"gaussian", ResizeKernel::gaussian},
};

ResizeKernel kernel_of(const TaskInput& input) {
  const std::string* wanted = input.option("operator");
  if (wanted == nullptr) return kernels[0].second;
  std::vector<std::string> names;
  for (const auto& [name, kernel] : kernels) {
    if (*wanted == name) return kernel;
    names.emplace_back(name);
  }
  throw Error(fmt::format("--operator is \"{}\"{} but must be lanczos2, lanczos3, bicubic, box or gaussian", *wanted,
                          did_you_mean(*wanted, names)));
}

LinearOperator smaller_by(const Scaling& scaling, const Image& small) {
  const auto [scale, kernel] = scaling;
  const Taps taps = downsampling_taps(kernel, scale);
  const int count = static_cast<int>(taps.weights.size());
  LinearOperator op{.kernel = {.rows = count, .columns = count, .weights = {}},
                    .stride = scale,
                    .first_row = taps.first,
                    .first_column = taps.first,
                    .height = small.height * scale,
                    .width = small.width * scale};
  for (const double row : taps.weights) {
    for (const double column : taps.weights) op.kernel.weights.push_back(static_cast<float>(row * column));
  }
  return op;
}

Observation observe_upscale(const TaskInput& input) {
  const std::string* text = input.option("scale");
  const int scale = text == nullptr ? 4 : parse_integer(*text, "--scale", 2, 8);
  const Image& small = input.picture;
  Observation observation = all_known(small);
  observation.scaling = Scaling{scale, kernel_of(input)};
  observation.observed_by = smaller_by(*observation.scaling, small);
  observation.frame = resize(small, small.width * scale, small.height * scale, ResizeKernel::lanczos3);
  observation.summary =
      fmt::format("{}x{} becomes {}x{}", small.width, small.height, small.width * scale, small.height * scale);
  return observation;
}

Image bicubic(const Observation& observation, int threads, Patience& /*patience*/) {
  ThreadPool pool(threads);
  return resize(observation.damaged, observation.like().width, observation.like().height, ResizeKernel::bicubic, &pool);
}

Image lanczos(const Observation& observation, int threads, Patience& /*patience*/) {
  ThreadPool pool(threads);
  return resize(observation.damaged, observation.like().width, observation.like().height, ResizeKernel::lanczos3,
                &pool);
}

constexpr TaskMethod methods[] = {
    {"bicubic", "what most programs do", bicubic},
    {"lanczos", "a little sharper: Lanczos's kernel of three lobes", lanczos},
};

}  // namespace

extern const Task upscale_task{
    .name = "upscale",
    .summary = "Make a small picture larger, with the detail that it lets one guess",
    .example = "dipper upscale small.png --scale 4 -o big.png",
    .input = "the small picture",
    .recipes = {"upscale-fast", "upscale-balanced", "upscale-best"},
    .options = options,
    .methods = methods,
    .observe = observe_upscale,
};

}  // namespace dipper
