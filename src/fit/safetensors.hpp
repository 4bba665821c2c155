// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"

namespace dipper {

/// Named arrays of float32 and named texts in one file, in the layout of Hugging Face's safetensors
/// (https://github.com/huggingface/safetensors): 8 bytes with the length of the header, little-endian; a header in JSON
/// with the texts under "__metadata__" and for each tensor "dtype", "shape" and "data_offsets"; then the values,
/// little-endian, one tensor after the other without a gap.
using Metadata = std::map<std::string, std::string>;

/// A tensor that lies elsewhere.
struct NamedTensor {
  std::string name;
  std::vector<std::size_t> shape;
  std::span<const float> values;
};

/// Appends the whole layout to `file`. Names differ, and no tensor is called "__metadata__". Throws Error when it
/// cannot be written.
void write_safetensors(OutputFile& file, const Metadata& metadata, std::span<const NamedTensor> tensors);

/// Such a file in memory.
class Safetensors {
 public:
  /// Throws Error, one sentence on what is wrong, for a file that cannot be read or is none of the layout above: cut,
  /// with a header longer than 16 MB, a type that is not F32, a shape that does not fit its place, or tensors that
  /// overlap or leave a gap. Nothing of a size that the file claims is allocated before that claim was checked.
  explicit Safetensors(const std::filesystem::path& file);
  Safetensors(Safetensors&&) = default;
  Safetensors& operator=(Safetensors&&) = default;
  Safetensors(const Safetensors&) = delete;  // tensors() lie in it
  Safetensors& operator=(const Safetensors&) = delete;
  ~Safetensors() = default;

  [[nodiscard]] const Metadata& metadata() const { return metadata_; }

  /// In the order of the file.
  [[nodiscard]] const std::vector<NamedTensor>& tensors() const { return tensors_; }

  /// Null when there is none of that name.
  [[nodiscard]] const NamedTensor* find(const std::string& name) const;

 private:
  Metadata metadata_;
  std::vector<NamedTensor> tensors_;
  std::vector<float> data_;
};

}  // namespace dipper
