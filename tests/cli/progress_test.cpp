// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "cli/program.hpp"
#include "cli/terminal_run.hpp"

namespace dipper {
namespace {

using test::lines;
using test::Outcome;
using Json = nlohmann::json;

class ProgressReport : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }
};

TEST_F(ProgressReport, StdoutStaysEmptyAndStderrSumsUp) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_GE(err.size(), 3U);
  EXPECT_TRUE(err.front().starts_with("inpaint in.png 16x12 RGB: balanced quality, 2 iterations, about "))
      << err.front();
  EXPECT_NE(err.at(1).find("% of the pixels are missing; network skip of"), std::string::npos) << err.at(1);
  EXPECT_TRUE(err.back().starts_with("restored in.png in ")) << err.back();
  EXPECT_NE(err.back().find("(2 iterations), PSNR "), std::string::npos) << err.back();
  EXPECT_TRUE(err.back().ends_with(" -> out.png")) << err.back();
}

TEST_F(ProgressReport, OneIterationIsNoPlural) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "1", "-o", "out.png"});
  EXPECT_NE(outcome.err.find("balanced quality, 1 iteration, about "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("(1 iteration), PSNR "), std::string::npos) << outcome.err;
}

TEST_F(ProgressReport, QuietSaysNothing) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--quiet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(ProgressReport, WithoutProgressOnlyTheSumRemains) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--progress", "none"});
  ASSERT_EQ(lines(outcome.err).size(), 1U) << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with("restored in.png"));
}

TEST_F(ProgressReport, ProgressForProgramsIsJsonOnEveryLine) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "3", "-o", "out.png", "--progress", "json"});
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_GE(err.size(), 4U) << outcome.err;
  const Json first = Json::parse(err.front());
  EXPECT_EQ(first.at("event"), "start");
  EXPECT_EQ(first.at("iterations"), 3);
  EXPECT_GT(first.at("planned_bytes"), 1'000'000);
  const Json last = Json::parse(err[err.size() - 2]);
  EXPECT_EQ(last.at("event"), "progress");
  EXPECT_EQ(last.at("iteration"), 3);
  EXPECT_TRUE(last.at("loss").is_number());
  EXPECT_TRUE(last.at("psnr").is_number());
  EXPECT_EQ(Json::parse(err.back()).at("event"), "done");
}

TEST_F(ProgressReport, ExplainsAnIterationWhenAsked) {
  const std::vector<std::string> command = {"inpaint", "in.png", "--drop",  "0.5",      "--iterations",
                                            "2",       "-o",     "out.png", "--explain"};
  const Outcome outcome = run(command);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("backward parameters"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("times the ideal time"), std::string::npos);
  EXPECT_LT(outcome.err.find("times the ideal time"), outcome.err.find("1/2  loss"));
  std::vector<std::string> for_programs = command;
  for_programs.insert(for_programs.end(), {"--progress", "json"});
  const Json first = Json::parse(lines(run(for_programs).err).front());
  EXPECT_NE(first.at("explanation").get<std::string>().find("memory of tensors: an arena"), std::string::npos);
  std::vector<std::string> for_nobody = command;
  for_nobody.emplace_back("--quiet");
  EXPECT_EQ(run(for_nobody).err, "");
}

TEST_F(ProgressReport, ALineForTerminalsIsRedrawn) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--progress", "line"});
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_EQ(err.size(), 4U) << outcome.err;
  EXPECT_TRUE(err[2].starts_with("\r\x1b[K1/2  loss ")) << err[2];
  EXPECT_NE(err[2].find("\r\x1b[K2/2  loss "), std::string::npos) << err[2];
}

TEST_F(ProgressReport, AStderrThatTakesNothingCostsNoFit) {
  for (const char* style : {"plain", "line", "json"}) {
    for (const char* where : {">/dev/full", ">&-"}) {
      const Outcome outcome = run_in_shell(
          std::string("exec \"$0\" inpaint in.png --drop 0.5 --iterations 2 -o out.png --animation a.gif ") +
          "--progress " + style + " 2" + where);
      EXPECT_EQ(outcome.code, 0) << style << where;
      EXPECT_EQ(read_image(file("out.png")).width, 16);
      std::filesystem::remove(file("out.png"));
    }
  }
  EXPECT_EQ(run_in_shell("exec \"$0\" inpaint none.png --drop 0.5 -o out.png 2>&-").code, 2);
}

