#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a machine with an NVIDIA GPU: looks for results that depend on timing or on memory that nobody wrote, and says where they come from.
# Takes some five minutes.
#   layers      each layer of a network gives the same bits, with no numbers in all shared memory before it
#   iterations  forward and backward do, with gradients of weights aside or in turn, as a CUDA graph or not; names the gradients that differ
#   fits        whole fits do: tests, then RUNS of the command line on each picture of build-gpu/pictures, with a checksum of each result
#   sanitizer   compute-sanitizer on the layers, where scripts/gpu_bundle.sh was given it
# Usage: [LAYER_REPEATS=300] [REPEATS=300] [RUNS=4] [ITERATIONS=300] scripts/gpu_race.sh [layers|iterations|fits|sanitizer]...      default: all four
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

parts=("$@")
((${#parts[@]})) || parts=(layers iterations fits sanitizer)
wanted() { [[ " ${parts[*]} " == *" $1 "* ]]; }

# shellcheck source=/dev/null
source scripts/gpu_programs.sh
out=${OUT:-build-gpu/results}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=()

# repeat NAME TEST: all precisions, what differs first.
repeat() {
  timeout 120 "$(find_program test_fit)" --gtest_filter="*CudaRepeats.$2*" >"$out/$1.txt" 2>&1 || failed+=("$1: see $out/$1.txt")
  grep -E '^\[ +(OK|FAILED|SKIPPED) +\] .*\)$|runs differ|cuda_repeats_test.cpp:[0-9]+: [^F]' "$out/$1.txt" |
    sed -E 's/.*cuda_repeats_test.cpp:[0-9]+: /    in /; s/, where .*\(/ (/; s/ +Which is: //' | uniq | cut -c1-600 | head -n 60
}

if wanted layers; then
  repeat layers LayersGiveTheSameBits
  # Small ones take no time, and share out channels in clusters more often.
  DIPPER_SIDE=64 DIPPER_LAYER_REPEATS=${LAYER_REPEATS:-300} repeat layers-64 LayersGiveTheSameBits
fi
if wanted iterations; then DIPPER_REPEATS=${REPEATS:-300} repeat iterations IterationsGiveTheSameBits; fi
if wanted fits; then
  DIPPER_STEPS=120 repeat fits FitsGiveTheSameBits
  results=$out/results.txt
  : >"$results"
  for picture in build-gpu/pictures/*; do
    [[ -e $picture ]] || continue
    for precision in tf32 bf16 f32; do
      for ((run = 1; run <= ${RUNS:-4}; ++run)); do
        "$(find_program dipper)" inpaint "$picture" --drop 0.5 --recipe inpaint-balanced --set input.whole=0 --iterations "${ITERATIONS:-300}" \
          --device cuda --precision $precision --output "$work/restored.png" --json >/dev/null 2>"$work/message"
        status=$?
        if ((status == 0)); then result=$(sha256sum <"$work/restored.png" | cut -c1-16); else result=$(tail -n 1 "$work/message"); fi
        echo "$(basename "$picture") $precision run $run: $result" | tee -a "$results"
        ((status == 0)) || failed+=("$(basename "$picture") $precision: $result")
        rm -f "$work/restored.png"
      done
      count=$(grep -E "^$(basename "$picture") $precision run" "$results" | sed 's/.*: //' | sort -u | wc -l)
      ((count == 1)) || failed+=("$(basename "$picture") $precision: $count results of the same request")
    done
  done
fi
if wanted sanitizer && [[ -x build-gpu/sanitizer/compute-sanitizer ]]; then
  # At a size at which some layers still have clusters.
  export DIPPER_SIDE=64 DIPPER_LAYER_REPEATS=1
  for tool in memcheck racecheck synccheck; do
    timeout 50 build-gpu/sanitizer/compute-sanitizer --tool $tool --error-exitcode 9 "$(find_program test_fit)" \
      --gtest_filter='*CudaRepeats.Layers*/tf32' >"$out/$tool.txt" 2>&1 || failed+=("$tool: $? (124: too slow), see $out/$tool.txt")
    grep -E '^=========' "$out/$tool.txt" | tail -n 3
  done
fi

for name in "${failed[@]}"; do echo "FAILED: $name"; done
((${#failed[@]} == 0))
