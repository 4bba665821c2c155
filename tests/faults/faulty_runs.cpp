// SPDX-License-Identifier: Apache-2.0
#include "faults/faulty_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/files.hpp"
#include "base/json.hpp"
#include "dipper/error.hpp"
#include "fit/safetensors.hpp"

namespace dipper::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string older_text(const std::string& name) {
  return "an older " + name;
}

// Whether a file that differs from run to run has its end.
bool has_its_end(const fs::path& file, const std::vector<std::byte>& bytes) {
  const std::string text = text_of(bytes);
  if (file.extension() == ".json") return Json::accept(text);
  if (file.extension() == ".html") return text.starts_with("<!doctype html>") && text.ends_with("</html>\n");
  return false;
}

// What is said while the fit goes on.
bool is_note(const std::string& line) {
  return std::ranges::any_of(
      std::array{"an earlier run left", "there is no checkpoint of iteration", "the fit goes on"},
      [&line](const char* words) { return line.find(words) != std::string::npos; });
}

bool is_checkpoint(const fs::path& file) {
  try {
    return !Safetensors(file).tensors().empty();
  } catch (const Error&) {
    return false;
  }
}

// Folders with nothing in them have a '/' at the end.
std::map<std::string, std::vector<std::byte>> files_in(const fs::path& folder) {
  std::map<std::string, std::vector<std::byte>> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_regular_file()) files[name] = read_file(entry.path());
    if (entry.is_directory() && fs::is_empty(entry.path())) files[name + "/"] = {};
  }
  return files;
}

long number(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atol(text);
}

}  // namespace

FaultyRuns::FaultyRuns(fs::path folder, std::string command)
    : folder_(std::move(folder)), command_(std::move(command)) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.is_regular_file()) inputs_[entry.path().filename().string()] = read_file(entry.path());
  }
  const fs::path place = folder_ / "whole";
  fs::create_directory(place);
  for (const auto& [name, bytes] : inputs_) fs::copy_file(folder_ / name, place / name);
  const Outcome outcome = start({}, place);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  outputs_ = files_in(place);
  for (const auto& [name, bytes] : inputs_) EXPECT_EQ(outputs_.erase(name), 1U);
  read_log();
}

void FaultyRuns::read_log() {
  std::ifstream log(folder_ / "log");
  for (std::string line; std::getline(log, line);) {
    std::istringstream words(line);
    Call call;
    std::size_t size = 0;
    words >> call.name >> size >> call.file;
    std::string path;
    if (call.name == "allocations") {
      allocations_ = static_cast<long>(size);
    } else {
      calls_.push_back(call);
    }
  }
}

std::vector<std::string> FaultyRuns::outputs() const {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : outputs_) names.push_back(name);
  return names;
}

Outcome FaultyRuns::start(const Fault& fault, const fs::path& place) const {
  const std::string line = fmt::format(
      "exec timeout 60 env DIPPER_FAULT_CALL={} DIPPER_FAULT_ERRNO={} DIPPER_FAULT_ALLOCATION={} "
      "DIPPER_FAULT_LASTING={} DIPPER_FAULT_LOG=../log LD_PRELOAD={} \"$0\" {}",
      fault.call, fault.error, fault.allocation, fault.lasting ? 1 : 0, DIPPER_FAULT_SHIM, command_);
  return Program::shell(place, line).wait();
}

Outcome FaultyRuns::run(const Fault& fault, bool older) {
  const fs::path place = folder_ / "trial";
  fs::remove_all(place);
  fs::create_directory(place);
  for (const auto& [name, bytes] : inputs_) fs::copy_file(folder_ / name, place / name);
  for (const auto& [name, bytes] : outputs_) {
    if (!older) break;
    fs::create_directories((place / name).parent_path());
    std::ofstream(place / name) << older_text(name);
  }
  Outcome outcome = start(fault, place);
  const std::string wrong = wrong_with(outcome, files_in(place), older);
  if (wrong.empty()) {
    ++(outcome.code == 0 ? tally_.done : tally_.told);
    return outcome;
  }
  if (++tally_.wrong > 20) return outcome;  // that is enough to look at
  ADD_FAILURE() << fmt::format("{}: call {} with error {}, allocation {}{}{}: code {}, \"{}\"", wrong, fault.call,
                               fault.error, fault.allocation, fault.lasting ? ", lasting" : "",
                               older ? ", over older files" : "", outcome.code, outcome.err);
  return outcome;
}

std::string FaultyRuns::wrong_with(const Outcome& outcome, const Files& files, bool older) const {
  if (outcome.code != 0 && outcome.code != 2) return "another end than 0 or 2";
  const auto sentences = std::ranges::count_if(lines(outcome.err), [](const auto& line) { return !is_note(line); });
  if (sentences != (outcome.code == 0 ? 0 : 1)) return fmt::format("{} sentences", sentences);
  if (outcome.code == 2 && !lines(outcome.err).back().starts_with("dipper: ")) return "no sentence at the end";
  for (const auto& [name, bytes] : inputs_) {
    if (!files.contains(name) || files.at(name) != bytes) return name + " is not as it was";
  }
  for (const auto& [name, bytes] : files) {
    if (inputs_.contains(name)) continue;
    const auto whole = outputs_.find(name);
    if (whole == outputs_.end()) return name + " is left over";
    const bool before = older && text_of(bytes) == older_text(name);
    const bool complete = bytes == whole->second || has_its_end(name, bytes) || is_checkpoint(folder_ / "trial" / name);
    if (!before && !complete) return name + " is neither whole nor what was there";
    if (before && outcome.code == 0 && !name.starts_with("state")) return name + " was not written";
  }
  for (const auto& [name, bytes] : outputs_) {
    if (files.contains(name) || name.starts_with("state")) continue;  // a checkpoint may fail
    if (older) return name + " is lost";
    if (outcome.code == 0) return name + " was not written";
  }
  return "";
}

Sampling::Sampling(long usual) : first(number("DIPPER_TEST_FIRST", 1)), every(number("DIPPER_TEST_EVERY", usual)) {}

void print_tally(const std::string& what, const Tally& tally) {
  std::printf("tally: %s: %d %d %d\n", what.c_str(), tally.done, tally.told, tally.wrong);
  EXPECT_EQ(tally.wrong, 0);
}

}  // namespace dipper::test
