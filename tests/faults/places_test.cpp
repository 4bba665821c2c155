// SPDX-License-Identifier: Apache-2.0
// Outputs in places that cannot be written, and less memory than a run needs.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/files.hpp"
#include "cli/program.hpp"
#include "dipper/dipper.hpp"

namespace dipper::test {
namespace {

namespace fs = std::filesystem;

struct Output {
  const char* option;
  const char* extension;
};
// Each option that names a file to write.
constexpr Output outputs[] = {{"-o", ".png"},          {"--strip", ".png"},   {"--uncertainty", ".png"},
                              {"--animation", ".gif"}, {"--report", ".html"}, {"--checkpoint", ".state"}};

class Places : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }

  /// A run that writes `file` for one option, by somebody whom permissions bind.
  [[nodiscard]] Outcome write(const char* option, const std::string& file) const {
    const std::string picture = std::string(option) == "-o" ? "" : "-o out.png";
    return run_in_shell(
        fmt::format("exec {}\"$0\" inpaint in.png --drop 0.5 --iterations 3 --every 1 --recipe small --quiet {} {} {}",
                    as_nobody_, picture, option, file));
  }

  void expect_refused(const char* option, const std::string& file, const std::string& why) const {
    const std::vector<std::string> before = names();
    const Outcome outcome = write(option, file);
    EXPECT_EQ(outcome.code, 2) << option << " " << file;
    EXPECT_EQ(lines(outcome.err).size(), 1U) << outcome.err;
    EXPECT_NE(outcome.err.find(why), std::string::npos) << option << " " << outcome.err;
    EXPECT_EQ(names(), before) << option << " " << file;
  }

  void put(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }

