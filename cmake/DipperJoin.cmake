# SPDX-License-Identifier: Apache-2.0

# join_files(TARGET file...): compiles these files of a target as few, in half the time, if DIPPER_JOIN is on and there is
# a Python to choose them. Those whose names clash stay apart.
function(join_files target)
  if(NOT DIPPER_JOIN)
    return()
  endif()
  find_package(Python3 QUIET COMPONENTS Interpreter)
  if(NOT Python3_FOUND)
    return()
  endif()
  set(joining ${PROJECT_SOURCE_DIR}/scripts/joining.py)
  execute_process(COMMAND ${Python3_EXECUTABLE} ${joining} ${ARGN} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
                  OUTPUT_VARIABLE groups COMMAND_ERROR_IS_FATAL ANY)
  foreach(file_and_group ${groups})
    string(REPLACE "=" ";" file_and_group ${file_and_group})
    list(POP_BACK file_and_group group)
    set_source_files_properties(${file_and_group} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # What they define may change.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN} ${joining})
endfunction()
