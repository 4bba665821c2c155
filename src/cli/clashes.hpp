// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dipper::cli {

struct NamedFile {
  std::string what;  ///< such as "--strip"
  std::filesystem::path file;
};

/// One name for all names of a file, which need not be there. What has no name, such as a pipe, keeps the one that it
/// was given by.
[[nodiscard]] std::filesystem::path resolved(const std::filesystem::path& file);

/// Whether both names lead to one file, or will.
[[nodiscard]] bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// Throws Error when an output would overwrite an input, or two outputs are one file.
void refuse_clashes(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs);

}  // namespace dipper::cli