TEST_F(ProgressReport, APreviewNeedsATerminal) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--preview"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err,
            "dipper: --preview draws in a terminal, but stderr is none; leave it out, or do not redirect stderr\n");
  for (const std::vector<std::string>& environment : {std::vector<std::string>{"TERM=dumb"}, {}}) {
    const test::TerminalRun::End end =
        test::TerminalRun(folder_, {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--preview"},
                          {.environment = environment})
            .wait();
    EXPECT_EQ(end.code, 2);
    EXPECT_NE(end.shown.find("TERM says that it cannot; leave it out"), std::string::npos) << end.shown;
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"in.png"}));
}

TEST_F(ProgressReport, APreviewIsForPeople) {
  for (const std::vector<std::string>& other :
       {std::vector<std::string>{"--quiet"}, {"--progress", "none"}, {"--progress", "json"}}) {
    std::vector<std::string> words = {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--preview"};
    words.insert(words.end(), other.begin(), other.end());
    const test::TerminalRun::End end = test::TerminalRun(folder_, words, {}).wait();
    EXPECT_EQ(end.code, 2);
    EXPECT_TRUE(end.shown.starts_with("dipper: --preview does not go together with " + other.front())) << end.shown;
  }
}

// What ends a run early is told on a line of its own.
TEST_F(ProgressReport, AnErrorDoesNotJoinTheLineOfProgress) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--progress", "line", "--set", "adam.epsilon=0"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(lines(outcome.err).back().starts_with("dipper: the fit diverged in iteration ")) << outcome.err;
}

// What is said there must not land in a file that was opened in the place of stderr.
TEST_F(ProgressReport, AClosedStderrChangesNoFile) {
  const std::string line = "exec \"$0\" inpaint in.png --drop 0.5 --iterations 2 --animation a.gif -o out.png";
  EXPECT_EQ(run_in_shell(line).code, 0);
  const std::vector<std::byte> picture = read_file(file("out.png"));
  const std::vector<std::byte> animation = read_file(file("a.gif"));
  EXPECT_EQ(run_in_shell(line + " 0<&- 2>&-").code, 0);
  EXPECT_EQ(read_file(file("out.png")), picture);
  EXPECT_EQ(read_file(file("a.gif")), animation);
}

TEST_F(ProgressReport, AReaderThatGoesAwayCostsNoFit) {
  const Outcome outcome = run_in_shell(
      "{ \"$0\" inpaint in.png --drop 0.5 --iterations 20 --progress json --every 1 -o out.png 2>&1 >/dev/null; "
      "echo $? >code; } | head -n 1");
  EXPECT_EQ(lines(outcome.out).size(), 1U);
  std::ifstream in(file("code"));
  int code = -1;
  in >> code;
  EXPECT_EQ(code, 0);
  EXPECT_EQ(read_image(file("out.png")).width, 16);
}

TEST_F(ProgressReport, AStdoutThatTakesNothingIsAnError) {
  for (const char* where : {">/dev/full", ">&-"}) {
    EXPECT_EQ(run_in_shell(std::string("exec \"$0\" info ") + where).code, 2) << where;
  }
}

TEST_F(ProgressReport, NamesNeedNotBeUtf8) {
  std::filesystem::rename(file("in.png"), file("in\xff.png"));
  const Outcome outcome = run({"inpaint", "in\xff.png", "--drop", "0.5", "--iterations", "2", "-o", "out\xff.png",
                               "--progress", "json", "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out).at("output"), "out\uFFFD.png");
  const std::string title = Json::parse(lines(outcome.err).front()).at("title");
  EXPECT_TRUE(title.starts_with("inpaint in\uFFFD.png 16x12")) << title;
  EXPECT_EQ(read_image(file("out\xff.png")).width, 16);
}

}  // namespace
}  // namespace dipper
