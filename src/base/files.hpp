// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "base/unfinished.hpp"

namespace dipper {

/// The whole of a file. Throws Error when there is none, it is a folder, or it cannot be read.
[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path& file);

/// What a symbolic link leads to in the end, whether that is there or not; any other path as it is.
[[nodiscard]] std::filesystem::path follow_links(std::filesystem::path path);

/// A file that appears whole or not at all: bytes go to a temporary file in the target's folder, and commit() renames
/// it. Opening one before a long computation finds out early whether the place can be written. Without commit() the
/// temporary file is removed and the target stays as it was. A target that is a symbolic link is followed, and an
/// existing target's permissions are kept.
class OutputFile {
 public:
  /// Throws Error when the folder does not exist or cannot be written, or the target is a folder, a device or a link
  /// that leads nowhere.
  explicit OutputFile(const std::filesystem::path& target);
  ~OutputFile();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] const std::filesystem::path& target() const { return target_; }

  /// Appends. Throws Error when the disk is full or the write fails.
  void write(std::span<const std::byte> bytes);

  /// Flushes to the disk, renames to the target, and flushes the folder, so that the file is there after a power cut
  /// too. What was at the target before stays as `keep` when that is given. Throws Error when one of these fails.
  void commit(const std::filesystem::path& keep = {});

 private:
  std::filesystem::path target_;    // as the user named it, for messages
  std::filesystem::path resolved_;  // links followed
  Unfinished temporary_;
  int descriptor_ = -1;
};

}  // namespace dipper
