// SPDX-License-Identifier: Apache-2.0
#include "base/unfinished.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "base/temporary_folder.hpp"

namespace dipper {
namespace {

namespace fs = std::filesystem;

class UnfinishedFiles : public testing::Test {
 protected:
  [[nodiscard]] fs::path file(const char* name) const { return folder_.path() / name; }
  [[nodiscard]] Unfinished made(const char* name) const {
    std::ofstream(file(name)) << name;
    return Unfinished(file(name).string());
  }
  [[nodiscard]] bool there(const char* name) const { return fs::exists(file(name)); }

 private:
  TemporaryFolder folder_;
};

TEST_F(UnfinishedFiles, GoUnlessTheyAreKept) {
  {
    const Unfinished gone = made("gone");
    Unfinished kept = made("kept");
    EXPECT_EQ(kept.path(), file("kept"));
    kept.keep();
    EXPECT_EQ(kept.path(), "");
  }
  EXPECT_FALSE(there("gone"));
  EXPECT_TRUE(there("kept"));
}

TEST_F(UnfinishedFiles, GoOnceWhenTheyWereMoved) {
  std::optional<Unfinished> first(made("one"));
  Unfinished second(std::move(*first));
  first.reset();
  EXPECT_TRUE(there("one"));
  Unfinished third = made("two");
  third = std::move(second);
  EXPECT_FALSE(there("two"));
  EXPECT_TRUE(there("one"));
  third = Unfinished();
  EXPECT_FALSE(there("one"));
}

TEST_F(UnfinishedFiles, NoPathIsNothing) {
  { const Unfinished nothing{std::string()}; }
  const Unfinished one = made("one");
  remove_unfinished();  // which does not come across what is gone
  EXPECT_FALSE(there("one"));
}

TEST_F(UnfinishedFiles, FoldersStayWithSomethingInThem) {
  fs::create_directory(file("empty"));
  fs::create_directory(file("full"));
  std::ofstream(file("full/kept")) << "kept";
  for (const char* name : {"empty", "full"}) static_cast<void>(Unfinished(file(name).string()));
  EXPECT_FALSE(there("empty"));
  EXPECT_TRUE(there("full/kept"));
}

TEST_F(UnfinishedFiles, AllGoAtOnce) {
  fs::create_directory(file("folder"));
  std::list<Unfinished> all;
  all.emplace_back(file("folder").string());
  for (const char* name : {"folder/a", "folder/b", "c", "kept", "d"}) all.push_back(made(name));
  std::next(all.begin(), 4)->keep();
  all.erase(std::next(all.begin(), 2));
  remove_unfinished();
  for (const char* name : {"folder", "c", "d"}) EXPECT_FALSE(there(name)) << name;
  EXPECT_TRUE(there("kept"));
}

}  // namespace
}  // namespace dipper
