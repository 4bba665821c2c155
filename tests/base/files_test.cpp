// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "dipper/error.hpp"

namespace dipper {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "dipper-files-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path file(const char* name) const { return folder_ / name; }
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }
  static std::string text(const fs::path& path) {
    const std::vector<std::byte> bytes = read_file(path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static void put(const fs::path& path, const std::string& content) { std::ofstream(path) << content; }

 private:
  fs::path folder_;
};

TEST_F(Files, ReadsEveryByte) {
  put(file("empty"), "");
  EXPECT_TRUE(read_file(file("empty")).empty());
  std::string large(3'000'001, 'x');  // more than one read
  large[2'999'999] = '\0';
  put(file("large"), large);
  EXPECT_EQ(text(file("large")), large);
}

TEST_F(Files, WhatCannotBeReadIsAnError) {
  try {
    static_cast<void>(read_file(file("none")));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), "there is no file " + file("none").string());
  }
  EXPECT_THROW(static_cast<void>(read_file(file("."))), Error);
  EXPECT_THROW(static_cast<void>(read_file("/dev/null")), Error);
  put(file("plain"), "x");
  EXPECT_THROW(static_cast<void>(read_file(file("plain") / "below")), Error);
}

TEST_F(Files, AnOutputAppearsAtCommit) {
  {
    OutputFile output(file("out"));
    EXPECT_EQ(output.target(), file("out"));
    output.write(bytes_of("first "));
    output.write(bytes_of("second"));
    EXPECT_FALSE(fs::exists(file("out")));
    EXPECT_EQ(entries(), 1);
    output.commit();
  }
  EXPECT_EQ(text(file("out")), "first second");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, WithoutCommitNothingChanges) {
  put(file("out"), "before");
  {
    OutputFile output(file("out"));
    output.write(bytes_of("after"));
  }
  EXPECT_EQ(text(file("out")), "before");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Files, CommitKeepsWhatWasThereWhenAsked) {
  for (const char* content : {"first", "second", "third"}) {
    OutputFile output(file("out"));
    output.write(bytes_of(content));
    output.commit(content == std::string("first") ? fs::path() : file("out.1"));
  }
  EXPECT_EQ(text(file("out")), "third");
  EXPECT_EQ(text(file("out.1")), "second");
  EXPECT_EQ(entries(), 2);
  OutputFile output(file("none"));
  EXPECT_THROW(output.commit(file("none.1")), Error);  // there is nothing to keep
  EXPECT_FALSE(fs::exists(file("none")));
}

TEST_F(Files, AMovedOutputIsCommittedOnce) {
  OutputFile first(file("out"));
  first.write(bytes_of("text"));
  OutputFile second(std::move(first));
  second.commit();
  EXPECT_EQ(text(file("out")), "text");
}

TEST_F(Files, PermissionsAreKeptOrFollowTheMask) {
  put(file("old"), "before");
  fs::permissions(file("old"), fs::perms{0640});
  OutputFile old(file("old"));
  old.commit();
  EXPECT_EQ(fs::status(file("old")).permissions(), fs::perms{0640});

  const mode_t mask = ::umask(027);
  OutputFile fresh(file("new"));
  ::umask(mask);
  fresh.commit();
  EXPECT_EQ(fs::status(file("new")).permissions(), fs::perms{0640});
}

TEST_F(Files, ALinkStaysALink) {
  fs::create_directory(file("folder"));
  fs::create_symlink("folder/target", file("link"));
  OutputFile output(file("link"));
  output.write(bytes_of("text"));
  output.commit();
  EXPECT_TRUE(fs::is_symlink(file("link")));
  EXPECT_EQ(text(file("folder/target")), "text");
}

TEST_F(Files, LinksInACircleAreNoOutput) {
  fs::create_symlink("two", file("one"));
  fs::create_symlink("one", file("two"));
  EXPECT_THROW(OutputFile(file("one")), Error);
  EXPECT_TRUE(fs::is_symlink(file("one")));
  EXPECT_EQ(entries(), 2);
}

TEST_F(Files, APlaceThatCannotBeWrittenIsFoundEarly) {
  EXPECT_THROW(OutputFile(file("none/out")), Error);
  fs::create_directory(file("folder"));
  EXPECT_THROW(OutputFile(file("folder")), Error);
  EXPECT_THROW(OutputFile("/dev/null"), Error);
  put(file("plain"), "x");
  EXPECT_THROW(OutputFile(file("plain") / "out"), Error);
  EXPECT_EQ(entries(), 2);
}

TEST_F(Files, PermissionsCountBeforeTheWork) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  put(file("out"), "before");
  fs::permissions(file("out"), fs::perms::owner_read);
  EXPECT_THROW(OutputFile(file("out")), Error);
  fs::create_directory(file("folder"));
  fs::permissions(file("folder"), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_THROW(OutputFile(file("folder/out")), Error);
}

}  // namespace
}  // namespace dipper
