#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats every C++ file as .clang-format says. --check changes nothing and fails where a file would change.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(-i)
case ${1-} in
  '') ;;
  --check) mode=(--dry-run --Werror) ;;
  *)
    echo "usage: scripts/format.sh [--check]" >&2
    exit 2
    ;;
esac

# Other versions lay some lines out differently: everybody uses Debian 12's.
format=$(command -v clang-format-14) || {
  echo "clang-format-14 is missing: run scripts/install_dependencies.sh lint" >&2
  exit 1
}
find src include tests bench examples -type f \
  \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh' \) -print0 |
  xargs -0 --no-run-if-empty "$format" "${mode[@]}"
