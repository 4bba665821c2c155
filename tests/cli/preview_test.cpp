// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "cli/screen.hpp"
#include "cli/terminal_run.hpp"
#include "report/canvas.hpp"
#include "report/half_blocks.hpp"
#include "report/kitty.hpp"

namespace dipper {
namespace {

using test::Screen;
using test::Terminal;
using test::TerminalRun;
using Lines = std::vector<std::string>;

class Preview : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }

  [[nodiscard]] static Lines words(const Lines& more, const std::string& iterations = "2") {
    Lines all = {"inpaint", "in.png", "--drop", "0.5", "--iterations", iterations, "-o", "out.png"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  // Lines on a screen whose cursor was at its lower end before, so that all are scrolled there.
  static Lines seen(const TerminalRun::End& end, std::size_t columns = 80, std::size_t rows = 24) {
    Screen screen(columns, rows);
    screen.feed(std::string(rows, '\n') + end.shown);
    Lines lines = screen.lines();
    const auto is_empty = [](const std::string& line) { return line.empty(); };
    lines.erase(lines.begin(), std::ranges::find_if_not(lines, is_empty));
    return lines;
  }
};

TEST_F(Preview, StandsAboveTheLineOfProgressAndBelowWhatBeginsARun) {
  const TerminalRun::End end = TerminalRun(folder_, words({"--preview", "blocks"}), {.columns = 150}).wait();
  EXPECT_EQ(end.code, 0);
  EXPECT_TRUE(end.is_as_it_was);
  const Lines lines = seen(end, 150);
  ASSERT_EQ(lines.size(), 2 + 6 + 2) << end.shown;
  EXPECT_TRUE(lines[0].starts_with("inpaint in.png 16x12 RGB: balanced quality, 2 iterations")) << lines[0];
  for (int row = 2; row < 8; ++row) EXPECT_EQ(lines[row], std::string(16, '#')) << row;
  EXPECT_TRUE(lines[8].starts_with("2/2  loss ")) << lines[8];
  EXPECT_TRUE(lines[9].starts_with("restored in.png in ")) << lines[9];
}

TEST_F(Preview, EndsWithTheRestoredPicture) {
  for (const bool raw : {false, true}) {
    Lines more = {"--preview", "blocks"};
    if (raw) more.emplace_back("--raw");
    const TerminalRun::End end =
        TerminalRun(folder_, words(more), {.environment = {"TERM=xterm", "COLORTERM=24bit"}}).wait();
    std::string blocks = half_blocks(display(read_image(file("out.png")), 16, 12), ColourDepth::full);
    for (std::size_t at = 0; (at = blocks.find('\n', at)) != std::string::npos; at += 2) blocks.insert(at, "\r");
    const std::size_t last = end.shown.rfind("\x1b[6A");
    ASSERT_NE(last, std::string::npos);
    EXPECT_EQ(end.shown.substr(last + 4, blocks.size()), blocks) << raw;
  }
}

TEST_F(Preview, OfKittyLeavesOnePictureThere) {
  const Terminal terminal{.columns = 150, .cell_width = 4, .cell_height = 5};
  const TerminalRun::End end = TerminalRun(folder_, words({"--preview", "kitty"}), terminal).wait();
  Screen screen(150, 24);
  screen.feed(end.shown);
  ASSERT_EQ(screen.pictures().size(), 1U);
  EXPECT_EQ(screen.pictures().front().second, 2U);
  const Lines lines = screen.lines();
  ASSERT_EQ(lines.size(), 2 + 3 + 2) << end.shown;  // 12 pixels take three lines
  EXPECT_TRUE(lines[5].starts_with("2/2  loss ")) << lines[5];
  const std::string id = screen.pictures().front().first;
  EXPECT_NE(end.shown.find(kitty_picture(display(read_image(file("out.png")), 16, 12),
                                         static_cast<std::uint32_t>(std::stoul(id)))),
            std::string::npos);
}

TEST_F(Preview, OfSixelMakesRoomForItself) {
  const Terminal terminal{.columns = 150, .cell_width = 4, .cell_height = 5};
  const Lines lines = seen(TerminalRun(folder_, words({"--preview", "sixel"}), terminal).wait(), 150);
  ASSERT_EQ(lines.size(), 2 + 3 + 2);
  EXPECT_EQ(lines[2] + lines[3] + lines[4], "");
}

TEST_F(Preview, FitsTheWindow) {
  make_picture("in.png", 64, 32);
  const auto blocks = [this](const Terminal& terminal) {
    Lines lines =
        seen(TerminalRun(folder_, words({"--preview", "blocks"}), terminal).wait(), terminal.columns, terminal.rows);
    std::erase_if(lines, [](const std::string& line) { return line.find('#') == std::string::npos; });
    return lines;
  };
  EXPECT_EQ(blocks({.columns = 150, .rows = 60}), Lines(16, std::string(64, '#')));
  EXPECT_EQ(blocks({.columns = 150, .rows = 20}), Lines(10, std::string(40, '#')));
  EXPECT_EQ(blocks({.columns = 33, .rows = 60}), Lines(8, std::string(32, '#')));
  // Half a character is twice as high as wide, so the shape takes half the rows, and 64 columns are all there is.
  EXPECT_EQ(blocks({.columns = 150, .rows = 20, .cell_width = 8, .cell_height = 32}), Lines(8, std::string(64, '#')));
}

TEST_F(Preview, LinesThatStayGoAboveIt) {
  std::ofstream(file("out.png.checkpoint")) << "left by an earlier run";
  const Lines lines =
      seen(TerminalRun(folder_, words({"--preview", "blocks", "--progress", "plain"}), {.columns = 150}).wait(), 150);
  ASSERT_GE(lines.size(), 3 + 1 + 6 + 1);
  EXPECT_TRUE(lines[0].starts_with("dipper: an earlier run left out.png.checkpoint")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("inpaint in.png")) << lines[1];
  const auto first = std::ranges::find(lines, std::string(16, '#'));
  for (auto line = lines.begin() + 3; line != first; ++line) EXPECT_NE(line->find("/2  loss "), std::string::npos);
  EXPECT_EQ(std::ranges::count(lines, std::string(16, '#')), 6);
  EXPECT_EQ(first + 7, lines.end());
  EXPECT_TRUE(lines.back().starts_with("restored in.png")) << lines.back();
}

TEST_F(Preview, FollowsTheWindow) {
  TerminalRun run(folder_, words({"--preview", "blocks", "--every", "1"}, "1000000"), {.columns = 150});
  ASSERT_TRUE(run.wait_for("\x1b[6A"));
  run.resize(150, 8);
  ASSERT_TRUE(run.wait_for("\x1b[6A\x1b[J"));
  ASSERT_TRUE(run.wait_for("\x1b[4A"));
  // Lines of blocks are broken now, so nobody knows where they stand.
  run.resize(10, 8);
  ASSERT_TRUE(run.wait_for("\r\x1b[K\x1b[38"));
  ASSERT_TRUE(run.wait_for("\x1b[4A"));
  run.type("\x03");
  EXPECT_EQ(run.wait().code, 130);
}

TEST_F(Preview, StaysWhenTheRunIsStopped) {
  TerminalRun run(folder_, words({"--preview", "blocks", "--json"}, "1000000"), {.columns = 150});
  ASSERT_TRUE(run.wait_for("\u2580"));
  ASSERT_TRUE(run.wait_for("loss"));
  run.type("\x03");
  const TerminalRun::End end = run.wait();
  EXPECT_EQ(end.code, 130);
  EXPECT_TRUE(end.is_as_it_was);
  EXPECT_LT(nlohmann::json::parse(end.out).at("iterations"), 1000000);
  const Lines lines = seen(end, 150);
  const auto first = std::ranges::find(lines, std::string(16, '#'));
  ASSERT_LT(first + 8, lines.end());
  EXPECT_EQ(std::count(first, first + 6, std::string(16, '#')), 6);
  EXPECT_NE(first[6].find("/1000000  loss "), std::string::npos) << first[6];
  EXPECT_TRUE(first[7].starts_with("stopped in.png after ")) << first[7];
}

TEST_F(Preview, BeginsAnewAfterAPause) {
  TerminalRun run(folder_, words({"--preview", "blocks", "--every", "1"}, "1000000"), {.columns = 150});
  ASSERT_TRUE(run.wait_for("\x1b[6A"));
  run.signal(SIGSTOP);
  run.signal(SIGCONT);
  ASSERT_TRUE(run.wait_for("\r\x1b[K\x1b[38"));
  ASSERT_TRUE(run.wait_for("\x1b[6A"));
  run.type("\x03");
  EXPECT_EQ(run.wait().code, 130);
}

TEST_F(Preview, OfAMethodIsItsPicture) {
  const Lines command = {"inpaint", "in.png", "--drop",  "0.5",       "--method",
                         "linear",  "-o",     "out.png", "--preview", "blocks"};
  const TerminalRun::End end = TerminalRun(folder_, command, {}).wait();
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(std::ranges::count(seen(end), std::string(16, '#')), 6);
}

}  // namespace
}  // namespace dipper
