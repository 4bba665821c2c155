// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/files.hpp"

namespace dipper {

/// In the format of safetensors: 8 bytes of header length, a JSON header of names, types, shapes and offsets, then the
/// values.
class GoldenFile {
 public:
  explicit GoldenFile(const std::filesystem::path& file) : bytes_(read_file(file)) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), sizeof(length));
    data_ = sizeof(length) + length;
    header_ = nlohmann::json::parse(reinterpret_cast<const char*>(bytes_.data()) + sizeof(length),
                                    reinterpret_cast<const char*>(bytes_.data()) + data_);
  }

  [[nodiscard]] bool has(const std::string& name) const { return header_.contains(name); }
  [[nodiscard]] std::string metadata(const std::string& key) const { return header_["__metadata__"][key]; }
  [[nodiscard]] std::string metadata(const std::string& key, const std::string& otherwise) const {
    return header_["__metadata__"].value(key, otherwise);
  }
  [[nodiscard]] std::vector<int> shape(const std::string& name) const { return header_[name]["shape"]; }

  /// The values of an F32 or F64 tensor.
  [[nodiscard]] std::vector<double> values(const std::string& name) const {
    DIPPER_CHECK(has(name));
    const auto& entry = header_[name];
    const std::byte* from = bytes_.data() + data_ + entry["data_offsets"][0].get<std::size_t>();
    const std::byte* to = bytes_.data() + data_ + entry["data_offsets"][1].get<std::size_t>();
    return entry["dtype"] == "F32" ? read<float>(from, to) : read<double>(from, to);
  }

 private:
  template <class T>
  static std::vector<double> read(const std::byte* from, const std::byte* to) {
    std::vector<T> values(static_cast<std::size_t>(to - from) / sizeof(T));
    std::memcpy(values.data(), from, values.size() * sizeof(T));
    return {values.begin(), values.end()};
  }

  std::vector<std::byte> bytes_;
  std::size_t data_ = 0;
  nlohmann::json header_;
};

}  // namespace dipper
