# SPDX-License-Identifier: Apache-2.0

add_library(dipper_options INTERFACE)
target_compile_options(dipper_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow>
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra --expt-relaxed-constexpr>)
# Floating-point contraction is written out (Highway's MulAdd), never left to the compiler: results must not depend on it.
target_compile_options(dipper_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
target_include_directories(dipper_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
if(DIPPER_SANITIZE)
  target_compile_options(dipper_options INTERFACE -fsanitize=${DIPPER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(dipper_options INTERFACE -fsanitize=${DIPPER_SANITIZE})
endif()

# dipper_layer(NAME SOURCES file... [LIBRARIES target...]): one folder of src as one target.
# Its objects become part of the dipper library; LIBRARIES are other packages, private to the folder.
function(dipper_layer name)
  cmake_parse_arguments(layer "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(dipper_${name} OBJECT ${layer_SOURCES})
  target_link_libraries(dipper_${name} PRIVATE dipper_options fmt::fmt Threads::Threads ${layer_LIBRARIES})
  if(NOT name STREQUAL kernels)  # whose files take long by themselves
    list(FILTER layer_SOURCES EXCLUDE REGEX "^/")  # made by the build
    join_files(dipper_${name} ${layer_SOURCES})
  endif()
  set_property(GLOBAL APPEND PROPERTY DIPPER_LAYERS dipper_${name})
  set_property(GLOBAL APPEND PROPERTY DIPPER_LIBRARIES ${layer_LIBRARIES})
endfunction()
