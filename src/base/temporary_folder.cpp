// SPDX-License-Identifier: Apache-2.0
#include "base/temporary_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <system_error>

#include "dipper/error.hpp"

namespace dipper {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "dipper-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(fmt::format("cannot make a folder in {}: {}; set TMPDIR to one that can be written",
                            fs::temp_directory_path().string(), std::strerror(errno)));
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  try {
    fs::remove_all(path_, ignored);
  } catch (const std::bad_alloc&) {  // looking into folders takes memory
  }
}

}  // namespace dipper
