// SPDX-License-Identifier: Apache-2.0
// Allocations that fail, of our own code and of the libraries.
#include <gtest/gtest.h>

#include <optional>
#include <ostream>

#include "dipper/dipper.hpp"
#include "faults/faulty_runs.hpp"

namespace dipper::test {
namespace {

struct Work {
  const char* name;
  const char* command;
};

void PrintTo(const Work& work, std::ostream* out) {  // NOLINT(readability-identifier-naming): GoogleTest's name
  *out << work.name;
}

constexpr const char* fit =
    "inpaint in.png --drop 0.5 -o out.png --iterations 3 --quiet --recipe small --set skip.down=4,4 --set skip.up=4 "
    "--threads 2 --checkpoint state --checkpoint-every 0 --report page --animation a.gif --strip strip.png "
    "--frames frames --every 1 --uncertainty map.png";

// By the formats and the classical methods.
constexpr Work works[] = {
    {"Fit", fit},
    {"Resumed",
     "inpaint in.tif --drop 0.3 -o out.webp --iterations 2 --quiet --recipe small --set skip.down=4,4 "
     "--set skip.up=4 --threads 3 --checkpoint none --animation a.webp"},
    {"Bm3d", "denoise in.jpg --method bm3d -o out.jpg --quiet --threads 3"},
    {"Cubic", "inpaint in.webp --drop 0.4 --method cubic -o out.tif --quiet --threads 2"},
};

class Allocations : public ProgramTest, public testing::WithParamInterface<Work> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    for (const char* name : {"in.png", "in.tif", "in.jpg", "in.webp"}) {
      if (std::string(GetParam().command).find(name) != std::string::npos) make_picture(name, 16, 16);
    }
    runs_.emplace(folder_, GetParam().command);
    EXPECT_GT(runs_->allocations(), 1000);
  }

  void fail(bool lasting, const Sampling& sampling) {
    std::size_t turn = 0;
    for (long n = sampling.first; n <= runs_->allocations(); n += sampling.every) {
      runs_->run({.allocation = n, .lasting = lasting}, turn++ % 2 == 0);
    }
    print_tally(std::string(lasting ? "allocations that failed from one on, " : "allocations that failed once, ") +
                    GetParam().name,
                runs_->tally());
    EXPECT_GT(runs_->tally().told, 0);
  }

  std::optional<FaultyRuns> runs_;
};

// Primes, so that loops of any length are met at different places.
TEST_P(Allocations, OneThatFailsOnceLosesNothing) {
  fail(false, Sampling(1297));
}

TEST_P(Allocations, AllThatFailFromOneOnLoseNothing) {
  fail(true, Sampling(1733));
}

INSTANTIATE_TEST_SUITE_P(Of, Allocations, testing::ValuesIn(works),
                         [](const auto& work) { return std::string(work.param.name); });

}  // namespace
}  // namespace dipper::test
