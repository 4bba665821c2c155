// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "dipper/dipper.hpp"

namespace dipper {
namespace {

using test::Outcome;

class Recipes : public test::ProgramTest {};

TEST_F(Recipes, AreListedAndPrinted) {
  const Outcome outcome = run({"recipes"});
  EXPECT_EQ(outcome.code, 0);
  for (const RecipeInfo& recipe : recipes()) {
    EXPECT_NE(("\n" + outcome.out).find("\n" + recipe.name + " "), std::string::npos) << recipe.name;
    EXPECT_EQ(run({"recipes", recipe.name}).out, recipe.text);
  }
}

}  // namespace
}  // namespace dipper
