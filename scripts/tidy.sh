#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy with .clang-tidy over our C++ files; any finding fails.
# Usage: scripts/tidy.sh [-p BUILD] [-j JOBS] [--since REVISION | FILE...]
#   -p BUILD          the configured build folder with compile_commands.json (default: build)
#   -j JOBS           files at a time (default: one per core)
#   --since REVISION  only files that differ from that revision; a changed header means every file
set -euo pipefail
cd "$(dirname "$0")/.."

build=build
jobs=$(nproc)
since=
files=()
while (($#)); do
  case $1 in
    -p) build=$2; shift 2 ;;
    -j) jobs=$2; shift 2 ;;
    --since) since=$2; shift 2 ;;
    -*) sed -n '3,7s/^# //p' "$0" >&2; exit 2 ;;
    *) files+=("$1"); shift ;;
  esac
done

# Other versions know other checks: everybody uses Debian 12's.
tidy=$(command -v clang-tidy-14) || {
  echo "clang-tidy-14 is missing: run scripts/install_dependencies.sh lint" >&2
  exit 1
}
if [[ ! -f $build/compile_commands.json ]]; then
  echo "$build/compile_commands.json is missing: run cmake --preset release" >&2
  exit 1
fi

if ((${#files[@]} == 0)); then
  # Only files that this build compiles have flags to be read with; those in the build folder are generated.
  mapfile -t files < <(sed -n "s|^ *\"file\": \"$PWD/\(.*\)\".*|\1|p" "$build/compile_commands.json" |
    grep -v "^$build/" | sort -u)
fi
if [[ -n $since ]]; then
  changed=$(git diff --name-only --diff-filter=d "$since" -- src include tests bench examples .clang-tidy)
  if ! grep -qE '\.hpp$|^\.clang-tidy$' <<<"$changed"; then
    mapfile -t files < <(grep -xF -f <(printf '%s\n' "${files[@]}") <<<"$changed" || true)
  fi
fi
if ((${#files[@]} == 0)); then
  echo "clang-tidy: no file to look at"
  exit 0
fi

check() {
  local flags=()
  case $3 in
    # Highway compiles these once per instruction set by including them again and again (foreach_target). The text is
    # the same each time, so one instruction set is enough, and it has to be one that has fused multiply-add.
    src/kernels/cpu/*) flags=(--extra-arg=-DHWY_COMPILE_ONLY_STATIC --extra-arg=-mavx2 --extra-arg=-mfma) ;;
  esac
  local output
  if ! output=$("$1" -p "$2" --quiet "${flags[@]}" "$3" 2>&1); then
    printf '%s\n' "$output" | grep -vE '^[0-9]+ warnings? (generated|treated)' || true
    return 1
  fi
}
export -f check

echo "clang-tidy: ${#files[@]} files"
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'check "$@"' check "$tidy" "$build"
echo "clang-tidy: clean"
