// SPDX-License-Identifier: Apache-2.0
#include "image/io.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <new>
#include <string>

#include "base/files.hpp"
#include "dipper/error.hpp"
#include "image/exif.hpp"
#include "image/limits.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

std::string lower_extension(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension;
}

std::string names() {
  std::vector<std::string_view> all;
  for (const Codec& codec : codecs()) all.push_back(codec.name);
  return fmt::format("{}", fmt::join(all, ", "));
}

std::string extensions() {
  std::vector<std::string_view> all;
  for (const Codec& codec : codecs()) all.insert(all.end(), codec.extensions.begin(), codec.extensions.end());
  return fmt::format("{}", fmt::join(all, " "));
}

Error cannot_write(const std::filesystem::path& file, const Error& why) {
  return Error(fmt::format("cannot write {}: {}", file.string(), why.what()));
}

}  // namespace

const Codec& codec_for(const std::filesystem::path& file) {
  const std::string extension = lower_extension(file);
  for (const Codec& codec : codecs()) {
    if (std::find(codec.extensions.begin(), codec.extensions.end(), extension) != codec.extensions.end()) return codec;
  }
  throw Error(
      fmt::format("{} does not say which format to write; end the name in one of {}", file.string(), extensions()));
}

Image decode_image(std::span<const std::byte> file, const ReadLimits& limits) {
  if (file.empty()) throw Error("is empty");
  for (const Codec& codec : codecs()) {
    if (!codec.recognises(file)) continue;
    try {
      Image image = upright(codec.decode(file, limits));
      if (fitting_profile(image).empty()) image.icc.clear();
      return image;
    } catch (const std::bad_alloc&) {
      throw Error("needs more memory than there is");
    }
  }
  throw Error(fmt::format("is not a picture that dipper reads ({})", names()));
}

Bytes encode_image(const std::filesystem::path& name, const Image& image) {
  const Codec& codec = codec_for(name);
  if (!size_fits(image.width, image.height, image.channels) ||
      image.samples.size() != image.plane_size() * static_cast<std::size_t>(image.channels)) {
    throw Error(fmt::format("a picture of {} x {} pixels, {} channels and {} samples cannot be written", image.width,
                            image.height, image.channels, image.samples.size()));
  }
  try {
    return codec.encode(image);
  } catch (const std::bad_alloc&) {
    throw Error("it needs more memory than there is");
  }
}

Image decode_image(std::span<const std::byte> bytes, const std::filesystem::path& file, const ReadLimits& limits) {
  try {
    return decode_image(bytes, limits);
  } catch (const Error& error) {
    throw Error(fmt::format("{} {}", file.string(), error.what()));
  }
}

Image read_image(const std::filesystem::path& file, const ReadLimits& limits) {
  return decode_image(read_file(file), file, limits);
}

void check_writable(const std::filesystem::path& file) {
  static_cast<void>(codec_for(file));
  const OutputFile probe(file);  // never committed: nothing of it stays
}

void check_writable(const std::filesystem::path& file, const Image& like) {
  const Codec& codec = codec_for(file);
  try {
    codec.check(like.width, like.height, like.channels);
  } catch (const Error& error) {
    throw cannot_write(file, error);
  }
  check_writable(file);
}

void write_image(const std::filesystem::path& file, const Image& image) {
  static_cast<void>(codec_for(file));
  OutputFile output(file);
  Bytes bytes;
  try {
    bytes = encode_image(file, image);
  } catch (const Error& error) {
    throw cannot_write(file, error);
  }
  output.write(bytes);
  output.commit();
}

}  // namespace dipper
