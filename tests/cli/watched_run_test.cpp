// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <csignal>

#include "base/files.hpp"
#include "cli/page_client.hpp"
#include "cli/program.hpp"

namespace dipper {
namespace {

using test::PageClient;
using test::Program;
using Words = std::vector<std::string>;

class WatchedRuns : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png", 40, 32);
  }

  [[nodiscard]] Program start(const std::string& iterations) const {
    return {folder_,
            Words{"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--recipe", "small", "--set", "skip.down=4,4",
                  "--iterations", iterations, "--every", "5", "--view", "--no-open", "--json"}};
  }

  // What stands first on its standard error.
  static PageClient page_of(const Program& program) {
    for (int wait = 0; wait < 4000 && program.err().find('\n') == std::string::npos; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::string err = program.err();
    return PageClient(err.substr(0, err.find('\n')));
  }
};

TEST_F(WatchedRuns, AreShownAndStayUntilThePageEndsThem) {
  Program program = start("20");
  const PageClient page = page_of(program);
  ASSERT_TRUE(page.wait_for("done"));
  EXPECT_EQ(page.state().at("output"), "out.png");
  const auto run = page.state().at("run");
  EXPECT_EQ(run.at("title"), "inpaint in.png 40x32 RGB: recipe small");
  EXPECT_EQ(run.at("frames").dump(), "[1,5,10,15,20]");
  EXPECT_TRUE(std::filesystem::exists(file("out.png")));
  page.post("/quit");
  const test::Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(nlohmann::json::parse(outcome.out).at("psnr"), run.at("psnr"));
}

TEST_F(WatchedRuns, AreStoppedFromThePageAsByASignal) {
  Program program = start("1000000");
  const PageClient page = page_of(program);
  ASSERT_TRUE(page.wait_for("running"));
  page.post("/run/stop");
  ASSERT_TRUE(page.wait_for("done"));
  page.post("/quit");
  const test::Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 130);
  EXPECT_NE(outcome.err.find("go on with: "), std::string::npos);
}

TEST_F(WatchedRuns, AFrameThatIsChosenIsWritten) {
  Program program = start("20");
  const PageClient page = page_of(program);
  ASSERT_TRUE(page.wait_for("done"));
  page.post("/run/use", R"({"iteration":5})");
  const std::string chosen = page.get("/download?format=png");
  page.post("/quit");
  EXPECT_EQ(program.wait().code, 0);
  const std::vector<std::byte> written = read_file(file("out.png"));
  EXPECT_EQ(chosen, std::string(reinterpret_cast<const char*>(written.data()), written.size()));
}

TEST_F(WatchedRuns, EndWhilePausedToo) {
  for (const bool by_page : {false, true}) {
    Program program = start("1000000");
    const PageClient page = page_of(program);
    ASSERT_TRUE(page.wait_for("running"));
    page.post("/run/pause");
    ASSERT_TRUE(page.wait_for("paused"));
    if (by_page) {
      page.post("/quit");
    } else {
      program.signal(SIGINT);
    }
    EXPECT_EQ(program.wait().code, 130);
    EXPECT_TRUE(std::filesystem::exists(file("out.png")));
  }
}

TEST_F(WatchedRuns, LeaveTheirOutputAloneOnceAnotherRunIsBegun) {
  Program program = start("20");
  const PageClient page = page_of(program);
  ASSERT_TRUE(page.wait_for("done"));
  const std::vector<std::byte> written = read_file(file("out.png"));
  const std::string input = page.state().at("picture").at("id");
  page.post("/runs", R"({"task":"denoise","picture":")" + input + R"(","method":"tv"})");
  ASSERT_TRUE(page.wait_for("done"));
  EXPECT_EQ(page.state().at("output"), "");
  page.post("/run/use", R"({"iteration":0})");
  EXPECT_EQ(read_file(file("out.png")), written);
  page.post("/quit");
  EXPECT_EQ(program.wait().code, 0);
}

TEST_F(WatchedRuns, EndWithTheSignalThatStoppedThem) {
  Program program = start("1000000");
  const PageClient page = page_of(program);
  ASSERT_TRUE(page.wait_for("running"));
  program.signal(SIGINT);
  EXPECT_EQ(program.wait().code, 130);
}

}  // namespace
}  // namespace dipper
