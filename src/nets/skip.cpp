// SPDX-License-Identifier: Apache-2.0
#include "nets/skip.hpp"

#include <fmt/format.h>

#include "dipper/error.hpp"
#include "nets/parts.hpp"
#include "ops/activation.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/upsample.hpp"

namespace dipper {
namespace {

constexpr std::size_t most_scales = 10;
constexpr double slope = 0.2;

// Lists hold a value for each scale or a single one for all.
template <class T>
const T& at(const std::vector<T>& list, std::size_t scale) {
  return list.size() == 1 ? list.front() : list[scale];
}

void check_length(const char* key, std::size_t length, std::size_t scales) {
  if (length == 1 || length == scales) return;
  throw Error(fmt::format("{} has {} values but skip.down has {}, one for each scale: give as many, or one for all",
                          key, length, scales));
}

void check_odd(const char* key, const std::vector<int>& kernels) {
  for (const int kernel : kernels) {
    if (kernel % 2 == 0) throw Error(fmt::format("{} is {} but a kernel's side must be odd", key, kernel));
  }
}

class Builder {
 public:
  Builder(Graph& graph, const SkipOptions& options)
      : graph_(graph), o_(options), padding_(padding_of(options.padding)) {}

  // From the input of a scale to its output, of the same size.
  Tensor scale(std::size_t number, Tensor x) {
    const std::string name = "scale" + std::to_string(number);
    const int down = o_.down[number];
    const int kernel = at(o_.down_kernel, number);
    Tensor deep = block(x, down, kernel, 2, name + ".down1");
    deep = block(deep, down, kernel, 1, name + ".down2");
    if (number + 1 < o_.down.size()) deep = scale(number + 1, deep);
    Tensor y = upsample(graph_, deep, 2, interpolation_of(at(o_.upsampling, number)), name + ".upsample");
    if (const int skip = at(o_.skip, number); skip > 0) {
      y = concat(graph_, {block(x, skip, o_.skip_kernel, 1, name + ".skip"), y}, name + ".concat");
    }
    const int up = at(o_.up, number);
    y = block(batch_norm(graph_, y, name + ".norm"), up, at(o_.up_kernel, number), 1, name + ".up");
    return o_.mix ? block(y, up, 1, 1, name + ".mix") : y;
  }

  Tensor convolution(Tensor x, int channels, int kernel, int stride, const std::string& name) {
    return conv2d(
        graph_, x,
        {.out_channels = channels, .kernel = kernel, .stride = stride, .padding = (kernel - 1) / 2, .mode = padding_},
        name);
  }

 private:
  Tensor block(Tensor x, int channels, int kernel, int stride, const std::string& name) {
    const Tensor y = batch_norm(graph_, convolution(x, channels, kernel, stride, name + ".conv"), name + ".norm");
    return leaky_relu(graph_, y, slope, name + ".activation");
  }

  Graph& graph_;
  const SkipOptions& o_;
  Padding padding_;
};

}  // namespace

void check(const SkipOptions& options) {
  const std::size_t scales = options.down.size();
  if (scales > most_scales) {
    throw Error(fmt::format("skip.down has {} values but a network can have at most {} scales", scales, most_scales));
  }
  check_length("skip.up", options.up.size(), scales);
  check_length("skip.skip", options.skip.size(), scales);
  check_length("skip.down_kernel", options.down_kernel.size(), scales);
  check_length("skip.up_kernel", options.up_kernel.size(), scales);
  check_length("skip.upsampling", options.upsampling.size(), scales);
  check_odd("skip.down_kernel", options.down_kernel);
  check_odd("skip.up_kernel", options.up_kernel);
  check_odd("skip.skip_kernel", {options.skip_kernel});
}

int multiple(const SkipOptions& options) {
  return 1 << options.down.size();
}

Tensor skip(Graph& graph, Tensor z, int channels, const SkipOptions& options) {
  Builder builder(graph, options);
  return sigmoid(graph, builder.convolution(builder.scale(0, z), channels, 1, 1, "output.conv"), "output.sigmoid");
}

}  // namespace dipper
