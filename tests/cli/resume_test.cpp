// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.hpp"
#include "cli/program.hpp"

namespace dipper {
namespace {

using test::lines;
using test::Outcome;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

class Resume : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
    make_mask("a mask's.png", 0.5F);
  }

  /// Runs `dipper inpaint in.png --mask "a mask's.png" -o out.png` with more arguments.
  [[nodiscard]] static Words command(const Words& more) {
    Words words{"inpaint", "in.png", "--mask", "a mask's.png", "-o", "out.png"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  [[nodiscard]] Outcome inpaint(const Words& more) const { return run(command(more)); }

  /// The same, stopped with SIGINT some iterations after the first.
  [[nodiscard]] Outcome interrupted(const Words& more) const {
    test::Program program(folder_, command(more));
    for (int wait = 0; wait < 6000 && program.err().find("loss") == std::string::npos; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    program.signal(SIGINT);
    return program.wait();
  }
};

// The line that it prints, given to a shell, goes on to the bytes of a run that never stopped.
TEST_F(Resume, AnInterruptedFitSaysHowToGoOn) {
  const Words fit{"--recipe", "small", "--set", "skip.down=4,4", "--iterations", "3000", "--threads", "1"};
  ASSERT_EQ(inpaint(fit).code, 0);
  const std::vector<std::byte> expected = read_file(file("out.png"));
  const Outcome stopped = interrupted(fit);
  ASSERT_EQ(stopped.code, 130) << stopped.err;
  const std::string line = lines(stopped.err).back();
  EXPECT_EQ(line, std::string("go on with: ") + DIPPER_PROGRAM +
                      " inpaint --resume out.png.checkpoint in.png --mask 'a mask'\\''s.png' -o out.png --recipe small "
                      "--set skip.down=4,4 --iterations 3000 --threads 1");
  EXPECT_EQ(names(), (Words{"a mask's.png", "in.png", "out.png", "out.png.checkpoint"}));
  const Outcome resumed = run_in_shell(line.substr(12) + " --json");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("3000 iterations of which "), std::string::npos) << resumed.err;
  EXPECT_NE(resumed.err.find(" of them before)"), std::string::npos) << resumed.err;
  const Json result = Json::parse(resumed.out);
  EXPECT_EQ(result.at("iterations"), 3000);
  EXPECT_GT(result.at("resumed_from_iteration"), 0);
  EXPECT_EQ(read_file(file("out.png")), expected);
  EXPECT_EQ(names(), (Words{"a mask's.png", "in.png", "out.png"}));
}

TEST_F(Resume, ACheckpointWithANameIsKept) {
  ASSERT_EQ(inpaint({"--iterations", "3", "--checkpoint", "c", "--checkpoint-every", "0"}).code, 0);
  EXPECT_EQ(names(), (Words{"a mask's.png", "c", "c.1", "in.png", "out.png"}));
  const Outcome more = inpaint({"--iterations", "5", "--checkpoint", "none", "--resume", "c", "--json"});
  ASSERT_EQ(more.code, 0) << more.err;
  EXPECT_EQ(Json::parse(more.out).at("resumed_from_iteration"), 3);
}

TEST_F(Resume, TheDefaultGoesOnceThePictureIsWritten) {
  ASSERT_EQ(inpaint({"--iterations", "3", "--checkpoint-every", "0"}).code, 0);
  EXPECT_EQ(names(), (Words{"a mask's.png", "in.png", "out.png"}));
  // What this run neither wrote nor read is left alone.
  make_picture("other.png");
  std::filesystem::rename(file("other.png"), file("out.png.checkpoint"));
  const Outcome outcome = inpaint({"--iterations", "3", "--quiet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.err.starts_with("dipper: an earlier run left out.png.checkpoint, which")) << outcome.err;
  EXPECT_EQ(names(), (Words{"a mask's.png", "in.png", "out.png", "out.png.checkpoint"}));
}

TEST_F(Resume, NoneIsNoneWhenInterruptedToo) {
  const Outcome stopped = interrupted({"--iterations", "1000000", "--checkpoint", "none"});
  EXPECT_EQ(stopped.code, 130);
  EXPECT_EQ(stopped.err.find("go on with"), std::string::npos);
  EXPECT_EQ(names(), (Words{"a mask's.png", "in.png", "out.png"}));
}

// A checkpoint is worth more than what there is in no time.
TEST_F(Resume, WithoutTimeToGoOnEverythingStaysAsItWas) {
  Words slow{"--recipe", "small", "--set", "skip.down=512,512,512"};
  Words first = slow;
  first.insert(first.end(), {"--iterations", "2", "--checkpoint", "out.png.checkpoint"});
  ASSERT_EQ(inpaint(first).code, 0);
  const std::vector<std::byte> before = read_file(file("out.png"));
  slow.insert(slow.end(), {"--iterations", "2", "--resume", "out.png.checkpoint", "--time", "0.1"});
  const Outcome outcome = inpaint(slow);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("the fit cannot go on in this time ("), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("out.png.checkpoint stays as it is; give more --time"), std::string::npos) << outcome.err;
  EXPECT_EQ(read_file(file("out.png")), before);
  EXPECT_EQ(names(), (Words{"a mask's.png", "in.png", "out.png", "out.png.checkpoint"}));
}

TEST_F(Resume, ABrokenCheckpointIsSaidEvenWhenQuiet) {
  ASSERT_EQ(inpaint({"--iterations", "3", "--checkpoint", "c", "--checkpoint-every", "0"}).code, 0);
  std::filesystem::resize_file(file("c"), 100);
  const Words again{"--iterations", "3", "--checkpoint", "none", "--resume", "c"};
  Words quiet = again;
  quiet.emplace_back("--quiet");
  const Outcome outcome = inpaint(quiet);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err,
            "dipper: c cannot be read as safetensors: it ends within its header, so the fit goes on from c.1\n");
  Words json = again;
  json.insert(json.end(), {"--progress", "json"});
  EXPECT_EQ(Json::parse(lines(inpaint(json).err).at(1)).at("event"), "note");
  std::filesystem::remove(file("c.1"));
  EXPECT_EQ(inpaint(quiet).code, 2);
}

// What is left by a process that was killed after the older one became a link and before the newest was replaced.
TEST_F(Resume, OneCheckpointByTwoNamesIsGoneOnFrom) {
  ASSERT_EQ(inpaint({"--iterations", "3", "--checkpoint", "c"}).code, 0);
  std::filesystem::create_hard_link(file("c"), file("c.1"));
  const Outcome outcome =
      inpaint({"--iterations", "5", "--checkpoint", "c", "--checkpoint-every", "0", "--resume", "c"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(std::filesystem::equivalent(file("c"), file("c.1")));
}

TEST_F(Resume, FilesOfCheckpointsClashLikeOthers) {
  const auto expect = [this](const Words& more, const std::string& why) {
    const Outcome outcome = inpaint(more);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
  };
  expect({"--checkpoint", "in.png"}, "--checkpoint would overwrite the original in.png");
  expect({"--checkpoint", "out.png"}, "--output and --checkpoint are both out.png");
  expect({"--checkpoint", "c", "--strip", "c.1.png", "--animation", "c.1"},
         "--animation and --checkpoint are both c.1");
  expect({"--resume", "c", "--strip", "c"}, "--strip would overwrite the original c");
  expect({"--checkpoint", "none/c"}, "there is no folder none to write to");
  expect({"--checkpoint-every", "-1"}, "--checkpoint-every is \"-1\" but must be a number from 0");
}

}  // namespace
}  // namespace dipper
