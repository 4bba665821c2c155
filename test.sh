#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything and runs all tests. Arguments go to ctest: ./test.sh -R image
set -euo pipefail
cd "$(dirname "$0")"

scripts/install_dependencies.sh build test
cmake --preset release
cmake --build --preset release
ctest --preset release --parallel "$(nproc)" "$@"
