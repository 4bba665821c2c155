// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.hpp"

namespace dipper::test {

/// A device that computes nothing. It notes which memory each operation reads and writes, and complains of two that
/// have no order between them (one went aside, and the other was asked for before they came together again) where one
/// writes what the other touches, of what lies outside of all memory, of layers that read what nobody has written, and
/// of recordings that end while something is still aside. Native tensors lie as on a GPU, in blocks of `lanes` channels
/// of 16 bytes together.
class WatchingBackend final : public Backend {
 public:
  explicit WatchingBackend(int lanes, std::size_t aside_limit = std::numeric_limits<std::size_t>::max())
      : lanes_(lanes), aside_limit_(aside_limit) {}

  [[nodiscard]] std::string name() const override { return "watching"; }
  [[nodiscard]] std::string description() const override { return "a device that computes nothing"; }
  [[nodiscard]] bool on_host() const override { return false; }

  /// Addresses at which no process has memory.
  [[nodiscard]] Block find_memory(std::size_t count) override {
    const std::uintptr_t begin = next_memory_;
    const std::uintptr_t end = begin + std::max<std::size_t>(count, 1) * sizeof(float);
    memory_[end] = begin;
    next_memory_ = (end + alignment) / alignment * alignment;  // with a gap
    return {reinterpret_cast<float*>(begin), {[](float*) {}}};
  }
  void upload(std::span<const float> from, float* to) override { act("upload", {writes(to, from.size())}); }
  void download(const float* from, std::span<float> to) override { act("download", {reads(from, to.size())}); }
  void copy(const float* from, float* to, std::size_t count) override {
    act("copy", {reads(from, count), writes(to, count)});
  }

  [[nodiscard]] std::size_t bytes(const Shape& shape, Format format) const override {
    if (format == Format::plain) return shape.size() * sizeof(float);
    return (shape.channels + lanes_ - 1) / lanes_ * shape.plane() * 16;
  }
  [[nodiscard]] bool joins_in_place(const ConcatDesc& desc) const override {
    return std::all_of(desc.parts.begin(), desc.parts.end() - 1,
                       [&](const Shape& part) { return part.channels % lanes_ == 0; });
  }
  void to_native(const Shape& shape, const float* plain, float* native) override {
    act("to_native", {reads(plain, shape.size()), writes(native, floats(shape, Format::native))});
  }
  void to_plain(const Shape& shape, const float* native, float* plain) override {
    act("to_plain", {reads(native, floats(shape, Format::native)), writes(plain, shape.size())});
  }

  using Backend::layer;
  [[nodiscard]] std::unique_ptr<Layer<float>> layer(const LayerDesc& desc, const Formats& formats) override {
    return std::make_unique<WatchedLayer>(*this, desc, formats);
  }
  void parameters_changed() override {
    for (const WatchedLayer* layer : bound_) layer->pack();
  }

  void run(std::unique_ptr<Recording>& /*recording*/, const std::function<void()>& operations) override {
    operations();
    if (!pending_.empty()) complaints_.push_back("a recording ends while something is aside");
  }
  [[nodiscard]] std::size_t aside_limit() const override { return aside_limit_; }
  void aside(const std::function<void()>& operations) override {
    ++times_aside_;
    is_aside_ = true;
    operations();
    is_aside_ = false;
  }
  void rejoin() override { pending_.clear(); }

  void adam(const AdamRule& /*rule*/, std::span<const float> gradient, std::span<float> theta, std::span<float> m,
            std::span<float> v) override {
    act("adam", {reads(gradient.data(), gradient.size()), writes(theta.data(), theta.size()),
                 writes(m.data(), m.size()), writes(v.data(), v.size())});
  }
  void normal(const Philox& /*random*/, float /*scale*/, Write /*write*/, std::span<float> out) override {
    act("normal", {writes(out.data(), out.size())});
  }
  void average(std::span<const float> x, std::span<const float> base, std::span<const float> shares,
               std::span<float> average) override {
    act("average", {reads(x.data(), x.size()), reads(base.data(), base.size()), reads(shares.data(), shares.size()),
                    writes(average.data(), average.size())});
  }
  void cut(const PartDesc& /*part*/, Padding /*padding*/, std::span<const float> picture,
           std::span<float> canvas) override {
    act("cut", {reads(picture.data(), picture.size()), writes(canvas.data(), canvas.size())});
  }
  void gather(const PartDesc& /*part*/, const Telling& telling, const ToldSums& sums) override {
    act("gather", {reads(telling.x.data(), telling.x.size()), reads(telling.base.data(), telling.base.size()),
                   reads(telling.shown.data(), telling.shown.size()), writes(sums.sum.data(), sums.sum.size()),
                   writes(sums.weight.data(), sums.weight.size())});
  }
  [[nodiscard]] std::unique_ptr<Showing> showing(const ShowingDesc& desc) override {
    return std::make_unique<WatchedShowing>(*this, desc);
  }
  [[nodiscard]] double measure_peak() override { return 0; }

  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
  /// How often something went aside.
  [[nodiscard]] int times_aside() const { return times_aside_; }

