// SPDX-License-Identifier: Apache-2.0
#include "cli/clashes.hpp"

#include <fmt/format.h>

#include <system_error>

#include "base/files.hpp"
#include "dipper/error.hpp"

namespace dipper::cli {

namespace fs = std::filesystem;

fs::path resolved(const fs::path& file) {
  const fs::path whole = follow_links(fs::absolute(file));
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(whole, error);
  return error ? whole.lexically_normal() : canonical;
}

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error)) return true;
  return resolved(a) == resolved(b);
}

void refuse_clashes(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs) {
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    for (const NamedFile& input : inputs) {
      if (!same_file(input.file, output->file)) continue;
      throw Error(fmt::format("{} would overwrite the original {} ({}); name another file", output->what,
                              input.file.string(), input.what));
    }
    for (auto other = outputs.begin(); other != output; ++other) {
      if (!same_file(other->file, output->file)) continue;
      throw Error(
          fmt::format("{} and {} are both {}; name two files", other->what, output->what, output->file.string()));
    }
  }
}

}  // namespace dipper::cli
