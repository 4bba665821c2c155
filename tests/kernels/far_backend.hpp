// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/memory.hpp"
#include "fit/showing.hpp"
#include "kernels/backend.hpp"

namespace dipper::test {

/// The cpu backend as if its memory were elsewhere: whoever follows one of its pointers crashes. Its native tensors lie
/// backwards behind a gap, and concatenations do not join in place. Gradients are as large as if the loss were a sum.
/// What goes aside runs as late as it may. What is recorded has to be the same every time.
class FarBackend final : public Backend {
 public:
  explicit FarBackend(std::size_t aside_limit = std::numeric_limits<std::size_t>::max()) : aside_limit_(aside_limit) {}

  [[nodiscard]] std::string name() const override { return "far"; }
  [[nodiscard]] std::string description() const override { return "the cpu, far away"; }
  [[nodiscard]] bool on_host() const override { return false; }

  [[nodiscard]] Block find_memory(std::size_t count) override {
    waits("find_memory");
    return {moved(Floats(count).release()), {[](float* block) { std::free(moved(block)); }}};
  }
  void upload(std::span<const float> from, float* to) override {
    waits("upload");
    std::ranges::copy(from, moved(to));
  }
  void download(const float* from, std::span<float> to) override {
    waits("download");
    ++downloads_;
    std::copy_n(moved(from), to.size(), to.begin());
  }
  void copy(const float* from, float* to, std::size_t count) override {
    ask("copy", to);
    std::copy_n(moved(from), count, moved(to));
  }

  [[nodiscard]] std::size_t bytes(const Shape& shape, Format format) const override {
    return (shape.size() + (format == Format::native ? gap : 0)) * sizeof(float);
  }
  [[nodiscard]] bool joins_in_place(const ConcatDesc& /*desc*/) const override { return false; }
  [[nodiscard]] float loss_scale(double share) const override { return std::ldexp(1.0F, -std::ilogb(share)); }
  void to_native(const Shape& shape, const float* plain, float* native) override {
    ask("to_native", native);
    std::reverse_copy(moved(plain), moved(plain) + shape.size(), moved(native) + gap);
  }
  void to_plain(const Shape& shape, const float* native, float* plain) override {
    ask("to_plain", plain);
    std::reverse_copy(moved(native) + gap, moved(native) + gap + shape.size(), moved(plain));
  }

  using Backend::layer;
  [[nodiscard]] std::unique_ptr<Layer<float>> layer(const LayerDesc& desc, const Formats& formats) override {
    return std::make_unique<FarLayer>(*this, desc, formats);
  }

  void begin_step(const StepValues& values) override { near_->begin_step(values); }
  void run(std::unique_ptr<Recording>& recording, const std::function<void()>& operations) override {
    asked_.clear();
    is_recording_ = true;
    operations();
    EXPECT_TRUE(aside_.empty());
    is_recording_ = false;
    if (recording == nullptr) recording = std::make_unique<Asked>(asked_);
    EXPECT_EQ(dynamic_cast<Asked&>(*recording).operations, asked_);
  }

  [[nodiscard]] std::size_t aside_limit() const override { return aside_limit_; }
  void aside(const std::function<void()>& operations) override {
    ++times_aside_;
    aside_.push_back(operations);
  }
  void rejoin() override {
    is_aside_ = true;
    for (const std::function<void()>& operations : std::exchange(aside_, {})) operations();
    is_aside_ = false;
    scratch_begin_ = scratch_end_ = nullptr;
  }

  void adam(const AdamRule& rule, std::span<const float> gradient, std::span<float> theta, std::span<float> m,
            std::span<float> v) override {
    ask("adam", theta.data());
    near_->adam(rule, moved(gradient), moved(theta), moved(m), moved(v));
  }
  void normal(const Philox& random, float scale, Write write, std::span<float> out) override {
    ask("normal", out.data());
    near_->normal(random, scale, write, moved(out));
  }
  void average(std::span<const float> x, std::span<const float> base, std::span<const float> shares,
               std::span<float> average) override {
    ask("average", average.data());
    near_->average(moved(x), moved(base), moved(shares), moved(average));
  }
  void cut(const PartDesc& part, Padding padding, std::span<const float> picture, std::span<float> canvas) override {
    ask("cut", canvas.data());
    near_->cut(part, padding, moved(picture), moved(canvas));
  }
  void gather(const PartDesc& part, const Telling& telling, const ToldSums& sums) override {
    ask("gather", sums.sum.data());
    Telling near = telling;
    near.x = moved(telling.x);
    near.base = moved(telling.base);
    near.shown = moved(telling.shown);
    near_->gather(part, near, {moved(sums.sum), moved(sums.weight)});
  }
  [[nodiscard]] std::unique_ptr<Showing> showing(const ShowingDesc& desc) override {
    return std::make_unique<FarShowing>(*this, desc);
  }
  [[nodiscard]] double measure_peak() override { return 0; }

  /// How often somebody waited to know something.
  [[nodiscard]] int downloads() const { return downloads_; }
  /// How often something went aside.
  [[nodiscard]] int times_aside() const { return times_aside_; }

 private:
  static constexpr std::size_t gap = 16;

  using Operations = std::vector<std::pair<std::string, const float*>>;
  struct Asked : Recording {
    explicit Asked(Operations all) : operations(std::move(all)) {}
    Operations operations;
  };

  // To where no process has memory, and back.
  template <class T>
  static T* moved(T* pointer) {
    if (pointer == nullptr) return nullptr;
    return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(pointer) ^ (std::uintptr_t{1} << 62));
  }
  template <class T>
  static std::span<T> moved(std::span<T> values) {
    return {moved(values.data()), values.size()};
  }

