// SPDX-License-Identifier: Apache-2.0
#include "base/temporary_folder.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

TEST(TemporaryFolders, GoWithWhatIsInThem) {
  std::filesystem::path path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    std::filesystem::create_directory(path / "a");
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace dipper
