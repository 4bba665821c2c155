# SPDX-License-Identifier: Apache-2.0

# embed_files(OUTPUT HEADER FUNCTION file...): writes a C++ file with FUNCTION, declared by HEADER, which gives the text of a
# file by its name without folders, and an empty one for any other name.
function(embed_files output header function)
  set(entries "")
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME)
    file(READ ${file} text)
    string(APPEND entries "      {\"${name}\", R\"embedded(${text})embedded\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  file(CONFIGURE OUTPUT ${output} CONTENT [=[
// SPDX-License-Identifier: Apache-2.0
// Made by cmake/EmbedFiles.cmake.
#include "@header@"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dipper {

std::string_view @function@(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> files[] = {
@entries@  };
  const auto* const found = std::ranges::find(files, name, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(files) ? std::string_view() : found->second;
}

}  // namespace dipper
]=] @ONLY)
  # More than the standard promises, which every compiler that we know takes.
  set_source_files_properties(${output} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
endfunction()