  void ask(const char* operation, const float* to) {
    if (is_recording_) asked_.emplace_back(operation, to);
  }
  // What runs aside may use none that others use meanwhile.
  void use_scratch(const float* scratch, std::size_t size) {
    if (size == 0) return;
    if (is_aside_) {
      EXPECT_TRUE(scratch + size <= scratch_begin_ || scratch >= scratch_end_);
      return;
    }
    scratch_begin_ = scratch_end_ == nullptr ? scratch : std::min(scratch_begin_, scratch);
    scratch_end_ = std::max(scratch_end_, scratch + size);
  }
  void waits(const char* operation) const {
    EXPECT_FALSE(is_recording_) << operation;
    EXPECT_TRUE(aside_.empty()) << operation;
  }

  /// Takes all to plain memory of its own, and back what was written.
  class FarLayer final : public Layer<float> {
   public:
    FarLayer(FarBackend& backend, const LayerDesc& desc, const Formats& formats)
        : backend_(&backend),
          near_(backend.near_->layer(desc)),
          shapes_(inputs_of(desc)),
          output_(output_of(desc)),
          formats_(formats),
          is_convolution_(std::holds_alternative<Conv2dDesc>(desc) ||
                          std::holds_alternative<ConvTranspose2dDesc>(desc)) {}

    [[nodiscard]] std::size_t scratch_size() const override { return near_->scratch_size(); }
    [[nodiscard]] bool parameters_can_wait() const override { return is_convolution_; }

    void forward(const Operands<float>& at) override {
      backend_->ask("forward", at.y);
      near_->forward(taken(at));
      if (at.y != nullptr) put(y_, output_, formats_.output, at.y);
    }
    void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
      backend_->ask("backward_parameters", gradients.dtheta);
      near_->backward_parameters(taken(at), taken(gradients));
    }
    void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
      backend_->ask("backward_inputs", gradients.dx[0].data);
      near_->backward_inputs(taken(at), taken(gradients));
      for (std::size_t i = 0; i < dx_.size(); ++i) {
        if (gradients.dx[i].data != nullptr) put(dx_[i], shapes_[i], formats_.inputs[i], gradients.dx[i].data);
      }
    }

   private:
    static std::vector<float> get(const float* from, const Shape& shape, Format format) {
      std::vector<float> values(shape.size() + read_ahead);
      if (from == nullptr) return values;
      if (format == Format::plain) std::copy_n(moved(from), shape.size(), values.begin());
      if (format == Format::native) {
        std::reverse_copy(moved(from) + gap, moved(from) + gap + shape.size(), values.begin());
      }
      return values;
    }
    static void put(const std::vector<float>& values, const Shape& shape, Format format, float* to) {
      if (format == Format::plain) std::copy_n(values.data(), shape.size(), moved(to));
      if (format == Format::native) std::reverse_copy(values.data(), values.data() + shape.size(), moved(to) + gap);
    }

    Operands<float> taken(const Operands<float>& at) {
      backend_->use_scratch(at.scratch, scratch_size());
      x_.clear();
      pointers_.clear();
      for (std::size_t i = 0; i < shapes_.size(); ++i) x_.push_back(get(at.x[i], shapes_[i], formats_.inputs[i]));
      for (const std::vector<float>& x : x_) pointers_.push_back(x.data());
      y_ = get(at.y, output_, formats_.output);
      return {pointers_, y_.data(), moved(at.norm), moved(at.theta), moved(at.saved), moved(at.scratch)};
    }
    Gradients<float> taken(const Gradients<float>& gradients) {
      dy_ = get(gradients.dy, output_, formats_.output);
      dx_.clear();
      targets_.clear();
      for (std::size_t i = 0; i < shapes_.size(); ++i) {
        dx_.push_back(get(gradients.dx[i].data, shapes_[i], formats_.inputs[i]));
        targets_.push_back({gradients.dx[i].data != nullptr ? dx_[i].data() : nullptr, gradients.dx[i].write});
      }
      return {dy_.data(), targets_, moved(gradients.dtheta)};
    }

    FarBackend* backend_;
    std::unique_ptr<Layer<float>> near_;
    std::vector<Shape> shapes_;
    Shape output_;
    Formats formats_;
    bool is_convolution_;
    std::vector<std::vector<float>> x_, dx_;
    std::vector<float> y_, dy_;
    std::vector<const float*> pointers_;
    std::vector<GradientTarget<float>> targets_;
  };

  class FarShowing final : public Showing {
   public:
    FarShowing(FarBackend& backend, ShowingDesc desc) : backend_(&backend) {
      desc.picture = moved(desc.picture);
      desc.known = moved(desc.known);
      for (float** made : {&desc.z, &desc.y, &desc.weights, &desc.base, &desc.told, &desc.shares}) {
        *made = moved(*made);
      }
      near_ = make_host_showing(desc);
    }
    void show(std::span<const std::uint8_t> shown) override {
      backend_->waits("show");
      near_->show(shown);
    }
    [[nodiscard]] std::size_t bytes() const override { return near_->bytes(); }

   private:
    FarBackend* backend_;
    std::unique_ptr<Showing> near_;
  };

  std::unique_ptr<Backend> near_ = make_cpu_backend(1);
  Operations asked_;
  bool is_recording_ = false;
  int downloads_ = 0;
  std::size_t aside_limit_;
  std::vector<std::function<void()>> aside_;
  int times_aside_ = 0;
  bool is_aside_ = false;
  const float* scratch_begin_ = nullptr;  // of what ran in turn since rejoin()
  const float* scratch_end_ = nullptr;
};

}  // namespace dipper::test
