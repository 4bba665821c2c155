# SPDX-License-Identifier: Apache-2.0
# cmake --install: the library with its headers, recipes to start one's own from, and what find_package(dipper) reads.
# The program has its install rule in src/cli.
include(CMakePackageConfigHelpers)

set(DIPPER_IS_SHARED OFF)
if(BUILD_SHARED_LIBS)
  set(DIPPER_IS_SHARED ON)
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dipper)
set_target_properties(dipper PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

install(TARGETS dipper EXPORT dipper-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/dipper DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/recipes DESTINATION ${CMAKE_INSTALL_DATADIR}/dipper FILES_MATCHING PATTERN *.toml)
install(EXPORT dipper-targets NAMESPACE dipper:: DESTINATION ${package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/dipper-config.cmake.in ${PROJECT_BINARY_DIR}/dipper-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/dipper-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/dipper-config.cmake ${PROJECT_BINARY_DIR}/dipper-config-version.cmake
  ${CMAKE_CURRENT_LIST_DIR}/DipperDependencies.cmake DESTINATION ${package_dir})
