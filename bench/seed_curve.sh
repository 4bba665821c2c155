#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fits a seed recipe to the bunny with half of its pixels dropped and writes the curve of the network's own output.
# Usage: bench/seed_curve.sh seed-pixel-shuffle|seed-deconv [option of dipper inpaint ...]
# Writes bench/results/RECIPE_bunny.csv (iteration, loss, psnr, raw_psnr, seconds) and out/RECIPE_bunny.png.
# DIPPER names another program than build/dipper, PICTURE another picture. In full, a recipe takes 25,001 iterations.
set -euo pipefail
picture=${PICTURE:+$(realpath --relative-to="$(dirname "$0")/.." "$PICTURE")}
cd "$(dirname "$0")/.."

if [[ $# -lt 1 || $1 == -* ]]; then
  sed -n '3,6s/^# //p' bench/seed_curve.sh >&2
  exit 2
fi
recipe=$1
shift
dipper=${DIPPER:-build/dipper}
picture=${picture:-../shared/data/seed/bunny_512.jpg}
mkdir -p out bench/results
log=out/${recipe}_bunny.jsonl

command=("$dipper" inpaint "$picture" --drop 0.5 --recipe "$recipe" --raw --progress json --every 250 --json
         -o "out/${recipe}_bunny.png" "$@")
machine=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
commit=$(git describe --always --dirty --exclude='*' || echo none)

# Progress goes to the log, the final figures to the screen.
"${command[@]}" 2>"$log" || { tail -n 3 "$log" >&2; exit 1; }

python3 - "$log" "bench/results/${recipe}_bunny.csv" "${machine:-unknown}, $(nproc) cores, commit $commit" \
  "${command[*]}" <<'END'
import json
import sys

log, target, machine, command = sys.argv[1:]
columns = ["iteration", "loss", "psnr", "raw_psnr", "seconds"]
rows = []
with open(log, encoding="utf-8") as lines:
    for line in lines:
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("raw_psnr") is not None and "iteration" in event:
            rows.append([event[column] for column in columns])
if not rows:
    sys.exit(f"{log} holds no progress with a raw PSNR")
with open(target, "w", encoding="utf-8") as file:
    file.write(f"# {machine}\n# {command}\n{','.join(columns)}\n")
    for iteration, loss, psnr, raw_psnr, seconds in rows:
        file.write(f"{iteration},{loss:.6g},{psnr:.3f},{raw_psnr:.3f},{seconds:.1f}\n")
print(f"{target}: {len(rows)} points, {rows[-1][3]:.2f} dB after {rows[-1][0]} iterations")
END
