// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "base/json.hpp"
#include "dipper/image.hpp"

namespace dipper::view {

/// A picture that the page knows by its id.
struct Picture {
  std::string id;
  std::string name;    ///< of the file that it came from, without folders
  std::string sha256;  ///< of that file; empty where there was none
  Image image;
};
using PictureHandle = std::shared_ptr<const Picture>;

/// {"id", "name", "width", "height", "alpha", "bits"}
[[nodiscard]] Json to_json(const Picture& picture);

/// What was brought here, until there is too much of it: then what came first and nobody holds any more goes.
class Album {
 public:
  /// bytes: of samples in memory.
  explicit Album(std::size_t bytes = some_of_memory()) : most_(bytes) {}

  /// Of files that are sent from now on.
  void take(const ReadLimits& limits);

  PictureHandle add(const std::string& name, std::string sha256, Image image);

  /// A file that was sent. Throws Error when it is no picture, or beyond the limits.
  PictureHandle read(const std::string& name, const std::string& file);

  /// Throws Error when there is none of this id.
  [[nodiscard]] PictureHandle find(const std::string& id) const;

 private:
  /// A fourth of the machine's.
  [[nodiscard]] static std::size_t some_of_memory();

  std::size_t most_;
  mutable std::mutex mutex_;
  ReadLimits limits_;
  int count_ = 0;
  std::deque<PictureHandle> pictures_;  // the oldest first
};

}  // namespace dipper::view
