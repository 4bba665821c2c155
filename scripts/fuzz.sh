#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzzers in build-fuzz/, makes the files that they begin with, and lets each run for so long, as many at a
# time as there are cores. What one finds lies in build-fuzz/findings/; build-fuzz/fuzz_TARGET FILE runs it again. Inputs
# that reach new code are kept in build-fuzz/kept/ for the next time.
# Usage: scripts/fuzz.sh SECONDS [TARGET...]          (default: all of tests/fuzz)
set -euo pipefail
cd "$(dirname "$0")/.."

if (($# == 0)) || ! [[ $1 =~ ^[1-9][0-9]*$ ]]; then
  echo "Usage: scripts/fuzz.sh SECONDS [TARGET...]" >&2
  exit 2
fi
seconds=$1
shift
targets=("$@")
((${#targets[@]})) || targets=(png jpeg webp tiff mask recipe checkpoint request)

scripts/install_dependencies.sh build fuzz
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
cd build-fuzz
rm -rf corpora
/usr/bin/python3 ../tests/fuzz/make_corpora.py corpora  # the one that Debian's modules are for
mkdir -p findings logs

# What is freed is not held back for long: it would count as memory that is taken.
export ASAN_OPTIONS=quarantine_size_mb=16 UBSAN_OPTIONS=print_stacktrace=1
one() {
  local target=$1 seconds=$2
  mkdir -p "kept/$target"
  if tests/fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="findings/$target-" "kept/$target" "corpora/$target" >"logs/$target" 2>&1; then
    printf '%-10s %9s inputs, no finding, %4s MB at most\n' "$target" \
      "$(sed -n 's/stat::number_of_executed_units: *//p' "logs/$target")" \
      "$(sed -n 's/stat::peak_rss_mb: *//p' "logs/$target")"
  else
    printf '%-10s a FINDING:\n' "$target"
    tail -n 60 "logs/$target"
    return 1
  fi
}
export -f one
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I TARGET bash -c 'one TARGET '"$seconds"
