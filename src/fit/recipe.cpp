// SPDX-License-Identifier: Apache-2.0
#include "fit/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <numbers>

#include "base/files.hpp"
#include "base/text.hpp"
#include "dipper/error.hpp"

// A text can break what toml++ 3.3 asserts, as "[{a]" does, or assumes where NDEBUG is set; what comes next reports it.
// So neither is done.
#undef NDEBUG
#define TOML_ASSERT(condition) static_assert(true)
#include <toml++/toml.h>

namespace dipper {
namespace {

// "16, 32,64" or "[16,32,64]" as its parts, without the spaces around them.
std::vector<std::string> parts_of(std::string_view list, const char* key) {
  if (list.starts_with('[') && list.ends_with(']')) list = list.substr(1, list.size() - 2);
  if (list.empty()) throw Error(fmt::format("{} is empty but must be a value, or several with commas between", key));
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    std::string_view part = list.substr(at, comma - at);
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    part = part.substr(0, part.find_last_not_of(' ') + 1);
    parts.emplace_back(part);
    at = comma + 1;
  }
  return parts;
}

void check_choice(const char* key, const std::string& value, std::initializer_list<std::string> choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  throw Error(fmt::format("{} is \"{}\" but must be one of {}", key, value, fmt::join(choices, ", ")));
}

/// Sets the value whose key it is given; collects all keys on the way.
struct SetValue {
  const std::string& wanted;
  const std::string& value;
  std::vector<std::string> keys{};
  bool found = false;

  [[nodiscard]] bool matches(const char* key) {
    keys.emplace_back(key);
    found = found || wanted == key;
    return wanted == key;
  }
  void text(const char* key, std::string& to, const char* /*help*/) {
    if (matches(key)) to = value;
  }
  void integer(const char* key, int& to, int low, int high, const char* /*help*/) {
    if (matches(key)) to = parse_integer(value, key, low, high);
  }
  void number(const char* key, double& to, double low, double high, const char* /*help*/) {
    if (matches(key)) to = parse_number(value, key, low, high);
  }
  void choice(const char* key, std::string& to, std::initializer_list<std::string> choices, const char* /*help*/) {
    if (!matches(key)) return;
    check_choice(key, value, choices);
    to = value;
  }
  void flag(const char* key, bool& to, const char* /*help*/) {
    if (!matches(key)) return;
    check_choice(key, value, {"true", "false"});
    to = value == "true";
  }
  void integers(const char* key, std::vector<int>& to, int low, int high, const char* /*help*/) {
    if (!matches(key)) return;
    std::vector<int> list;
    for (const std::string& part : parts_of(value, key)) list.push_back(parse_integer(part, key, low, high));
    to = std::move(list);
  }
  void choices(const char* key, std::vector<std::string>& to, std::initializer_list<std::string> choices,
               const char* /*help*/) {
    if (!matches(key)) return;
    std::vector<std::string> list = parts_of(value, key);
    for (const std::string& part : list) check_choice(key, part, choices);
    to = std::move(list);
  }
};

/// Writes all values.
struct WriteValues {
  std::string lines{};

  template <class T>
  void line(const char* key, const T& value) {
    lines += fmt::format("{} = {}\n", key, value);
  }
  void text(const char* key, const std::string& value, const char* /*help*/) {
    line(key, fmt::format("\"{}\"", value));
  }
  void integer(const char* key, int value, int /*low*/, int /*high*/, const char* /*help*/) { line(key, value); }
  void number(const char* key, double value, double /*low*/, double /*high*/, const char* /*help*/) {
    line(key, value);
  }
  void choice(const char* key, const std::string& value, std::initializer_list<std::string> /*choices*/,
              const char* help) {
    text(key, value, help);
  }
  void flag(const char* key, bool value, const char* /*help*/) { line(key, value); }
  void integers(const char* key, const std::vector<int>& values, int /*low*/, int /*high*/, const char* /*help*/) {
    line(key, values);
  }
  void choices(const char* key, const std::vector<std::string>& values, std::initializer_list<std::string> /*choices*/,
               const char* /*help*/) {
    line(key, values);
  }
};

std::string text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return fmt::format("{}", integer->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* array = node.as_array()) {
    std::vector<std::string> parts;
    for (const toml::node& part : *array) parts.push_back(text_of(part));
    return fmt::format("[{}]", fmt::join(parts, ","));
  }
  throw Error("must be a number, a text in quotes, true or false, or a list of these in brackets");
}

// The text with '?' for every byte beyond ASCII, without the mark that Windows' editors begin a file with. Only
// comments need such letters, and where one stands for a space, toml++ 3.3 has undefined behaviour.
std::string ascii_of(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string ascii(text);
  std::ranges::replace_if(
      ascii, [](char letter) { return static_cast<unsigned char>(letter) > 127; }, '?');
  return ascii;
}

// Keys of tables within tables are joined by dots.
void apply(const toml::table& table, const std::string& prefix, const std::string& file, Recipe& recipe) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      apply(*inner, name + ".", file, recipe);
      continue;
    }
    try {
      set_value(recipe, name, text_of(node));
    } catch (const Error& error) {
      throw Error(fmt::format("{}, line {}: {}: {}", file, node.source().begin.line, name, error.what()));
    }
  }
}

}  // namespace

