// SPDX-License-Identifier: Apache-2.0
// Calls to the system that fail while a run writes everything that a run can write.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "faults/faulty_runs.hpp"

namespace dipper::test {
namespace {

constexpr const char* everything =
    "inpaint in.png --drop 0.5 -o out.png --iterations 3 --quiet --recipe small --set skip.down=4,4 --set skip.up=4 "
    "--threads 2 --checkpoint state --checkpoint-every 0 --report page --animation a.gif --strip strip.png "
    "--frames frames --every 1 --uncertainty map.png";

class Calls : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png", 16, 16);
    runs_.emplace(folder_, everything);
  }

  /// The numbers of the calls to try: of those of one kind that follow each other, such as the writes of one file, the
  /// first alone, unless all are asked for.
  [[nodiscard]] std::vector<long> chosen(const Sampling& sampling) const {
    std::vector<long> all;
    for (std::size_t i = 0; i < runs_->calls().size(); ++i) {
      const bool first = i == 0 || runs_->calls()[i].name != runs_->calls()[i - 1].name;
      if (sampling.every == 1 || first) all.push_back(static_cast<long>(i) + 1);
    }
    std::vector<long> some;
    for (auto i = static_cast<std::size_t>(sampling.first - 1); i < all.size(); i += sampling.step()) {
      some.push_back(all[i]);
    }
    return some;
  }

  std::optional<FaultyRuns> runs_;
};

// Whoever writes by other calls than those that are made to fail here must be found by this.
TEST_F(Calls, EveryOutputIsNamedByACallThatIsCounted) {
  const std::vector<std::string> names = runs_->outputs();
  EXPECT_EQ(names, (std::vector<std::string>{"a.gif", "frames/frame_000001.png", "frames/frame_000002.png",
                                             "frames/frame_000003.png", "map.png", "out.png", "out_damaged.png",
                                             "page/index.html", "page/run.json", "state", "state.1", "strip.png"}));
  for (const std::string& name : names) {
    EXPECT_TRUE(std::ranges::any_of(runs_->calls(), [&name](const FaultyRuns::Call& call) {
      return (call.name == "rename" || call.name == "link") && call.file == name;
    })) << name;
  }
}

TEST_F(Calls, OneThatFailsOnceLosesNothing) {
  constexpr std::array errors{ENOSPC, EIO, EROFS};
  const Sampling sampling(5);
  std::size_t turn = 0;
  for (const long call : chosen(sampling)) {
    for (std::size_t i = 0; i < (sampling.every == 1 ? errors.size() : 1); ++i, ++turn) {
      runs_->run({.call = call, .error = errors[turn % errors.size()]}, turn % 2 == 0);
    }
  }
  print_tally("calls that failed once", runs_->tally());
  EXPECT_GT(runs_->tally().told, 0);
  EXPECT_GT(runs_->tally().done, 0);  // for want of a checkpoint only
}

TEST_F(Calls, AllThatFailFromOneOnLoseNothing) {
  const Sampling sampling(9);
  std::size_t turn = 0;
  for (const long call : chosen(sampling)) {
    runs_->run({.call = call, .error = ENOSPC, .lasting = true}, turn++ % 2 == 0);
  }
  print_tally("calls that failed from one on", runs_->tally());
  EXPECT_LE(runs_->tally().done, 2);  // from the last ones on, which open and close a folder to flush it
}

// Of the outputs, and of the fit.
TEST_F(Calls, OneOutputThatCannotBeWrittenCostsNoOther) {
  for (const std::string& name : runs_->outputs()) {
    const auto call = std::ranges::find_if(
        runs_->calls(), [&name](const FaultyRuns::Call& made) { return made.name == "rename" && made.file == name; });
    if (call == runs_->calls().end() || name == "state") continue;
    const std::string said = runs_->run({.call = call - runs_->calls().begin() + 1, .error = EIO}, false).err;
    EXPECT_NE(said.find("cannot write " + name + ": Input/output error; name another place"), std::string::npos)
        << said;
    for (const std::string& other : runs_->outputs()) {
      const bool after_it = name == "page/run.json" && other == "page/index.html";  // one output
      EXPECT_EQ(std::filesystem::exists(file("trial/" + other)), other != name && !after_it)
          << other << " without " << name;
    }
    // The command that is said to go on writes what is missing.
    const std::string words = said.substr(said.rfind("dipper inpaint") + 7);
    EXPECT_NE(words.find("--resume state"), std::string::npos) << said;
    EXPECT_EQ(Program::shell(file("trial"), "exec \"$0\" " + words).wait().code, 0) << words;
    const bool comes_again = !name.starts_with("frames/") || name.ends_with("3.png");  // others were on the way there
    EXPECT_EQ(std::filesystem::exists(file("trial/" + name)), comes_again) << name;
  }
}

TEST_F(Calls, ShortWritesGoOn) {
  for (const bool older : {false, true}) runs_->run({.call = 1, .lasting = true}, older);
  EXPECT_EQ(runs_->tally().done, 2);
}

TEST_F(Calls, InterruptedOnesAreDoneAgain) {
  const Sampling sampling(15);
  int tried = 0;
  for (const long call : chosen(sampling)) {
    const std::string& name = runs_->calls()[static_cast<std::size_t>(call - 1)].name;
    if (name != "write" && name != "flush" && name != "close") continue;
    runs_->run({.call = call, .error = EINTR}, true);
    ++tried;
  }
  EXPECT_GT(tried, 2);
  EXPECT_EQ(runs_->tally().done, tried);
}

}  // namespace
}  // namespace dipper::test