  [[nodiscard]] std::string text(const std::string& name) const {
    const std::vector<std::byte> bytes = read_file(file(name));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// Root may write everywhere, so runs give that up. False where they cannot.
  [[nodiscard]] bool permissions_bind() {
    if (::geteuid() != 0) return true;
    as_nobody_ = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
    fs::permissions(folder_, fs::perms::all);
    return run_in_shell("exec " + as_nobody_ + "\"$0\" info >here").code == 0;
  }

  std::string as_nobody_;
};

TEST_F(Places, AFolderIsNoOutput) {
  for (const Output& output : outputs) {
    const std::string name = std::string("folder") + output.extension;
    fs::create_directory(file(name));
    put(name + "/kept", "kept");
    expect_refused(output.option, name, name + " is a folder; name a file in it");
    EXPECT_EQ(text(name + "/kept"), "kept");
  }
}

TEST_F(Places, ALinkToAFolderIsNone) {
  fs::create_directory(file("folder"));
  for (const Output& output : outputs) {
    const std::string name = std::string("link") + output.extension;
    fs::remove(file(name));
    fs::create_symlink("folder", file(name));
    expect_refused(output.option, name, name + " is a folder; name a file in it");
    EXPECT_TRUE(fs::is_symlink(file(name)));
  }
  EXPECT_TRUE(fs::is_empty(file("folder")));
}

TEST_F(Places, ADeviceIsNone) {
  for (const Output& output : outputs) {
    const std::string name = std::string("full") + output.extension;
    fs::remove(file(name));
    fs::create_symlink("/dev/full", file(name));
    expect_refused(output.option, name, name + " is not a regular file; name another output");
    EXPECT_TRUE(fs::is_character_file(file(name)));
  }
}

TEST_F(Places, LinksInACircleAreNone) {
  for (const Output& output : outputs) {
    const std::string one = std::string("one") + output.extension;
    const std::string two = std::string("two") + output.extension;
    fs::remove(file(one));
    fs::remove(file(two));
    fs::create_symlink(two, file(one));
    fs::create_symlink(one, file(two));
    expect_refused(output.option, one, one + " is a link that leads nowhere; name a file");
    EXPECT_TRUE(fs::is_symlink(file(one)));
  }
}

TEST_F(Places, LinksToFilesStayAndTheirFilesAreWritten) {
  fs::create_directory(file("folder"));
  for (const Output& output : outputs) {
    const std::string link = std::string("link") + output.extension;
    const std::string target = std::string("folder/target") + output.extension;
    for (const bool dangling : {true, false}) {
      fs::remove(file(link));
      fs::remove(file(target));
      fs::create_symlink(target, file(link));
      if (!dangling) put(target, "an older one");
      const Outcome outcome = write(output.option, link);
      EXPECT_EQ(outcome.code, 0) << output.option << outcome.err;
      EXPECT_TRUE(fs::is_symlink(file(link))) << output.option;
      ASSERT_TRUE(fs::exists(file(target))) << output.option;
      EXPECT_GT(text(target).size(), 100U) << output.option;
    }
  }
}

TEST_F(Places, WhatMayNotBeWrittenIsRefusedBeforeTheFit) {
  if (!permissions_bind()) GTEST_SKIP() << "this is root, who may write everywhere, and setpriv does not start dipper";
  fs::create_directory(file("folder"));
  for (const Output& output : outputs) {
    const std::string name = std::string("readonly") + output.extension;
    const std::string link = std::string("link") + output.extension;
    put(name, "the original");
    put("folder/old" + std::string(output.extension), "the original");
    fs::permissions(file(name), fs::perms{0444});
    fs::remove(file(link));
    fs::create_symlink(name, file(link));
    fs::permissions(file("folder"), fs::perms{0555});
    expect_refused(output.option, name, "cannot write " + name + ": Permission denied");
    expect_refused(output.option, link, "cannot write " + link + ": Permission denied");
    for (const char* in : {"folder/old", "folder/new"}) {
      expect_refused(output.option, std::string(in) + output.extension, "Permission denied");
    }
    fs::permissions(file("folder"), fs::perms{0755});
    EXPECT_EQ(text(name), "the original");
    EXPECT_EQ(text("folder/old" + std::string(output.extension)), "the original");
    EXPECT_FALSE(fs::exists(file("folder/new" + std::string(output.extension))));
  }
  fs::permissions(file("folder"), fs::perms{0555});
  for (const char* option : {"--frames", "--report"}) {
    expect_refused(option, "folder", "Permission denied");
    expect_refused(option, "folder/new", "Permission denied");
  }
  fs::permissions(file("folder"), fs::perms{0755});
}

TEST_F(Places, AFolderThatIsGoneIsNoPlace) {
  const Outcome outcome = run_in_shell(
      R"(in=$PWD/in.png; mkdir gone; cd gone; rmdir ../gone; exec "$0" inpaint "$in" --drop 0.5 --quiet -o out.png)");
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_EQ(lines(outcome.err).size(), 1U) << outcome.err;
  EXPECT_NE(outcome.err.find("out.png"), std::string::npos) << outcome.err;
}

// From less than the program starts with to more than it needs.
TEST_F(Places, LittleMemoryIsSaidOrEnough) {
  int told = 0;
  int done = 0;
  for (long kilobytes = 16'000; kilobytes < 1'000'000; kilobytes += kilobytes / 6) {
    const Outcome outcome = run_in_shell(
        fmt::format("ulimit -v {}; exec \"$0\" inpaint in.png --drop 0.5 --iterations 2 --quiet --threads 2 -o out.png",
                    kilobytes));
    if (outcome.code == 127 || outcome.code == 126) continue;  // says the loader, or the shell
    EXPECT_TRUE(outcome.code == 0 || outcome.code == 2) << kilobytes << ": " << outcome.code << " " << outcome.err;
    EXPECT_EQ(lines(outcome.err).size(), outcome.code == 0 ? 0U : 1U) << outcome.err;
    EXPECT_EQ(names().size(), outcome.code == 0 ? 3U : 1U) << kilobytes;
    (outcome.code == 0 ? done : told) += 1;
    if (outcome.code == 0) {
      EXPECT_EQ(read_image(file("out.png")).width, 16);
    }
    for (const char* name : {"out.png", "out_damaged.png"}) fs::remove(file(name));
  }
  EXPECT_GT(told, 0);
  EXPECT_GT(done, 0);
}

}  // namespace
}  // namespace dipper::test
