#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the judge of a fit is worth: how much its choice loses, and how true the quality and the errors are that it
expects. The truth is known here, to the script alone.

    python3 bench/judging.py --damages drop scratches text --recipes inpaint-fast --csv
Each picture is the middle of one of ../shared/data, 256 pixels a side unless --side says otherwise, damaged by `dipper
damage`; those that are smaller are left out. Prints for each:
  PSNR      of the result, known pixels kept
  regret    what the best has more of all that there was to choose from: each result so far, the classical one, and each
            picture of the same fit without a judge, which is given all that is known
  missing   PSNR of the missing pixels alone, true and expected, and what was claimed of their difference; of all pixels
            where noise covers them, expected by the map
  within    shares of the missing samples whose error is within one and two of the map's standard deviations
and lines of means and worst cases. With --csv appends the rows to bench/results/judging.csv. Needs python3-pil and
python3-numpy.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from crops import middle
from record import ROOT, add_csv_option, append_csv, origin

DATA = ROOT.parent / "shared" / "data"
PICTURES = {
    "cameraman": "inpaint50/Cameraman256_GT.png",
    "house": "inpaint50/house_GT.png",
    "barbara": "inpaint50/barbara_GT.png",
    "butterfly": "superres/x4/butterfly_GT.png",
    "foreman": "superres/x4/foreman_GT.png",
    "zebra": "superres/x4/zebra_GT.png",
    "F16": "denoise/25/F16_GT.png",
    "kodim03": "denoise/25/kodim03_GT.png",
    "peppers": "denoise/25/peppers_GT.png",
    "bunny": "seed/bunny_512.jpg",
}
# The task that undoes it, how to make it, and what the task has to be told.
DAMAGES = {"drop": ("inpaint", ["--drop", "0.5"], []), "scratches": ("inpaint", ["--scratch", "12"], []),
           "text": ("inpaint", ["--text"], []), "noise25": ("denoise", ["--noise", "25"], []),
           "noise50": ("denoise", ["--noise", "50"], []),
           "noise50-told": ("denoise", ["--noise", "50"], ["--sigma", "50"]),
           "photons20": ("denoise", ["--poisson", "20"], ["--noise", "poisson"])}
MAP_SCALE = 10  # of --uncertainty


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", nargs="+", default=list(PICTURES), choices=PICTURES, metavar="NAME")
    parser.add_argument("--damages", nargs="+", default=["drop"], choices=DAMAGES)
    parser.add_argument("--recipes", nargs="+", default=["inpaint-fast"], metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="of the damage and of the fit")
    parser.add_argument("--side", type=int, default=256, help="pixels")
    parser.add_argument("--threads", type=int, default=0, help="0: one per core")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    add_csv_option(parser, "judging.csv")
    arguments = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"{DATA} is not here, so there is nothing to judge: this benchmark is skipped")
    return arguments


def is_large_enough(name, side):
    with Image.open(DATA / PICTURES[name]) as picture:
        return min(picture.size) >= side


def save_middle(file, side, to):
    picture = Image.open(file)
    picture = picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
    middle(picture, side).save(to)


def samples(file):
    """[row, column, channel] in [0, 1]."""
    values = np.asarray(Image.open(file)).astype(float) / 255
    return values[..., None] if values.ndim == 2 else values


def run(*words):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr[-1000:])
    return done


def shown(done):
    """PSNR of each picture of the progress."""
    steps = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return [step["psnr"] for step in steps if step.get("psnr") is not None]


