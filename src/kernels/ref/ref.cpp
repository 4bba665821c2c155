// SPDX-License-Identifier: Apache-2.0
#include "kernels/ref/ref.hpp"

#include <cmath>
#include <complex>
#include <numbers>

#include "kernels/backend.hpp"
#include "kernels/ref/batch_norm.hpp"
#include "kernels/ref/conv2d.hpp"
#include "kernels/ref/filter.hpp"
#include "kernels/ref/loss.hpp"
#include "kernels/ref/pointwise.hpp"
#include "kernels/ref/rearrange.hpp"

namespace dipper {
namespace ref {
namespace {

template <class T>
struct Make {
  using Made = std::unique_ptr<Layer<T>>;

  Made operator()(const Conv2dDesc& d) const { return std::make_unique<Conv2d<T>>(d); }
  Made operator()(const ConvTranspose2dDesc& d) const { return std::make_unique<ConvTranspose2d<T>>(d); }
  Made operator()(const PixelShuffleDesc& d) const { return std::make_unique<PixelShuffle<T>>(d); }
  Made operator()(const ConcatDesc& d) const { return std::make_unique<Concat<T>>(d); }
  Made operator()(const BatchNormDesc& d) const { return std::make_unique<BatchNorm<T>>(d); }
  Made operator()(const LeakyReluDesc& d) const { return std::make_unique<LeakyRelu<T>>(d); }
  Made operator()(const SigmoidDesc& d) const { return std::make_unique<Sigmoid<T>>(d); }
  Made operator()(const EluDesc& d) const { return std::make_unique<Elu<T>>(d); }
  Made operator()(const SwishDesc& d) const { return std::make_unique<Swish<T>>(d); }
  Made operator()(const AddDesc& d) const { return std::make_unique<Add<T>>(d); }
  Made operator()(const MaxPoolDesc& d) const { return std::make_unique<MaxPool<T>>(d); }
  Made operator()(const FilterDesc& d) const { return std::make_unique<Filter<T>>(d); }
  Made operator()(const UpsampleDesc& d) const { return std::make_unique<Upsample<T>>(d); }
  Made operator()(const MaskedErrorDesc& d) const { return std::make_unique<MaskedError<T>>(d); }
  Made operator()(const TotalVariationDesc& d) const { return std::make_unique<TotalVariation<T>>(d); }
};

}  // namespace

template <class T>
std::unique_ptr<Layer<T>> make_layer(const LayerDesc& desc) {
  return std::visit(Make<T>{}, desc);
}

template std::unique_ptr<Layer<float>> make_layer<float>(const LayerDesc&);
template std::unique_ptr<Layer<double>> make_layer<double>(const LayerDesc&);
template std::unique_ptr<Layer<std::complex<double>>> make_layer<std::complex<double>>(const LayerDesc&);

namespace {

class RefBackend final : public Backend {
 public:
  [[nodiscard]] std::string name() const override { return "ref"; }
  [[nodiscard]] std::string description() const override { return "scalar reference, 1 thread"; }

  using Backend::layer;
  [[nodiscard]] std::unique_ptr<Layer<float>> layer(const LayerDesc& desc, const Formats& /*formats*/) override {
    return make_layer<float>(desc);
  }

  void adam(const AdamRule& rule, std::span<const float> gradient, std::span<float> theta, std::span<float> m,
            std::span<float> v) override {
    for (std::size_t i = 0; i < theta.size(); ++i) {
      const float g = gradient[i] / rule.loss_scale;
      m[i] = rule.beta1 * m[i] + (1 - rule.beta1) * g;
      v[i] = rule.beta2 * v[i] + (1 - rule.beta2) * g * g;
      theta[i] -= step().rate * m[i] / (std::sqrt(v[i]) * step().v_scale + rule.epsilon);
    }
  }

  [[nodiscard]] double measure_peak() override { return 0; }

  void normal(const Philox& random, float scale, Write write, std::span<float> out) override {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto words = random.block(step().number, i / 4);
      const double u = (static_cast<double>(words[i % 4 / 2 * 2] >> 8) + 1) * 0x1p-24;  // (0, 1]
      const double angle = 2 * std::numbers::pi * unit_float(words[i % 4 / 2 * 2 + 1]);
      const double radius = std::sqrt(-2 * std::log(u));
      const auto value = static_cast<float>(radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle)));
      out[i] = write == Write::accumulate ? out[i] + scale * value : scale * value;
    }
  }
};

}  // namespace
}  // namespace ref

std::unique_ptr<Backend> make_ref_backend() {
  return std::make_unique<ref::RefBackend>();
}

}  // namespace dipper
