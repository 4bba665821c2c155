// SPDX-License-Identifier: Apache-2.0
#include "fit/safetensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

using Json = nlohmann::json;  // sorted: finding a name takes no time that a hostile header could multiply

static_assert(std::endian::native == std::endian::little, "values go to the file as they lie in memory");

constexpr const char* metadata_key = "__metadata__";
constexpr std::uint64_t header_limit = 16'000'000;  // bytes

/// Where a tensor lies: elements [begin, end) of all values.
struct Place {
  std::string name;
  std::vector<std::size_t> shape;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The product of the sides; `limit` + 1 when it is larger than that.
std::size_t elements(const std::vector<std::size_t>& shape, std::size_t limit) {
  std::size_t count = 1;
  for (const std::size_t side : shape) {
    if (side == 0) return 0;
    if (count > limit / side) return limit + 1;
    count *= side;
  }
  return count;
}

std::vector<std::size_t> read_sizes(const Json& entry, const char* key, const std::string& name) {
  const auto list = entry.find(key);
  const bool good = list != entry.end() && list->is_array() &&
                    std::all_of(list->begin(), list->end(), [](const Json& size) { return size.is_number_unsigned(); });
  if (!good) throw Error(fmt::format("its tensor {} has no {} of whole numbers", name, key));
  return list->get<std::vector<std::size_t>>();
}

// `count`: the values that the file holds.
Place read_place(const std::string& name, const Json& entry, std::size_t count) {
  if (!entry.is_object()) throw Error(fmt::format("its entry {} is no tensor", name));
  const auto type = entry.find("dtype");
  if (type == entry.end() || *type != "F32") throw Error(fmt::format("its tensor {} is not of type F32", name));
  Place place{.name = name, .shape = read_sizes(entry, "shape", name)};
  const std::vector<std::size_t> bytes = read_sizes(entry, "data_offsets", name);
  if (bytes.size() != 2 || bytes[0] % sizeof(float) != 0 || bytes[1] % sizeof(float) != 0 || bytes[0] > bytes[1]) {
    throw Error(fmt::format("its tensor {} has offsets that make no sense", name));
  }
  place.begin = bytes[0] / sizeof(float);
  place.end = bytes[1] / sizeof(float);
  if (place.end > count) throw Error(fmt::format("its tensor {} reaches beyond the end", name));
  if (elements(place.shape, count) != place.end - place.begin) {
    throw Error(fmt::format("its tensor {} has a shape that does not fit its offsets", name));
  }
  return place;
}

void refuse_gaps(const std::vector<Place>& places, std::size_t count) {
  std::size_t at = 0;
  for (const Place& place : places) {
    if (place.begin != at) {
      throw Error(fmt::format("its tensor {} {}", place.name, place.begin < at ? "overlaps another" : "follows a gap"));
    }
    at = place.end;
  }
  if (at != count) throw Error("something follows its last tensor");
}

Metadata read_metadata(const Json& header) {
  Metadata metadata;
  const auto entries = header.find(metadata_key);
  if (entries == header.end()) return metadata;
  if (!entries->is_object()) throw Error("its metadata are no object");
  for (const auto& [key, text] : entries->items()) {
    if (!text.is_string()) throw Error(fmt::format("its metadata hold {}, which is no text", key));
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

// The places in the order in which they lie; checks all of them.
std::vector<Place> read_places(const Json& header, std::size_t count) {
  std::vector<Place> places;
  for (const auto& [name, entry] : header.items()) {
    if (name != metadata_key) places.push_back(read_place(name, entry, count));
  }
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  refuse_gaps(places, count);
  return places;
}

void read_exactly(std::ifstream& in, void* to, std::size_t bytes) {
  in.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
  if (!in) throw Error("it cannot be read to its end");
}

// What the header says about itself is checked here, before anything of its size is allocated.
Json read_header(std::ifstream& in, std::uint64_t file_size) {
  std::uint64_t length = 0;
  if (file_size < sizeof(length)) throw Error("it is too short");
  read_exactly(in, &length, sizeof(length));
  if (length > header_limit) throw Error("its header is longer than 16 MB");
  if (length > file_size - sizeof(length)) throw Error("it ends within its header");
  std::string text(length, ' ');
  read_exactly(in, text.data(), text.size());
  Json header = Json::parse(text, nullptr, false);
  if (!header.is_object()) throw Error("its header is no JSON object");
  const std::uint64_t data = file_size - sizeof(length) - length;
  if (data % sizeof(float) != 0) throw Error("its end is cut off");
  return header;
}

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Put together as text: the destructor of a JSON object takes memory, and where there is none it ends the process. A
// checkpoint is not worth that.
std::string header_of(const Metadata& metadata, std::span<const NamedTensor> tensors) {
  std::string text = fmt::format("{{\"{}\":{{", metadata_key);
  const char* separator = "";
  for (const auto& [key, value] : metadata) {
    text += fmt::format("{}{}:{}", std::exchange(separator, ","), quoted(key), quoted(value));
  }
  text += '}';
  std::set<std::string_view> names = {metadata_key};
  std::size_t at = 0;
  for (const NamedTensor& tensor : tensors) {
    DIPPER_CHECK_EQ(elements(tensor.shape, tensor.values.size()), tensor.values.size());
    DIPPER_CHECK(names.insert(tensor.name).second);
    const std::size_t end = at + tensor.values.size_bytes();
    text += fmt::format(R"(,{}:{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", quoted(tensor.name),
                        fmt::join(tensor.shape, ","), at, end);
    at = end;
  }
  return text + '}';
}

}  // namespace

void write_safetensors(OutputFile& file, const Metadata& metadata, std::span<const NamedTensor> tensors) {
  std::string text = header_of(metadata, tensors);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the values are aligned in the file
  const std::uint64_t length = text.size();
  DIPPER_CHECK(length <= header_limit);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(std::as_bytes(std::span(text)));
  for (const NamedTensor& tensor : tensors) file.write(std::as_bytes(tensor.values));
}

Safetensors::Safetensors(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw Error(fmt::format("there is no file {}", file.string()));
  const std::uint64_t size = std::filesystem::file_size(file, error);
  std::ifstream in(file, std::ios::binary);
  if (error || !in) throw Error(fmt::format("cannot open {}", file.string()));
  try {
    const Json header = read_header(in, size);
    const std::size_t count = (size - static_cast<std::uint64_t>(in.tellg())) / sizeof(float);
    metadata_ = read_metadata(header);
    const std::vector<Place> places = read_places(header, count);
    data_.resize(count);
    read_exactly(in, data_.data(), count * sizeof(float));
    for (const Place& place : places) {
      tensors_.push_back({place.name, place.shape, std::span(data_).subspan(place.begin, place.end - place.begin)});
    }
  } catch (const Error& what) {
    throw Error(fmt::format("{} cannot be read as safetensors: {}", file.string(), what.what()));
  }
}

const NamedTensor* Safetensors::find(const std::string& name) const {
  const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                  [&name](const NamedTensor& tensor) { return tensor.name == name; });
  return found == tensors_.end() ? nullptr : &*found;
}

}  // namespace dipper
