// SPDX-License-Identifier: Apache-2.0
#include "view/album.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "base/sha256.hpp"
#include "dipper/error.hpp"
#include "image/io.hpp"

namespace dipper::view {
namespace {

// "C:\\photos\\a.png" and "photos/a.png" -> "a.png"
std::string without_folders(const std::string& name) {
  const std::string last = name.substr(name.find_last_of("/\\") + 1);
  return last.empty() || last == "." || last == ".." ? "picture" : last;
}

std::size_t bytes_of(const PictureHandle& picture) {
  return picture->image.samples.size() * sizeof(float);
}

}  // namespace

Json to_json(const Picture& picture) {
  const Image& image = picture.image;
  const int bits = image.sample == SampleType::u8 ? 8 : image.sample == SampleType::u16 ? 16 : 32;
  return {{"id", picture.id},       {"name", picture.name},       {"width", image.width},
          {"height", image.height}, {"alpha", image.has_alpha()}, {"bits", bits}};
}

std::size_t Album::some_of_memory() {
  return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGE_SIZE)) / 4;
}

void Album::take(const ReadLimits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

PictureHandle Album::add(const std::string& name, std::string sha256, Image image) {
  const std::lock_guard lock(mutex_);
  auto picture = std::make_shared<const Picture>(
      Picture{fmt::format("p{}", ++count_), without_folders(name), std::move(sha256), std::move(image)});
  pictures_.push_back(picture);
  std::size_t bytes = std::accumulate(pictures_.begin(), pictures_.end(), std::size_t{0},
                                      [](std::size_t sum, const auto& one) { return sum + bytes_of(one); });
  for (auto at = pictures_.begin(); bytes > most_ && at != pictures_.end();) {
    const bool held = at->use_count() > 1;
    if (!held) bytes -= bytes_of(*at);
    at = held ? at + 1 : pictures_.erase(at);
  }
  return picture;
}

PictureHandle Album::read(const std::string& name, const std::string& file) {
  const auto bytes = std::as_bytes(std::span(file));
  const ReadLimits limits = [this] {
    const std::lock_guard lock(mutex_);
    return limits_;
  }();
  Image image = decode_image(bytes, without_folders(name), limits);
  return add(name, sha256_of(bytes), std::move(image));
}

PictureHandle Album::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(pictures_, id, [](const PictureHandle& one) { return one->id; });
  if (found == pictures_.end()) throw Error("this picture is no longer here; choose it again");
  return *found;
}

}  // namespace dipper::view
