# SPDX-License-Identifier: Apache-2.0

# embed_recipes(OUTPUT FOLDER): writes a C++ file that holds the text of every FOLDER/*.toml.
function(embed_recipes output folder)
  file(GLOB recipes CONFIGURE_DEPENDS ${folder}/*.toml)
  list(SORT recipes)
  set(entries "")
  foreach(recipe ${recipes})
    get_filename_component(name ${recipe} NAME_WE)
    file(READ ${recipe} text)
    string(APPEND entries "      {\"${name}\", R\"toml(${text})toml\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${recipe})
  endforeach()
  file(CONFIGURE OUTPUT ${output} CONTENT [=[
// SPDX-License-Identifier: Apache-2.0
// Made from recipes/*.toml by cmake/EmbedRecipes.cmake.
#include "fit/recipe.hpp"

namespace dipper {

const std::vector<BuiltInRecipe>& built_in_recipes() {
  static const std::vector<BuiltInRecipe> all{
@entries@  };
  return all;
}

}  // namespace dipper
]=] @ONLY)
endfunction()
