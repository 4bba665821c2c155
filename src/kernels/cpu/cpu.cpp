// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <hwy/highway.h>
#include <hwy/targets.h>

#include "base/check.hpp"
#include "dipper/error.hpp"
#include "kernels/backend.hpp"
#include "kernels/cpu/instruction_sets.hpp"
#include "kernels/cpu/layers.hpp"

namespace dipper {
namespace cpu {
namespace {

struct Make {
  ThreadPool& pool;

  LayerPointer operator()(const Conv2dDesc& d) const { return make_conv2d(d, pool); }
  LayerPointer operator()(const ConvTranspose2dDesc& d) const { return make_conv_transpose2d(d, pool); }
  LayerPointer operator()(const PixelShuffleDesc& d) const { return make_pixel_shuffle(d, pool); }
  LayerPointer operator()(const ConcatDesc& d) const { return make_concat(d, pool); }
  LayerPointer operator()(const BatchNormDesc& d) const { return make_batch_norm(d, pool); }
  LayerPointer operator()(const LeakyReluDesc& d) const { return make_leaky_relu(d, pool); }
  LayerPointer operator()(const SigmoidDesc& d) const { return make_sigmoid(d, pool); }
  LayerPointer operator()(const EluDesc& d) const { return make_elu(d, pool); }
  LayerPointer operator()(const SwishDesc& d) const { return make_swish(d, pool); }
  LayerPointer operator()(const AddDesc& d) const { return make_add(d, pool); }
  LayerPointer operator()(const MaxPoolDesc& d) const { return make_max_pool(d, pool); }
  LayerPointer operator()(const FilterDesc& d) const { return make_filter(d, pool); }
  LayerPointer operator()(const UpsampleDesc& d) const { return make_upsample(d, pool); }
  LayerPointer operator()(const MaskedErrorDesc& d) const { return make_masked_error(d, pool); }
  LayerPointer operator()(const TotalVariationDesc& d) const { return make_total_variation(d, pool); }
};

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(int threads) : pool_(threads) {}

  [[nodiscard]] std::string name() const override { return "cpu"; }
  [[nodiscard]] std::string description() const override {
    return fmt::format("{}, {} thread{}", cpu_instruction_set(), pool_.size(), pool_.size() == 1 ? "" : "s");
  }

  [[nodiscard]] ThreadPool& pool() override { return pool_; }

  using Backend::layer;
  [[nodiscard]] LayerPointer layer(const LayerDesc& desc, const Formats& /*formats*/) override {
    return std::visit(Make{pool_}, desc);
  }

  void adam(const AdamRule& rule, std::span<const float> gradient, std::span<float> theta, std::span<float> m,
            std::span<float> v) override {
    cpu::adam(pool_, rule, step(), gradient, theta, m, v);
  }
  void normal(const Philox& random, float scale, Write write, std::span<float> out) override {
    cpu::normal(pool_, random, step().number, scale, write, out);
  }
  [[nodiscard]] double measure_peak() override { return cpu::measure_peak(pool_); }

 private:
  ThreadPool pool_;
};

}  // namespace

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

namespace {
std::string& preferred() {
  static std::string name;
  return name;
}
}  // namespace

void prefer_kernel(const std::string& name) {
  preferred() = name;
}
const std::string& preferred_kernel() {
  return preferred();
}

void use_instruction_set(const std::string& name) {
  hwy::SetSupportedTargetsForTest(0);
  std::int64_t chosen = hwy::SupportedTargets();
  if (!name.empty()) {
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
      if (hwy::TargetName(target) == name) chosen = target;
    }
    DIPPER_CHECK_EQ(hwy::TargetName(chosen), name);
    hwy::SetSupportedTargetsForTest(chosen);
  }
  hwy::GetChosenTarget().Update(chosen);
}

}  // namespace cpu

std::unique_ptr<Backend> make_cpu_backend(int threads) {
  return std::make_unique<cpu::CpuBackend>(threads);
}

std::string cpu_instruction_set() {
  const std::vector<std::string> sets = cpu::instruction_sets();
  return sets.empty() ? "none" : sets.front();
}

}  // namespace dipper
