// SPDX-License-Identifier: Apache-2.0
#include "view/kept_frames.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "image/samples.hpp"

namespace dipper::view {
namespace {

std::size_t bytes_of(SampleType type) {
  switch (type) {
    case SampleType::u8:
      return 1;
    case SampleType::u16:
      return 2;
    case SampleType::f32:
      return 4;
  }
  return 4;
}

// All of a picture but its samples.
Image frame_of(const Image& picture) {
  Image like;
  like.width = picture.width;
  like.height = picture.height;
  like.channels = picture.channels;
  like.sample = picture.sample;
  like.icc = picture.icc;
  like.exif = picture.exif;
  return like;
}

}  // namespace

KeptFrames::KeptFrames(std::size_t bytes, std::size_t most) : bytes_(bytes), most_(most) {}

void KeptFrames::add(int iteration, const Image& picture) {
  Samples samples;
  switch (picture.sample) {
    case SampleType::u8:
      samples = to_eight_bit(picture);
      break;
    case SampleType::u16:
      samples = to_sixteen_bit(picture);
      break;
    case SampleType::f32:
      samples = picture.samples;
  }
  auto kept = std::make_shared<const Kept>(Kept{iteration, std::move(samples)});
  const std::lock_guard lock(mutex_);
  if (!evenly_) {
    like_ = frame_of(picture);
    const std::size_t each = picture.samples.size() * bytes_of(picture.sample);
    evenly_.emplace(std::clamp<std::size_t>(bytes_ / std::max<std::size_t>(1, each), 2, most_));
  }
  evenly_->add([&kept] { return kept; });
  last_ = std::move(kept);
}

int KeptFrames::last() const {
  const std::lock_guard lock(mutex_);
  return last_ ? last_->iteration : 0;
}

std::vector<int> KeptFrames::iterations() const {
  const std::lock_guard lock(mutex_);
  std::vector<int> all;
  if (!evenly_) return all;
  for (const auto& kept : evenly_->kept()) all.push_back(kept->iteration);
  if (all.back() != last_->iteration) all.push_back(last_->iteration);
  return all;
}

// Null where there is none. To be called with the mutex locked.
std::shared_ptr<const KeptFrames::Kept> KeptFrames::find(int iteration) const {
  if (!evenly_) return nullptr;
  if (last_->iteration == iteration) return last_;
  const auto found = std::ranges::find(evenly_->kept(), iteration, [](const auto& kept) { return kept->iteration; });
  return found == evenly_->kept().end() ? nullptr : *found;
}

bool KeptFrames::has(int iteration) const {
  const std::lock_guard lock(mutex_);
  return find(iteration) != nullptr;
}

std::optional<Image> KeptFrames::frame(int iteration) const {
  std::unique_lock lock(mutex_);
  const std::shared_ptr<const Kept> found = find(iteration);
  if (!found) return std::nullopt;
  Image picture = like_;
  lock.unlock();
  std::visit(
      [&picture](const auto& samples) {
        if constexpr (std::is_same_v<std::decay_t<decltype(samples)>, std::vector<float>>) {
          picture.samples = samples;
        } else {
          picture.samples.resize(samples.size());
          set_samples(picture, samples);
        }
      },
      found->samples);
  return picture;
}

}  // namespace dipper::view
