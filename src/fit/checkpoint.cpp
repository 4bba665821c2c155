// SPDX-License-Identifier: Apache-2.0
#include "fit/checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/check.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

namespace fs = std::filesystem;

constexpr const char* format = "dipper checkpoint 2";
constexpr const char* checksum_key = "sha256";
constexpr int most = std::numeric_limits<int>::max();

std::string with_prefix(const std::string& name) {
  return "state." + name;
}

// Over all but the checksum itself, in the order of the file.
std::string checksum(const Metadata& metadata, std::span<const NamedTensor> tensors) {
  Sha256 hash;
  const auto add = [&hash](std::string_view text) { hash.add(fmt::format("{}:{}", text.size(), text)); };
  for (const auto& [key, text] : metadata) {
    if (key == checksum_key) continue;
    add(key);
    add(text);
  }
  for (const NamedTensor& tensor : tensors) {
    add(tensor.name);
    add(fmt::format("{}", fmt::join(tensor.shape, " ")));
    hash.add(std::as_bytes(tensor.values));
  }
  return hash.finish();
}

std::string hash_of(const std::string& text, std::span<const float> values) {
  Sha256 hash;
  hash.add(text);
  hash.add(std::as_bytes(values));
  return hash.finish();
}

std::string hash_of_operator(const Target& target) {
  if (!target.observed_by) return hash_of("none", {});
  const LinearOperator& op = *target.observed_by;
  return hash_of(
      fmt::format("kernel {} {} stride {} first {} {} size {} {} beyond {}", op.kernel.rows, op.kernel.columns,
                  op.stride, op.first_row, op.first_column, op.height, op.width, op.reads_beyond),
      op.kernel.weights);
}

Metadata describe(const Origin& origin, const Target& target) {
  const Shape& shape = target.shape;
  return {
      {"format", format},
      {"version", origin.version},
      {"task", origin.task},
      {"device", origin.device},
      {"seed", std::to_string(origin.seed)},
      {"recipe", to_text(origin.recipe)},
      {"sha256.values", hash_of(fmt::format("{} {} {} ", shape.channels, shape.height, shape.width), target.values)},
      {"sha256.weights", hash_of("", target.weights)},
      {"sha256.guide", hash_of("", target.guide)},
      {"sha256.operator", hash_of_operator(target)}};
}

[[noreturn]] void refuse(const fs::path& file, const std::string& difference) {
  throw Error(fmt::format("{} was made {}; give what it was made with, or begin anew without --resume", file.string(),
                          difference));
}

// One "key = value" line after the other, from both texts: the keys are the same, as the versions are.
void refuse_other_recipe(const fs::path& file, std::string_view theirs, std::string_view ours) {
  const auto take_line = [](std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
  };
  while (!theirs.empty() || !ours.empty()) {
    const std::string_view their_line = take_line(theirs);
    const std::string_view our_line = take_line(ours);
    if (their_line == our_line || our_line.starts_with("iterations = ")) continue;
    const std::size_t equals = our_line.find(" = ");
    const std::string_view key = our_line.substr(0, equals);
    if (equals == std::string_view::npos || their_line.substr(0, equals) != key) refuse(file, "with other settings");
    refuse(file,
           fmt::format("with {} {}, this run has {}", key, their_line.substr(equals + 3), our_line.substr(equals + 3)));
  }
}

void refuse_others(const fs::path& file, const Metadata& theirs, const Metadata& ours) {
  const auto get = [&theirs](const char* key) {
    const auto found = theirs.find(key);
    return found == theirs.end() ? std::string("none") : found->second;
  };
  for (const char* key : {"version", "task", "seed"}) {
    if (get(key) != ours.at(key)) {
      refuse(file, fmt::format("with {} {}, this run has {}", key, get(key), ours.at(key)));
    }
  }
  refuse_other_recipe(file, get("recipe"), ours.at("recipe"));
  constexpr std::array<std::pair<const char*, const char*>, 4> hashes{
      {{"sha256.weights", "for other known pixels"},
       {"sha256.values", "for another picture"},
       {"sha256.guide", "with another second picture"},
       {"sha256.operator", "for another kind of damage (blur, scale or noise)"}}};
  for (const auto& [key, difference] : hashes) {
    if (get(key) != ours.at(key)) refuse(file, difference);
  }
}

class Saver : public StateVisitor {
 public:
  void integer(const std::string& name, int& value) override { add(name, std::to_string(value)); }
  // The shortest text that reads back as the same number.
  void number(const std::string& name, double& value) override { add(name, fmt::format("{}", value)); }
  void tensor(const std::string& name, const std::vector<std::size_t>& shape, std::span<float> values) override {
    tensors.push_back({name, shape, values});
  }

