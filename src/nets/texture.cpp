// SPDX-License-Identifier: Apache-2.0
#include "nets/texture.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dipper/error.hpp"
#include "nets/parts.hpp"
#include "ops/activation.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/filter.hpp"
#include "ops/upsample.hpp"

namespace dipper {
namespace {

class Builder {
 public:
  Builder(Graph& graph, const TextureOptions& options)
      : graph_(graph), o_(options), padding_(padding_of(options.padding)) {}

  // From z to the last level's result.
  Tensor levels(Tensor z) {
    Tensor x = own(z, 0);
    for (std::size_t number = 1; number < o_.ratios.size(); ++number) {
      const std::string name = "level" + std::to_string(number);
      const int factor = o_.ratios[number - 1] / o_.ratios[number];
      x = upsample(graph_, x, factor, interpolation_of(o_.upsampling), name + ".upsample");
      x = batch_norm(graph_, x, name + ".coarse.norm");
      const Tensor fine = batch_norm(graph_, own(z, number), name + ".fine.norm");
      x = concat(graph_, {x, fine}, name + ".concat");
      x = three(x, o_.channels * static_cast<int>(number + 1), name + ".joined");
    }
    return x;
  }

 private:
  // What a level makes of z alone.
  Tensor own(Tensor z, std::size_t number) {
    const std::string name = "level" + std::to_string(number);
    const int ratio = o_.ratios[number];
    return three(ratio == 1 ? z : average_pool(graph_, z, ratio, name + ".pool"), o_.channels, name + ".own");
  }

  Tensor three(Tensor x, int channels, const std::string& name) {
    for (const auto& [kernel, part] : {std::pair{3, "1"}, {3, "2"}, {1, "3"}}) {
      const BlockOptions options{
          .channels = channels, .kernel = kernel, .padding = padding_, .activation = o_.activation};
      x = block(graph_, x, options, name + part);
    }
    return x;
  }

  Graph& graph_;
  const TextureOptions& o_;
  Padding padding_;
};

}  // namespace

void check(const TextureOptions& options) {
  const std::vector<int>& ratios = options.ratios;
  bool falls = ratios.back() == 1;
  for (std::size_t i = 1; i < ratios.size(); ++i) {
    falls = falls && ratios[i] < ratios[i - 1] && ratios[i - 1] % ratios[i] == 0;
  }
  if (!falls) {
    throw Error(fmt::format("texture.ratios is {} but must fall to 1, each a multiple of the next, such as 8,4,2,1",
                            fmt::join(ratios, ",")));
  }
}

int multiple(const TextureOptions& options) {
  return options.ratios.front();
}

Tensor texture(Graph& graph, Tensor z, int channels, const TextureOptions& options) {
  const Tensor x = Builder(graph, options).levels(z);
  return sigmoid(graph, convolve(graph, x, channels, 1, Padding::zero, "output.conv"), "output.sigmoid");
}

}  // namespace dipper