def judge(arguments, name, damage, recipe, seed, folder):
    truth, damaged, mask = folder / "truth.png", folder / "damaged.png", folder / "mask.png"
    restored, deviations = folder / "restored.png", folder / "deviations.png"
    save_middle(DATA / PICTURES[name], arguments.side, truth)
    task, making, undoing = DAMAGES[damage]
    gaps = ["--mask", mask] if task == "inpaint" else []
    run(arguments.program, "damage", truth, "-o", damaged, *gaps, "--seed", seed, *making)
    threads = ["--threads", arguments.threads] if arguments.threads else []
    restore = [arguments.program, task, damaged, *gaps, *undoing, "--truth", truth, "--json", "--seed", seed, *threads]
    fit = [*restore, "--recipe", recipe, "--progress", "json", "--checkpoint", "none"]
    done = run(*fit, "-o", restored, "--uncertainty", deviations)
    result = json.loads(done.stdout)
    other = folder / "other.png"
    classic = json.loads(run(*restore, "-o", other, "--method", result["classic"]).stdout)
    alone = run(*fit, "-o", other, "--set", "hold_out.share=0", "--set", "hold_out.patience=0")
    best = max(*shown(done), classic["psnr"], *shown(alone))
    missing = samples(mask)[..., 0] > 0 if gaps else np.full((arguments.side, arguments.side), True)
    errors = np.abs(samples(restored) - samples(truth))[missing]
    allowed = samples(deviations)[missing][:, :1] / MAP_SCALE + 0.5 / 255  # both pictures are rounded
    true = -10 * np.log10(np.mean(errors**2))
    expected, claimed = result["expected_psnr_of_missing"], result["expected_within"]
    if expected is None:
        expected, claimed = -20 * np.log10(result["uncertainty"]["mean_error"]), np.nan
    return {"picture": name, "side": arguments.side, "damage": damage, "recipe": recipe, "seed": seed,
            "psnr": round(result["psnr"], 2), "regret": round(best - result["psnr"], 2),
            "missing": round(true, 2), "expected": round(float(expected), 2), "claimed": round(claimed, 2),
            "within_one": round(float(np.mean(errors <= allowed)), 3),
            "within_two": round(float(np.mean(errors <= 2 * allowed)), 3),
            "iterations": result["iterations"], "seconds": round(result["seconds"], 1)}


def show(row):
    print(f"{row['picture']:10} {row['damage']:12} {row['recipe']:16} {row['seed']:4}  PSNR {row['psnr']:5.2f}  regret "
          f"{row['regret']:4.2f}  missing {row['missing']:5.2f}, expected {row['expected']:5.2f} "
          f"({row['expected'] - row['missing']:+.2f}, claimed +-{row['claimed']:.2f})  within {row['within_one']:.3f} "
          f"{row['within_two']:.3f}  {row['seconds']:.0f} s", flush=True)


def sum_up(title, rows):
    regrets = [row["regret"] for row in rows]
    off = np.array([row["expected"] - row["missing"] for row in rows])
    kept = np.mean([abs(row["expected"] - row["missing"]) <= row["claimed"] for row in rows])
    one, two = ([row[key] for row in rows] for key in ("within_one", "within_two"))
    print(f"{title}, {len(rows)} runs: regret mean {np.mean(regrets):.2f} worst {max(regrets):.2f} dB; expected less true "
          f"mean {np.mean(off):+.2f}, root mean square {np.sqrt(np.mean(off**2)):.2f}, worst {max(off, key=abs):+.2f} dB, "
          f"within 0.4 dB {np.mean(np.abs(off) <= 0.4):.0%}, within the claim {kept:.0%}; samples within one "
          f"{np.mean(one):.3f} ({min(one):.3f} to {max(one):.3f}), within two {np.mean(two):.3f} "
          f"({min(two):.3f} to {max(two):.3f})")


def main():
    arguments = parse_arguments()
    names = [name for name in arguments.pictures if is_large_enough(name, arguments.side)]
    if not names:
        sys.exit("all of these pictures are smaller than that: give a smaller --side")
    for recipe in arguments.recipes:
        for damage in arguments.damages:
            rows = []
            for seed in arguments.seeds:
                for name in names:
                    with tempfile.TemporaryDirectory() as folder:
                        rows.append(judge(arguments, name, damage, recipe, seed, Path(folder)))
                    show(rows[-1])
                    if arguments.csv:
                        append_csv(arguments.csv, [{**origin(), **rows[-1]}])
            sum_up(f"{recipe}, {damage}", rows)


if __name__ == "__main__":
    main()
