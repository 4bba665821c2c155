#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each recipe says that it will take of the memory, and what it took: the process's largest resident size.

    python3 bench/memory.py --sides 256 1024
Each fits a square photo of that many pixels a side, made larger or smaller from one of docs, for two iterations on the
CPU. Prints both in MB, their ratio, and the ratio that is farthest from 1. Needs python3-pil.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from recipe_task import recipes, words
from record import ROOT


def measure(program, recipe, picture, folder):
    done = subprocess.run(
        [program, *words(recipe, picture), "--iterations", "2", "--device", "cpu", "--progress", "json", "--json", "-o",
         folder / "out.png"],
        capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{recipe}: {done.stderr[-500:]}")
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    planned = next(line["planned_bytes"] for line in told if "planned_bytes" in line)
    return planned, json.loads(done.stdout)["peak_bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", nargs="+", type=int, default=[256])
    parser.add_argument("--picture", type=Path, default=ROOT / "docs" / "pictures" / "hole.jpg")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    arguments = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in arguments.sides:
            picture = folder / f"{side}.jpg"
            Image.open(arguments.picture).convert("RGB").resize((side, side)).save(picture, quality=30)
            for recipe in recipes():
                planned, peak = measure(arguments.program, recipe, picture, folder)
                ratios.append(planned / peak)
                print(f"{side:5} {recipe:22} planned {planned / 1e6:7.0f} MB, taken {peak / 1e6:7.0f} MB, ratio {ratios[-1]:.3f}",
                      flush=True)
    print(f"{len(ratios)} fits, the farthest {max(ratios, key=lambda ratio: abs(ratio - 1)):.3f}")


if __name__ == "__main__":
    main()
