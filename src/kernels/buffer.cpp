// SPDX-License-Identifier: Apache-2.0
#include "kernels/buffer.hpp"

namespace dipper {

Buffer::Buffer(Backend& backend, std::size_t count)
    : backend_(&backend), owned_(backend.allocate(count)), data_(owned_.get()), size_(count) {}

std::span<float> Buffer::host() {
  if (size_ == 0 || backend_->on_host()) return all();
  if (host_.size() == 0) host_ = Floats(size_);
  return host_;
}

void Buffer::push() {
  if (size_ > 0 && !backend_->on_host()) backend_->upload(host(), data_);
}

std::span<float> Buffer::pull() {
  const std::span<float> to = host();
  if (size_ > 0 && !backend_->on_host()) backend_->download(data_, to);
  return to;
}

}  // namespace dipper