 private:
  static constexpr std::uintptr_t alignment = 256;

  struct Access {
    std::uintptr_t begin;
    std::uintptr_t end;
    bool writes;
  };
  struct Pending {
    std::string operation;
    Access access;
  };

  static Access reads(const float* from, std::size_t count) { return access(from, count, false); }
  static Access writes(const float* to, std::size_t count) { return access(to, count, true); }
  static Access access(const float* at, std::size_t count, bool writes) {
    const auto begin = reinterpret_cast<std::uintptr_t>(at);
    return {begin, at == nullptr ? begin : begin + count * sizeof(float), writes};
  }

  void act(const std::string& operation, const std::vector<Access>& all) {
    for (const Access& a : all) {
      if (a.begin == a.end) continue;
      if (a.writes) note_written(a.begin, a.end);
      const auto memory = memory_.lower_bound(a.end);
      if (memory == memory_.end() || a.begin < memory->second) {
        complaints_.push_back(fmt::format("{} goes beyond its memory", operation));
      }
      if (is_aside_) {
        pending_.push_back({operation, a});
        continue;
      }
      for (const Pending& other : pending_) {
        if (a.begin >= other.access.end || other.access.begin >= a.end) continue;
        if (!a.writes && !other.access.writes) continue;
        complaints_.push_back(fmt::format("{} {} what {} {} aside", operation, a.writes ? "writes" : "reads",
                                          other.operation, other.access.writes ? "writes" : "reads"));
      }
    }
  }

  // As act(), for operations that may not rely on the zeros of new memory.
  void act_on_written(const std::string& operation, const std::vector<Access>& all) {
    for (const Access& a : all) {
      const auto written = written_.lower_bound(a.end);
      if (a.writes || a.begin == a.end || (written != written_.end() && written->second <= a.begin)) continue;
      complaints_.push_back(fmt::format("{} reads what nobody has written", operation));
    }
    act(operation, all);
  }

  // Joins what it touches.
  void note_written(std::uintptr_t begin, std::uintptr_t end) {
    auto other = written_.lower_bound(begin);
    while (other != written_.end() && other->second <= end) {
      begin = std::min(begin, other->second);
      end = std::max(end, other->first);
      other = written_.erase(other);
    }
    written_[end] = begin;
  }

  [[nodiscard]] std::size_t floats(const Shape& shape, Format format) const {
    return bytes(shape, format) / sizeof(float);
  }

  class WatchedLayer final : public Layer<float> {
   public:
    WatchedLayer(WatchingBackend& backend, const LayerDesc& desc, const Formats& formats)
        : backend_(&backend),
          desc_(desc),
          formats_(formats),
          shapes_(inputs_of(desc)),
          is_convolution_(std::holds_alternative<Conv2dDesc>(desc) ||
                          std::holds_alternative<ConvTranspose2dDesc>(desc)),
          packed_(backend.allocate(parameter_count(desc))) {}
    ~WatchedLayer() override { std::erase(backend_->bound_, this); }
    WatchedLayer(const WatchedLayer&) = delete;
    WatchedLayer& operator=(const WatchedLayer&) = delete;

    [[nodiscard]] std::size_t scratch_size() const override { return 1000; }
    [[nodiscard]] bool parameters_can_wait() const override { return is_convolution_; }
    void bind(const Operands<float>& at) override {
      theta_ = at.theta;
      if (is_convolution_) backend_->bound_.push_back(this);
    }
    void pack() const {
      backend_->act_on_written("packing",
                               {reads(theta_, parameter_count(desc_)), writes(packed_.get(), parameter_count(desc_))});
    }

    // A convolution leaves what the norm after it saves.
    bool save_for(const BatchNormDesc& norm, const Operands<float>& of_norm) override {
      if (!is_convolution_) return false;
      saved_for_ = {reads(of_norm.theta, parameter_count(norm)), writes(of_norm.saved, saved_size(norm))};
      return true;
    }

    void forward(const Operands<float>& at) override {
      std::vector<Access> all = operands(at);
      all.insert(all.end(), saved_for_.begin(), saved_for_.end());
      if (std::holds_alternative<ConcatDesc>(desc_)) {
        all.clear();
        for_each_copied_part(at.y, at.x, [&](const Range& place, const Range& part) {
          all.push_back(reads(part.begin, part.size));
          all.push_back(writes(place.begin, place.size));
        });
      } else if (stores_output(desc_)) {
        all.push_back(writes(at.y, of_output()));
      }
      all.push_back(at.has_saved ? reads(at.saved, saved_size(desc_)) : writes(at.saved, saved_size(desc_)));
      backend_->act_on_written(describe(desc_) + " forward", all);
    }

