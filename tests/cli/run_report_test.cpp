// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "cli/program.hpp"

namespace dipper {
namespace {

using test::Outcome;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

class RunReports : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png", 40, 32);
  }

  [[nodiscard]] Outcome inpaint(const Words& more) const {
    Words words{"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--recipe", "small", "--set", "skip.down=4,4"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  [[nodiscard]] Json run_in(const std::string& name) const {
    const std::vector<std::byte> bytes = read_file(file(name));
    return Json::parse(reinterpret_cast<const char*>(bytes.data()),
                       reinterpret_cast<const char*>(bytes.data()) + bytes.size());
  }

  [[nodiscard]] std::string hash_of(const std::string& name) const {
    Sha256 hash;
    hash.add(std::span<const std::byte>(read_file(file(name))));
    return hash.finish();
  }
};

TEST_F(RunReports, SayWhatCameOfItAndHowToDoItAgain) {
  const Outcome outcome = inpaint({"--iterations", "20", "--every", "5", "--report", "report", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json run = run_in("report/run.json");
  EXPECT_EQ(run.at("result"), Json::parse(outcome.out));
  EXPECT_EQ(run.at("task"), "inpaint");
  EXPECT_EQ(run.at("width"), 40);
  EXPECT_EQ(run.at("settings").at("drop"), "0.5");
  EXPECT_EQ(run.at("settings").at("changed values"), "skip.down = 4,4");
  EXPECT_NE(run.at("recipe").get<std::string>().find("network = \"skip\""), std::string::npos);
  ASSERT_EQ(run.at("files").size(), 2);
  EXPECT_EQ(run.at("files")[0].at("sha256"), hash_of("in.png"));
  EXPECT_EQ(run.at("files")[1].at("sha256"), hash_of("out.png"));
  ASSERT_EQ(run.at("curve").size(), 20);
  EXPECT_EQ(run.at("curve")[19].at("iteration"), 20);
  EXPECT_EQ(run.at("curve")[19].at("psnr"), run.at("result").at("psnr"));
  EXPECT_TRUE(run.at("curve")[1].at("psnr").is_null());
  EXPECT_TRUE(std::filesystem::exists(file("report/index.html")));
  // The command makes the same picture again.
  const std::string before = hash_of("out.png");
  std::filesystem::remove(file("out.png"));
  ASSERT_EQ(run_in_shell(run.at("command").get<std::string>()).code, 0);
  EXPECT_EQ(hash_of("out.png"), before);
}

TEST_F(RunReports, HaveFewPointsOfALongFit) {
  ASSERT_EQ(inpaint({"--iterations", "5000", "--every", "1000", "--report", "r.html", "--threads", "1"}).code, 0);
  const Json curve = run_in("r.json").at("curve");
  EXPECT_GT(curve.size(), 1000);
  EXPECT_LE(curve.size(), 2010);
  for (std::size_t n = 1; n < curve.size(); ++n) EXPECT_LT(curve[n - 1].at("iteration"), curve[n].at("iteration"));
  EXPECT_EQ(curve.back().at("iteration"), 5000);
}

TEST_F(RunReports, AMethodHasOneToo) {
  ASSERT_EQ(
      run({"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--method", "cubic", "--report", "r.html"}).code, 0);
  const Json run = run_in("r.json");
  EXPECT_EQ(run.at("result").at("method"), "cubic");
  EXPECT_TRUE(run.at("curve").empty());
}

TEST_F(RunReports, AreRefusedWhereTheyWouldReplaceSomething) {
  const Outcome clash = run({"inpaint", "in.png", "--drop", "0.5", "-o", "r.json", "--report", "r.html"});
  EXPECT_EQ(clash.code, 2);
  const Outcome truth = inpaint({"--iterations", "1", "--report", "in.png"});
  EXPECT_EQ(truth.code, 2) << truth.err;
  EXPECT_NE(truth.err.find("in.png"), std::string::npos);
  const Outcome nowhere = inpaint({"--iterations", "1", "--report", "no/such/r.html"});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_FALSE(std::filesystem::exists(file("out.png")));
}

TEST_F(RunReports, HoldTheRecipeAsItWasUsedAndTheFileThatItCameFrom) {
  ASSERT_EQ(run_in_shell("\"$0\" recipes small | sed 's/^iterations.*/iterations = 7/' > small.toml").code, 0);
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--recipe", "./small.toml",
                               "--report", "r.html", "--set", "skip.down=4,4"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json run = run_in("r.json");
  const std::string recipe = run.at("recipe");
  EXPECT_NE(recipe.find("iterations = 7"), std::string::npos) << recipe;
  EXPECT_NE(recipe.find("skip.down = "), std::string::npos) << recipe;
  EXPECT_EQ(run.at("files").at(1).at("what"), "recipe");
  EXPECT_EQ(run.at("files").at(1).at("sha256"), hash_of("small.toml"));
}

TEST_F(RunReports, OfAResumedRunTellACommandThatBeginsAnew) {
  ASSERT_EQ(inpaint({"--iterations", "20", "--checkpoint", "c"}).code, 0);
  ASSERT_EQ(inpaint({"--iterations", "30", "--checkpoint", "c", "--resume", "c", "--report", "r.html"}).code, 0);
  const std::string command = run_in("r.json").at("command");
  EXPECT_EQ(command.find("--resume"), std::string::npos);
  const std::string before = hash_of("out.png");
  ASSERT_EQ(run_in_shell(command).code, 0);
  EXPECT_EQ(hash_of("out.png"), before);
}

TEST_F(RunReports, TellOfFilesAsTheyWereRead) {
  const std::string hash = hash_of("in.png");
  const Outcome outcome = run_in_shell(
      "mkfifo pipe; cat in.png > pipe & \"$0\" inpaint pipe --drop 0.5 -o out.png --recipe small --set "
      "skip.down=4,4 --iterations 3 --report r.html");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(run_in("r.json").at("files").at(0).at("sha256"), hash);
}

}  // namespace
}  // namespace dipper
