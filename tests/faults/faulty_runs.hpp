// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/program.hpp"

namespace dipper::test {

/// What a run of the program meets: a call to the system or an allocation that fails, the n-th of its kind, counted
/// from 1, or all from there on. shim.cpp does it.
struct Fault {
  long call = 0;
  int error = 0;  ///< what the call fails with; 0: a write that takes a part
  long allocation = 0;
  bool lasting = false;
};

/// How often runs ended well, and how often with a sentence, having lost nothing either way; and how often otherwise.
struct Tally {
  int done = 0;
  int told = 0;
  int wrong = 0;
};

/// Runs of one command in folders of their own. Each but the first meets a fault, after which nothing may be lost: the
/// exit code is 0, and all outputs are whole; or it is 2, the end of stderr is one sentence, and each output is whole,
/// or what was there before; either way the input is as it was and nothing else lies around.
class FaultyRuns {
 public:
  /// Runs `command` without a fault, in a folder in `folder`, of which each of the others begins as a copy.
  FaultyRuns(std::filesystem::path folder, std::string command);

  /// The calls of the run without a fault, in order: their names, and the files that they were for.
  struct Call {
    std::string name;
    std::filesystem::path file;
  };
  [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }
  [[nodiscard]] long allocations() const { return allocations_; }
  /// Paths of what it wrote, within its folder.
  [[nodiscard]] std::vector<std::string> outputs() const;

  /// A run in a place where outputs of an older run lie, or where none do. Adds a failure when something is lost.
  /// What it left is in `folder`/trial until the next one.
  Outcome run(const Fault& fault, bool older);

  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  using Files = std::map<std::string, std::vector<std::byte>>;
  [[nodiscard]] Outcome start(const Fault& fault, const std::filesystem::path& place) const;
  [[nodiscard]] std::string wrong_with(const Outcome& outcome, const Files& files, bool older) const;
  void read_log();

  std::filesystem::path folder_;
  std::string command_;
  Files inputs_;
  Files outputs_;
  std::vector<Call> calls_;
  long allocations_ = 0;
  Tally tally_;
};

/// Of so many faults one is tried, and which one first: all of them where the environment says DIPPER_TEST_EVERY=1, as
/// bench/faults.py does, and else few enough for seconds.
struct Sampling {
  explicit Sampling(long usual);
  [[nodiscard]] std::size_t step() const { return static_cast<std::size_t>(every); }
  long first = 1;
  long every = 1;
};

/// A line for bench/faults.py.
void print_tally(const std::string& what, const Tally& tally);

}  // namespace dipper::test
