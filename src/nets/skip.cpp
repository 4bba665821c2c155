// SPDX-License-Identifier: Apache-2.0
#include "nets/skip.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "dipper/error.hpp"
#include "image/resize.hpp"
#include "nets/parts.hpp"
#include "ops/activation.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/filter.hpp"
#include "ops/max_pool.hpp"
#include "ops/upsample.hpp"

namespace dipper {
namespace {

constexpr std::size_t most_scales = 10;

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
    Tensor deep = normalise(graph_, halve(x, down, kernel, name + ".down1"), o_.activation, name + ".down1");
    deep = with_norm(deep, down, kernel, name + ".down2");
    if (number + 1 < o_.down.size()) deep = scale(number + 1, deep);
    Tensor y = upsample(graph_, deep, 2, interpolation_of(at(o_.upsampling, number)), name + ".upsample");
    if (const int skip = at(o_.skip, number); skip > 0) {
      y = concat(graph_, {with_norm(x, skip, o_.skip_kernel, name + ".skip"), y}, name + ".concat");
    }
    const int up = at(o_.up, number);
    y = with_norm(batch_norm(graph_, y, name + ".norm"), up, at(o_.up_kernel, number), name + ".up");
    return o_.mix ? with_norm(y, up, 1, name + ".mix") : y;
  }

 private:
  Tensor with_norm(Tensor x, int channels, int kernel, const std::string& name) {
    return block(graph_, x, {.channels = channels, .kernel = kernel, .padding = padding_, .activation = o_.activation},
                 name);
  }

  // A convolution to half the size.
  Tensor halve(Tensor x, int channels, int kernel, const std::string& name) {
    const bool strided = o_.downsampling == "stride";
    const Tensor y = conv2d(graph_, x,
                            {.out_channels = channels,
                             .kernel = kernel,
                             .stride = strided ? 2 : 1,
                             .padding = (kernel - 1) / 2,
                             .mode = padding_},
                            name + ".conv");
    if (strided) return y;
    if (o_.downsampling == "average") return average_pool(graph_, y, 2, name + ".pool");
    if (o_.downsampling == "max") return max_pool(graph_, y, 2, name + ".pool");
    DIPPER_CHECK_EQ(o_.downsampling, std::string("lanczos2"));
    const Taps taps = downsampling_taps(ResizeKernel::lanczos2, 2);
    const std::vector<float> weights(taps.weights.begin(), taps.weights.end());
    return downsample(graph_, y, 2, weights, taps.first, name + ".pool");
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
  const Tensor x = Builder(graph, options).scale(0, z);
  return sigmoid(graph, convolve(graph, x, channels, 1, Padding::zero, "output.conv"), "output.sigmoid");
}

}  // namespace dipper
