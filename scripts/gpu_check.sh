#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a machine with an NVIDIA GPU: every layer, whole networks and fits against the reference, then what an iteration takes,
# beside PyTorch where python3 has it. Takes under eight minutes; a table comes last.
# Usage: [TORCH_SECONDS=60] [ITERATIONS=1000] scripts/gpu_check.sh [tests|times|pictures|torch]...      default: all four
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

parts=("$@")
((${#parts[@]})) || parts=(tests times pictures torch)
wanted() { [[ " ${parts[*]} " == *" $1 "* ]]; }

old_path=${LD_LIBRARY_PATH-}
# shellcheck source=/dev/null
source scripts/gpu_programs.sh
libraries=${LD_LIBRARY_PATH-}
out=${OUT:-build-gpu/results}
mkdir -p "$out"
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=()

if wanted tests; then
  # A process for each core: the reference's results take longer than the device's.
  shards=$(nproc)
  pids=()
  for ((i = 0; i < shards; ++i)); do
    GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$i "$(find_program test_kernels)" --gtest_filter='*Cuda*' \
      --gtest_brief=1 >"$logs/kernels-$i" 2>&1 &
    pids+=($!)
  done
  "$(find_program test_fit)" --gtest_filter='*Cuda*' --gtest_brief=1 >"$logs/fit" 2>&1 || failed+=("test_fit")
  for pid in "${pids[@]}"; do wait "$pid" || failed+=("test_kernels"); done
  cat "$logs"/* >"$out/tests.txt"
  echo "tests: $(grep -hoE 'PASSED  \] [0-9]+' "$logs"/* | awk '{ sum += $3 } END { print sum }') pass"
fi
if wanted times; then
  for network in hourglass-shuffle hourglass-deconv skip; do
    for precision in f32 tf32 bf16 fp16; do
      "$(find_program bench_iteration)" --network $network --device cuda --precision $precision --warmup 5 \
        --rounds 40 --json >>"$out/iterations.jsonl" || failed+=("$network $precision")
    done
  done
  "$(find_program bench_pictures)" --recipe seed-pixel-shuffle --json >>"$out/pictures.jsonl" || failed+=("bench_pictures")
fi
if wanted pictures; then
  for picture in build-gpu/pictures/*; do
    [[ -e $picture ]] || continue
    for recipe in seed-pixel-shuffle paper-missing-50 inpaint-balanced; do
      for precision in f32 tf32 bf16 fp16; do
        if "$(find_program dipper)" inpaint "$picture" --drop 0.5 --recipe $recipe --device cuda \
          --precision $precision --iterations "${ITERATIONS:-1000}" --output "$logs/restored.png" --json \
          >"$logs/restored.json" 2>"$logs/restored.err"; then
          printf '{"picture":"%s","precision":"%s","result":%s}\n' "$(basename "$picture")" $precision \
            "$(cat "$logs/restored.json")" >>"$out/restorations.jsonl"
        else
          failed+=("$(basename "$picture") $recipe $precision: $(tail -n 1 "$logs/restored.err")")
        fi
      done
    done
  done
fi
if wanted torch && LD_LIBRARY_PATH=$old_path python3 -c 'import torch' 2>/dev/null; then
  # Each network in the precision in which PyTorch is fastest; what begins late is left out.
  for pair in "skip bf16" "hourglass-shuffle tf32" "hourglass-deconv tf32"; do
    read -r network precision <<<"$pair"
    LD_LIBRARY_PATH=$old_path DIPPER_LIBRARIES=$libraries python3 bench/compare_torch_gpu.py --networks "$network" \
      --precisions "$precision" --ways graph compile eager --seconds "${TORCH_SECONDS:-60}" \
      --program "$(find_program bench_iteration)" --csv "$out/compare_torch_gpu.csv" || failed+=("$pair in PyTorch")
  done
fi

LD_LIBRARY_PATH=$old_path python3 bench/gpu_table.py "$out" || failed+=("gpu_table.py")
for name in "${failed[@]}"; do echo "FAILED: $name"; done
((${#failed[@]} == 0))
