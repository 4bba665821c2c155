#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What fits that no judge stops, of upscaling and JPEG, lose by their recipe's number of steps: each picture is restored by
fits of other lengths too, whose schedules follow.

    python3 bench/lengths.py --damages x4 jpeg10 --recipes upscale-fast dejpeg-fast --csv
Each picture is the middle of one of ../shared/data, 256 pixels a side, damaged by `dipper damage`. Prints the PSNR for each
length, as a share of the recipe's, and the regret: what the best of them has more than the recipe's. A recipe goes with the
damages of its task. With --csv appends the rows to bench/results/lengths.csv. Needs python3-pil and python3-numpy.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from judging import DATA, PICTURES, save_middle
from record import ROOT, add_csv_option, append_csv, origin

DAMAGES = {"x4": ("upscale", ["--downscale", "4"], ["--scale", "4"], "png"), "jpeg10": ("dejpeg", ["--jpeg", "10"], [], "jpg")}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", nargs="+", default=["butterfly", "foreman", "zebra"], choices=PICTURES, metavar="NAME")
    parser.add_argument("--damages", nargs="+", default=["x4"], choices=DAMAGES)
    parser.add_argument("--recipes", nargs="+", default=["upscale-fast"], metavar="NAME")
    parser.add_argument("--lengths", nargs="+", type=float, default=[0.25, 0.5, 1, 1.5, 2])
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    add_csv_option(parser, "lengths.csv")
    arguments = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"{DATA} is not here, so there are no pictures: this benchmark is skipped")
    if 1 not in arguments.lengths:
        parser.error("without the length 1 there is no regret")
    return arguments


def run(*words):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr[-1000:])
    return done.stdout


def steps_of(program, recipe):
    return tomllib.loads(run(program, "recipes", recipe))["iterations"]


def regret(arguments, name, damage, recipe, folder):
    task, making, undoing, kind = DAMAGES[damage]
    truth, damaged, restored = folder / "truth.png", folder / f"damaged.{kind}", folder / "restored.png"
    save_middle(DATA / PICTURES[name], truth)
    run(arguments.program, "damage", truth, "-o", damaged, *making)
    steps = steps_of(arguments.program, recipe)
    row = {"picture": name, "damage": damage, "recipe": recipe}
    for length in arguments.lengths:
        result = json.loads(run(arguments.program, task, damaged, "-o", restored, *undoing, "--truth", truth, "--recipe", recipe,
                                "--iterations", max(1, round(length * steps)), "--json", "--progress", "none"))
        row[f"x{length:g}"] = round(result["psnr"], 2)
        if length == 1:
            row["seconds"] = round(result["seconds"], 1)
    row["regret"] = round(max(row[f"x{length:g}"] for length in arguments.lengths) - row["x1"], 2)
    return row


def main():
    arguments = parse_arguments()
    for recipe in arguments.recipes:
        for damage in arguments.damages:
            if not recipe.startswith(DAMAGES[damage][0]):
                continue
            rows = []
            for name in arguments.pictures:
                with tempfile.TemporaryDirectory() as folder:
                    rows.append(regret(arguments, name, damage, recipe, Path(folder)))
                print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
                if arguments.csv:
                    append_csv(arguments.csv, [{**origin(), **rows[-1]}])
            regrets = [row["regret"] for row in rows]
            print(f"{recipe}, {damage}: regret mean {sum(regrets) / len(regrets):.2f}, worst {max(regrets):.2f} dB", flush=True)


if __name__ == "__main__":
    main()