    // A BatchNorm may already write its dx.
    void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
      std::vector<Access> all = operands(at);
      all.push_back(reads(gradients.dy, of_output()));
      all.push_back(reads(at.saved, saved_size(desc_)));
      all.push_back(writes(gradients.dtheta, parameter_count(desc_)));
      if (!is_convolution_) all.push_back(writes(gradients.dx[0].data, of_input(0)));
      backend_->act_on_written(describe(desc_) + " backward in its parameters", all);
    }

    void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
      const BackwardReads read = backward_reads(desc_);
      std::vector<Access> all;
      if (read.inputs) all = operands(at);
      if (read.output) all.push_back(reads(at.y, of_output()));
      all.push_back(writes(at.scratch, scratch_size()));
      all.push_back(reads(at.saved, saved_size(desc_)));
      if (!is_convolution_) all.push_back(reads(gradients.dtheta, parameter_count(desc_)));
      if (std::holds_alternative<ConcatDesc>(desc_)) {
        std::vector<const float*> parts;
        for (const GradientTarget<float>& dx : gradients.dx) parts.push_back(dx.data);
        for_each_copied_part(gradients.dy, parts, [&](const Range& place, const Range& part) {
          all.push_back(reads(place.begin, place.size));
          all.push_back(writes(part.begin, part.size));
        });
      } else {
        all.push_back(reads(gradients.dy, of_output()));
        for (std::size_t n = 0; n < shapes_.size(); ++n) all.push_back(writes(gradients.dx[n].data, of_input(n)));
      }
      backend_->act_on_written(describe(desc_) + " backward in its inputs", all);
    }

   private:
    [[nodiscard]] std::size_t of_input(std::size_t n) const { return backend_->floats(shapes_[n], formats_.inputs[n]); }
    [[nodiscard]] std::size_t of_output() const { return backend_->floats(output_of(desc_), formats_.output); }

    // What every pass that needs x touches.
    [[nodiscard]] std::vector<Access> operands(const Operands<float>& at) const {
      std::vector<Access> all;
      for (std::size_t n = 0; n < shapes_.size(); ++n) all.push_back(reads(at.x[n], of_input(n)));
      all.push_back(reads(at.norm, 4 * static_cast<std::size_t>(shapes_[0].channels)));
      all.push_back(reads(at.theta, parameter_count(desc_)));
      if (is_convolution_) all.push_back(reads(packed_.get(), parameter_count(desc_)));
      all.push_back(writes(at.scratch, scratch_size()));
      return all;
    }

    struct Range {
      const float* begin;
      std::size_t size;
    };

    // Of a concatenation: those that do not lie where they belong, all blocks that have some of their channels.
    template <class Parts, class Action>
    void for_each_copied_part(const float* whole, const Parts& parts, const Action& action) const {
      int channels = 0;
      for (std::size_t n = 0; n < shapes_.size(); ++n) {
        const int before = channels / backend_->lanes_ * backend_->lanes_;
        channels += shapes_[n].channels;
        const auto floats = [&](int count) {
          return backend_->floats({count, shapes_[n].height, shapes_[n].width}, Format::native);
        };
        const float* const place = whole + floats(before);
        if (parts[n] == nullptr || parts[n] == place) continue;
        action(Range{place, floats(channels) - floats(before)}, Range{parts[n], of_input(n)});
      }
    }

    WatchingBackend* backend_;
    LayerDesc desc_;
    Formats formats_;
    std::vector<Shape> shapes_;
    bool is_convolution_;
    Block packed_;
    const float* theta_ = nullptr;
    std::vector<Access> saved_for_;
  };

  class WatchedShowing final : public Showing {
   public:
    WatchedShowing(WatchingBackend& backend, const ShowingDesc& desc) : backend_(&backend), desc_(desc) {}
    void show(std::span<const std::uint8_t> /*shown*/) override {
      const std::size_t size = desc_.canvas.size();
      const std::size_t plane = desc_.canvas.plane();
      backend_->act("show", {reads(desc_.picture, size), reads(desc_.known, plane), writes(desc_.z, 2 * size + plane),
                             writes(desc_.y, size), writes(desc_.weights, plane), writes(desc_.base, size),
                             writes(desc_.told, plane), writes(desc_.shares, plane)});
    }
    [[nodiscard]] std::size_t bytes() const override { return 0; }

   private:
    WatchingBackend* backend_;
    ShowingDesc desc_;
  };

  int lanes_;
  std::size_t aside_limit_;
  std::map<std::uintptr_t, std::uintptr_t> memory_;   // end and begin of each block
  std::map<std::uintptr_t, std::uintptr_t> written_;  // likewise of what has been written
  std::uintptr_t next_memory_ = std::uintptr_t{1} << 62;
  std::vector<const WatchedLayer*> bound_;
  std::vector<Pending> pending_;  // since all came together
  std::vector<std::string> complaints_;
  int times_aside_ = 0;
  bool is_aside_ = false;
};

}  // namespace dipper::test