const BuiltInRecipe* built_in_recipe(std::string_view name) {
  const auto found = std::ranges::find(built_in_recipes(), name, &BuiltInRecipe::name);
  return found == built_in_recipes().end() ? nullptr : &*found;
}

Recipe parse_recipe(std::string_view text, const std::string& name, const std::string& file) {
  Recipe recipe;
  recipe.name = name;
  recipe.summary = summary_of(text);
  try {
    apply(toml::parse(ascii_of(text), file), "", file, recipe);
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}, line {}, column {}: {}", file, error.source().begin.line, error.source().begin.column,
                            error.description()));
  }
  return recipe;
}

Recipe load_recipe(const std::string& name_or_file) {
  if (const BuiltInRecipe* recipe = built_in_recipe(name_or_file)) {
    return parse_recipe(recipe->text, name_or_file, fmt::format("recipe {}", recipe->name));
  }
  const std::filesystem::path file = name_or_file;
  if (!std::filesystem::exists(file)) {
    std::vector<std::string> names;
    for (const BuiltInRecipe& recipe : built_in_recipes()) names.emplace_back(recipe.name);
    throw Error(fmt::format("there is no recipe \"{}\", neither by that name nor as a file{}", name_or_file,
                            did_you_mean(name_or_file, names)));
  }
  const std::vector<std::byte> bytes = read_file(file);
  return parse_recipe({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.stem().string(), name_or_file);
}

void set_value(Recipe& recipe, const std::string& key, const std::string& text) {
  SetValue visit{key, text};
  for_each_value(recipe, visit);
  if (!visit.found) {
    throw Error(fmt::format("a recipe has no value \"{}\"{}", key, did_you_mean(key, visit.keys)));
  }
  if (key == "network") (void)find_network(text);
}

std::string to_text(const Recipe& recipe) {
  WriteValues visit;
  for_each_value(recipe, visit);
  return visit.lines;
}

void check(const Recipe& recipe) {
  find_network(recipe.network).check(recipe.net);
  if (recipe.input_kind == "observed" && recipe.input_noise != "none") {
    throw Error(
        R"(an observed input has no noise of its own (input.kind is "observed"), so input.noise must be "none")");
  }
  if (!recipe.in_tiles()) return;
  const std::string what = recipe.input_kind == "reduced" ? "a reduced input" : "an input damaged again";
  if (recipe.input_noise != "none" || recipe.average > 0 || recipe.network != "resnet" || recipe.net.resnet.norm) {
    throw Error(fmt::format(
        R"({} (input.kind is "{}") goes with the network resnet and resnet.norm = false, without input.noise and average)",
        what, recipe.input_kind));
  }
  constexpr int most_blocks = 8;
  if (recipe.net.resnet.blocks > most_blocks) {
    throw Error(fmt::format("{} is seen tile by tile, so resnet.blocks must be {} at most", what, most_blocks));
  }
}

std::string summary_of(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with("# ") && !line.starts_with("# SPDX")) return std::string(line.substr(2));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return "";
}

void adapt(Recipe& recipe, int height, int width) {
  if (recipe.work <= 0) return;
  const std::size_t pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  const double work = 1e6 * recipe.work;
  const int own = recipe.iterations;
  if (!recipe.in_parts(pixels)) {
    const double within = work / static_cast<double>(std::max<std::size_t>(1, pixels));
    if (within < own) recipe.iterations = std::max((own + 3) / 4, static_cast<int>(within));
    return;
  }
  const double larger = static_cast<double>(pixels) / (1e6 * recipe.input_whole);
  const double part = static_cast<double>(std::min(part_side, height)) * std::min(part_side, width);
  const double within = work / part * std::cbrt(larger);
  recipe.iterations = std::clamp(static_cast<int>(within), 1, most_iterations);
  const auto scaled = [&](int value) {
    const double steps = static_cast<double>(value) * recipe.iterations / own;
    return std::clamp(static_cast<int>(std::lround(steps)), 1, most_iterations);
  };
  recipe.every = scaled(recipe.every);
  if (recipe.hold_out_patience == 0) return;
  // What was told of most pixels once or twice says nothing yet of what the network has learned.
  constexpr double told_enough = 16;
  const double steps = told_enough * static_cast<double>(pixels) / part;
  recipe.hold_out_patience =
      std::max(scaled(recipe.hold_out_patience), static_cast<int>(std::min<double>(steps, most_iterations)));
}

double learning_rate(const Recipe& recipe, int iteration) {
  const double done = static_cast<double>(iteration) / recipe.iterations;
  double rate = recipe.adam_rate;
  if (recipe.schedule_warmup > 0) {
    rate *= std::min(1.0, (iteration + 1) / std::max(1.0, recipe.schedule_warmup * recipe.iterations));
  }
  const double falling = 1 - recipe.schedule_cosine;
  if (done > falling) rate *= 0.5 * (1 + std::cos(std::numbers::pi * (done - falling) / recipe.schedule_cosine));
  return rate;
}

}  // namespace dipper
