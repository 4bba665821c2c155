#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: example_test.sh PICTURES EXAMPLE: runs the README's example on a picture of its own.
set -euo pipefail

pictures=$(realpath "$1")
example=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$pictures" make
"$example" >progress.txt
tail -n 1 progress.txt | grep -qE '^300: [0-9.e+-]+$' || {
  echo "the example's last line of progress is '$(tail -n 1 progress.txt)', not that of iteration 300" >&2
  exit 1
}
"$pictures" check
