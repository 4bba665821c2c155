// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {
namespace {

void print_list() {
  std::size_t width = 0;
  for (const RecipeInfo& recipe : recipes()) width = std::max(width, recipe.name.size());
  for (const RecipeInfo& recipe : recipes()) {
    fmt::print("{:{}}  {}\n", recipe.name, width, wrap(recipe.summary, width + 2));
  }
}

void print_recipe(const std::string& name) {
  std::vector<std::string> names;
  for (const RecipeInfo& recipe : recipes()) {
    if (recipe.name == name) {
      fmt::print("{}{}", recipe.text, recipe.text.ends_with('\n') ? "" : "\n");
      return;
    }
    names.push_back(recipe.name);
  }
  throw Error(fmt::format("there is no recipe {}{}; dipper recipes lists them", name, did_you_mean(name, names)));
}

}  // namespace

Command add_recipes(CLI::App& app) {
  const auto name = std::make_shared<std::string>();
  CLI::App& command = *app.add_subcommand("recipes", "List the recipes, or print one");
  add_text(command, {"NAME", "", "print this recipe's text, to be saved, changed and given to --recipe"}, *name);
  command.footer("Example: dipper recipes quick > mine.toml");
  return {&command, [name] {
            name->empty() ? print_list() : print_recipe(*name);
            return exit_done;
          }};
}

}  // namespace dipper::cli
