#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: install_test.sh PICTURES SOURCE BUILD GENERATOR COMPILER
# Installs BUILD to a folder of its own, builds examples/ against that with find_package(dipper), and runs it.
set -euo pipefail

pictures=$1 source=$2 build=$3 generator=$4 compiler=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset DESTDIR

cmake --install "$build" --prefix "$work/prefix" >/dev/null
"$work/prefix/bin/dipper" info >/dev/null

# Every public header, and no other.
diff <(ls "$source/include/dipper") <(ls "$work/prefix/include/dipper")
[[ $(ls "$work/prefix/include") == dipper ]]

cmake -S "$source/examples" -B "$work/build" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/build" >/dev/null
"$source/tests/install/example_test.sh" "$pictures" "$work/build/inpaint"