  Metadata numbers;
  std::vector<NamedTensor> tensors;

 private:
  void add(const std::string& name, std::string text) {
    DIPPER_CHECK(numbers.emplace(with_prefix(name), std::move(text)).second);
  }
};

class Loader : public StateVisitor {
 public:
  explicit Loader(const Safetensors& from) : from_(from) {}

  void integer(const std::string& name, int& value) override { value = parse_integer(text(name), name, 0, most); }
  void number(const std::string& name, double& value) override {
    const std::string& digits = text(name);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      throw Error(fmt::format("its number {} is \"{}\"", name, digits));
    }
  }
  void tensor(const std::string& name, const std::vector<std::size_t>& shape, std::span<float> values) override {
    const NamedTensor* tensor = from_.find(name);
    if (tensor == nullptr) throw Error(fmt::format("it has no tensor {}", name));
    if (tensor->shape != shape) {
      throw Error(fmt::format("its tensor {} has the shape [{}] but this fit needs [{}]", name,
                              fmt::join(tensor->shape, ","), fmt::join(shape, ",")));
    }
    std::copy(tensor->values.begin(), tensor->values.end(), values.begin());
    ++tensors_;
  }

  // Once all were asked for.
  void refuse_more() const {
    if (tensors_ != from_.tensors().size()) throw Error("it holds tensors that this fit does not know");
  }

 private:
  [[nodiscard]] const std::string& text(const std::string& name) const {
    const auto found = from_.metadata().find(with_prefix(name));
    if (found == from_.metadata().end()) throw Error(fmt::format("it has no number {}", name));
    return found->second;
  }

  const Safetensors& from_;
  std::size_t tensors_ = 0;
};

// A file whose every bit is as it was written. Throws Error for any other.
Safetensors read_whole(const fs::path& file) {
  Safetensors read(file);
  const auto get = [&read](const char* key) {
    const auto found = read.metadata().find(key);
    return found == read.metadata().end() ? std::string() : found->second;
  };
  if (get("format") != format) throw Error(fmt::format("{} is no checkpoint of this dipper's format", file.string()));
  if (get(checksum_key) != checksum(read.metadata(), read.tensors())) {
    throw Error(fmt::format("{} is damaged: its checksum is wrong", file.string()));
  }
  return read;
}

}  // namespace

Checkpoints::Checkpoints(const Origin& origin, const Target& target) : description_(describe(origin, target)) {
  if (origin.exactly) iterations_ = origin.recipe.iterations;
}

void Checkpoints::save(const fs::path& file, Fit& fit, Judge* judge, Spread* spread) {
  Saver state;
  fit.visit(state);
  if (judge != nullptr) judge->visit(state);
  if (spread != nullptr) spread->visit(state);
  Metadata metadata = description_;
  metadata.merge(state.numbers);
  metadata[checksum_key] = checksum(metadata, state.tensors);
  OutputFile out(file);
  write_safetensors(out, metadata, state.tensors);
  out.commit(good_ == file && fs::exists(file) ? older_checkpoint(file) : fs::path());
  good_ = file;
}

std::string Checkpoints::resume(const fs::path& file, Fit& fit, Judge* judge, Spread* spread) {
  std::vector<std::string> notes;
  fs::path from = file;
  const Safetensors read = [&] {
    try {
      return read_whole(file);
    } catch (const Error& error) {
      from = older_checkpoint(file);
      if (!fs::exists(from)) throw;
      notes.push_back(fmt::format("{}, so the fit goes on from {}", error.what(), from.string()));
      return read_whole(from);
    }
  }();
  refuse_others(from, read.metadata(), description_);
  if (read.metadata().at("device") != description_.at("device")) {
    notes.push_back(fmt::format("{} was made on {} and this is {}, so the result may differ from that of one run",
                                from.string(), read.metadata().at("device"), description_.at("device")));
  }
  try {
    Loader loader(read);
    fit.visit(loader);
    if (judge != nullptr) judge->visit(loader);
    if (spread != nullptr) spread->visit(loader);
    loader.refuse_more();
  } catch (const Error& error) {
    throw Error(fmt::format("{} does not fit this run: {}", from.string(), error.what()));
  }
  if (iterations_ && fit.iteration() > *iterations_) {
    throw Error(fmt::format("{} has {} iterations behind it but this run is to have {}; ask for more with --iterations",
                            from.string(), fit.iteration(), *iterations_));
  }
  if (from == file) good_ = file;
  return fmt::format("{}", fmt::join(notes, "; "));
}

fs::path older_checkpoint(const fs::path& file) {
  std::error_code error;
  fs::path whole = fs::is_symlink(file, error) ? fs::weakly_canonical(file, error) : file;
  return whole += ".1";
}

}  // namespace dipper
