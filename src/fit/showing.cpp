// SPDX-License-Identifier: Apache-2.0
#include "fit/showing.hpp"

#include <algorithm>
#include <vector>

#include "base/check.hpp"
#include "classic/pyramid_fill.hpp"

namespace dipper {
namespace {

class HostShowing final : public Showing {
 public:
  explicit HostShowing(const ShowingDesc& desc)
      : desc_(desc),
        plane_(desc.canvas.plane()),
        shown_(plane_),
        filling_(desc.canvas.channels, desc.canvas.height, desc.canvas.width) {}

  void show(std::span<const std::uint8_t> shown) override {
    DIPPER_CHECK_EQ(shown.size(), plane_);
    std::ranges::copy(shown, shown_.begin());
    const std::span<float> base(desc_.base, desc_.canvas.size());
    filling_.fill({desc_.picture, base.size()}, shown_, base);
    write_input();
    for (std::size_t i = 0; i < base.size(); ++i) {
      base[i] -= middle;
      desc_.y[i] = desc_.picture[i] - base[i];
    }
    for (std::size_t i = 0; i < plane_; ++i) desc_.weights[i] = shown_[i] > 0 ? 0 : desc_.known[i];
    if (desc_.shares != nullptr) write_shares();
    for (std::size_t i = 0; i < plane_; ++i) desc_.told[i] += 1 - shown_[i];
  }

  [[nodiscard]] std::size_t bytes() const override { return shown_.size() * sizeof(float) + filling_.bytes(); }

 private:
  void write_input() {
    const std::size_t size = desc_.canvas.size();
    for (std::size_t i = 0; i < plane_; ++i) desc_.z[size + i] = shown_[i] - middle;
    float* filling = desc_.z + size + plane_;
    for (int c = 0; c < desc_.canvas.channels; ++c) {
      for (std::size_t i = 0; i < plane_; ++i) {
        const std::size_t at = c * plane_ + i;
        desc_.z[at] = shown_[i] > 0 ? detail_gain * (desc_.picture[at] - desc_.base[at]) : 0;
        filling[at] = desc_.base[at] - middle;
      }
    }
  }

  void write_shares() {
    for (std::size_t i = 0; i < plane_; ++i) {
      const float told = desc_.told[i];
      const bool keeps = shown_[i] > 0 && told > 0;
      desc_.shares[i] = keeps ? 1 : std::min(desc_.decay, told / (forgotten + told));
    }
  }

  ShowingDesc desc_;
  std::size_t plane_;
  std::vector<float> shown_;
  PyramidFill filling_;
};

}  // namespace

std::unique_ptr<Showing> make_host_showing(const ShowingDesc& desc) {
  return std::make_unique<HostShowing>(desc);
}

}  // namespace dipper
