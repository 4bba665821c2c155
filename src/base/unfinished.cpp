// SPDX-License-Identifier: Apache-2.0
#include "base/unfinished.hpp"

#include <cstdio>
#include <mutex>
#include <utility>

namespace dipper {
namespace {

// Neither is ever destroyed: files may be open until the very end.
constinit std::mutex mutex;
constinit Unfinished* latest = nullptr;

}  // namespace

Unfinished::Unfinished(std::string path) noexcept : path_(std::move(path)) {
  if (path_.empty()) return;
  const std::lock_guard lock(mutex);
  after_ = std::exchange(latest, this);
  if (after_ != nullptr) after_->before_ = this;
}

Unfinished::~Unfinished() {
  if (path_.empty()) return;
  static_cast<void>(std::remove(path_.c_str()));  // a folder with something in it stays
  keep();
}

Unfinished::Unfinished(Unfinished&& other) noexcept {
  take(other);
}

Unfinished& Unfinished::operator=(Unfinished&& other) noexcept {
  if (this == &other) return *this;
  if (!path_.empty()) static_cast<void>(std::remove(path_.c_str()));
  keep();
  take(other);
  return *this;
}

void Unfinished::keep() noexcept {
  if (path_.empty()) return;
  const std::lock_guard lock(mutex);
  (before_ != nullptr ? before_->after_ : latest) = after_;
  if (after_ != nullptr) after_->before_ = before_;
  before_ = after_ = nullptr;
  path_.clear();
}

// Its place in the list too.
void Unfinished::take(Unfinished& other) noexcept {
  const std::lock_guard lock(mutex);
  path_.swap(other.path_);
  if (path_.empty()) return;
  before_ = std::exchange(other.before_, nullptr);
  after_ = std::exchange(other.after_, nullptr);
  (before_ != nullptr ? before_->after_ : latest) = this;
  if (after_ != nullptr) after_->before_ = this;
}

void remove_unfinished() noexcept {
  const std::lock_guard lock(mutex);
  for (const Unfinished* one = latest; one != nullptr; one = one->after_) {
    static_cast<void>(std::remove(one->path_.c_str()));
  }
}

}  // namespace dipper
