// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"
#include "kernels/device_tensor.hpp"
#include "kernels/layer_run.hpp"

namespace dipper {

/// To eight bits, so that all backends start from the same numbers: which of two values is larger may not depend on it.
template <class T>
void round_values(std::vector<T>& values) {
  for (T& value : values) {
    const auto word = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    value = T(std::bit_cast<float>((word + 0x8000U) & 0xFFFF0000U));
  }
}

template <class T>
LayerRun<T> rounded_run(const LayerDesc& desc, Write write) {
  LayerRun<T> run(desc);
  run.write = write;
  for (auto& x : run.x) round_values(x);
  for (auto& dx : run.dx) round_values(dx);
  round_values(run.dy);
  return run;
}

/// The same layer on a device: what it would overwrite holds no numbers at first.
class DeviceRun {
 public:
  DeviceRun(Backend& backend, LayerRun<float>& run)
      : backend_(backend),
        run_(run),
        formats_(usual_formats(run.desc)),
        layer_(backend.layer(run.desc, formats_)),
        y_(backend, output_of(run.desc), formats_.output),
        dy_(backend, output_of(run.desc), formats_.output),
        norm_(flat(run.norm)),
        theta_(flat(run.theta)),
        dtheta_(flat(run.dtheta)),
        saved_(flat(run.saved)),
        scratch_(flat(std::vector<float>(layer_->scratch_size() + 1, NAN))) {
    const std::vector<Shape> shapes = inputs_of(run.desc);
    for (std::size_t n = 0; n < shapes.size(); ++n) {
      x_.emplace_back(backend, shapes[n], formats_.inputs[n]).set(run.x[n]);
      inputs_.push_back(x_.back().data());
      const bool adds = run.write == Write::accumulate;
      dx_.emplace_back(backend, shapes[n], formats_.inputs[n])
          .set(adds ? run.dx[n] : std::vector<float>(run.dx[n].size(), NAN));
    }
    y_.set(std::vector<float>(run.y.size(), NAN));
    dy_.set(run.dy);
  }

  void forward() {
    layer_->forward(operands());
    y_.get(run_.y);
    std::ranges::copy(saved_.pull(), run_.saved.begin());
  }

  void forward_and_backward() {
    std::vector<GradientTarget<float>> targets;
    const bool first_only = std::holds_alternative<MaskedErrorDesc>(run_.desc);
    for (std::size_t n = 0; n < x_.size(); ++n) {
      targets.push_back({first_only && n > 0 ? nullptr : dx_[n].data(), run_.write});
    }
    const Gradients<float> gradients{dy_.data(), targets, dtheta_.data()};
    forward();
    layer_->backward_parameters(operands(), gradients);
    layer_->backward_inputs(operands(), gradients);
    std::ranges::copy(dtheta_.pull(), run_.dtheta.begin());
    for (std::size_t n = 0; n < dx_.size(); ++n) {
      if (targets[n].data != nullptr) dx_[n].get(run_.dx[n]);
    }
  }

 private:
  [[nodiscard]] Operands<float> operands() {
    return {.x = inputs_,
            .y = y_.data(),
            .norm = norm_.data(),
            .theta = theta_.data(),
            .saved = saved_.data(),
            .scratch = scratch_.data()};
  }

  [[nodiscard]] Buffer flat(const std::vector<float>& values) {
    Buffer buffer(backend_, values.size());
    std::ranges::copy(values, buffer.host().begin());
    buffer.push();
    return buffer;
  }

  Backend& backend_;
  LayerRun<float>& run_;
  Formats formats_;
  std::unique_ptr<Layer<float>> layer_;
  std::vector<DeviceTensor> x_;
  std::vector<const float*> inputs_;
  std::vector<DeviceTensor> dx_;
  DeviceTensor y_;
  DeviceTensor dy_;
  Buffer norm_;
  Buffer theta_;
  Buffer dtheta_;
  Buffer saved_;
  Buffer scratch_;
};

}  // namespace dipper
