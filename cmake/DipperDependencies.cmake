# SPDX-License-Identifier: Apache-2.0
# What the library links. Installed too: a program that links a static dipper has to find the same.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(PNG REQUIRED)
find_package(TIFF REQUIRED)
find_package(GIF REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(jpeg REQUIRED IMPORTED_TARGET libjpeg)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp libwebpmux libwebpdemux)
pkg_check_modules(lcms REQUIRED IMPORTED_TARGET lcms2)
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy)
