# SPDX-License-Identifier: Apache-2.0
"""Prints what scripts/gpu_check.sh has measured, as tables for docs/gpu.md.

    python3 bench/gpu_table.py FOLDER
"""
import csv
import json
import sys
from pathlib import Path


def lines_of(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def table(heading, rows):
    if not rows:
        return
    print(f"| {' | '.join(heading)} |\n|{'---|' * len(heading)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    iterations = lines_of(folder / "iterations.jsonl")
    if iterations:
        print(f"{iterations[0]['description'].rsplit(',', 1)[0]}, 512x512, an iteration\n")
    table(("network", "precision", "ms", "GFLOP in convolutions", "TFLOP/s"),
          [(row["network"], row["description"].rsplit(", ", 1)[1], f"{row['ms']:.3f}", f"{row['flops'] / 1e9:.1f}",
            f"{row['flops'] / 1e9 / row['ms']:.1f}") for row in iterations])
    torch = folder / "compare_torch_gpu.csv"
    if torch.exists():
        with torch.open(encoding="utf-8") as file:
            table(("network", "precision", "dipper ms", "PyTorch eager ms", "PyTorch's best ms", "its way", "ratio"),
                  [(row["network"], row["precision"], row["dipper_ms"], row["eager_ms"], row["best_ms"],
                    row["best_way"], row.get("ratio", "")) for row in csv.DictReader(file)])
    table(("pictures at once", "ms an iteration of all", "pictures a minute"),
          [(row["at_once"], f"{row['ms_an_iteration']:.3f}", f"{row['pictures_a_minute']:.2f}")
           for row in lines_of(folder / "pictures.jsonl")])
    table(("picture", "recipe", "precision", "iterations", "seconds", "PSNR"),
          [(row["picture"], row["result"]["recipe"], row["precision"], row["result"]["iterations"],
            f"{row['result']['seconds']:.1f}", f"{row['result']['psnr']:.2f}")
           for row in lines_of(folder / "restorations.jsonl")])


if __name__ == "__main__":
    main()
