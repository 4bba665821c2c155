#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a recipe on the pictures whose published results lie in ../shared/data, scored by ../shared/tools/score.py.

    python3 bench/paper.py --sets denoise25 --only F16 [--recipe small] [--threads 2] [--csv]
Without --recipe each set has the paper's own, which takes an hour a picture on two cores for the larger ones. Beside
the fit stand the published Deep Image Prior and the classical comparators, dipper's own and published ones: for missing
pixels linear and cubic interpolation, total variation, and Papyan et al.; for noise BM3D (ours and published) and total
variation; for upscaling bicubic and Lanczos. PSNR in dB; the scorer computes it from the files, and says how (known
pixels are kept for missing pixels, luma without a border of 4 for upscaling). Needs Debian's python3-numpy and
python3-pil.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from record import ROOT, add_csv_option, append_csv, origin

SHARED = ROOT.parent / "shared"
SETS = {
    "inpaint50": ("paper-missing-50", ("linear", "cubic", "tv")),
    "denoise25": ("paper-denoise-25", ("bm3d", "tv")),
    "denoise50": ("paper-denoise-50", ("bm3d", "tv")),
    "superres4": ("paper-superres-4", ("bicubic", "lanczos")),
    "superres8": ("paper-superres-8", ("bicubic", "lanczos")),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", choices=SETS, nargs="+", default=list(SETS))
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these pictures of the sets alone")
    parser.add_argument("--recipe", help="fit by this recipe instead of the paper's")
    parser.add_argument("--methods-only", action="store_true", help="the classical methods, without any fit")
    parser.add_argument("--threads", type=int, default=0, help="0: one per core")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    parser.add_argument("--out", type=Path, help="keep the restored pictures here, and the checkpoints of fits that "
                        "were stopped: with --only and one picture the same command goes on from there")
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    parser.add_argument("--scorer", type=Path, default=SHARED / "tools" / "score.py")
    add_csv_option(parser, "paper.csv")
    arguments = parser.parse_args()
    for file in (arguments.data, arguments.scorer):
        if not file.exists():
            sys.exit(f"{file} is not here, so there is nothing to score: this benchmark is skipped")
    if not arguments.program.exists():
        parser.error(f"{arguments.program} does not exist: build it")
    return arguments


def score(arguments, which, out, *options):
    """{picture: ({title: PSNR}, seconds)} of one way to restore a set."""
    command = ["/usr/bin/python3", arguments.scorer, "--bin", arguments.program, "--data", arguments.data,
               "--set", which, "--out", out, "--seconds", "36000"]
    if arguments.only:
        command += ["--only", *arguments.only]
    command += ["--", *options, "--quiet"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr or f"the scorer ended with {done.returncode}")
    rows = {}
    for line in done.stdout.splitlines():
        words = line.split()
        if not words or words[0] == "average":
            continue
        figures = {title: float(value) for title, value in zip(words[1:-2:2], words[2:-2:2])}
        rows[words[0]] = (figures, float(words[-2]))
    return rows


def checkpoint_in(arguments, out):
    """Of a fit of the only picture, which was stopped."""
    if not arguments.only or len(arguments.only) != 1:
        return None
    file = out / f"{arguments.only[0]}.png.checkpoint"
    return file if file.exists() else None


def measure(arguments, which, folder):
    recipe, methods = SETS[which]
    recipe = arguments.recipe or recipe
    ways = [(method, ["--method", method]) for method in methods]
    if not arguments.methods_only:
        threads = ["--threads", str(arguments.threads)] if arguments.threads else []
        # The paper's operator, which is not the one that made the small pictures.
        operator = ["--operator", "lanczos2"] if recipe.startswith("paper-superres") else []
        ways.append((recipe, ["--recipe", recipe, *operator, "--seed", str(arguments.seed), *threads]))
    rows = []
    for name, options in ways:
        out = Path(folder) / which / name
        out.mkdir(parents=True, exist_ok=True)
        checkpoint = checkpoint_in(arguments, out)
        if checkpoint:
            options = [*options, "--resume", str(checkpoint)]
            print(f"{name} goes on from {checkpoint}: its seconds are those of this part", file=sys.stderr)
        for picture, (figures, seconds) in score(arguments, which, out, *options).items():
            rows.append({**origin(), "set": which, "picture": picture, "way": name, "seed": arguments.seed,
                         "psnr": figures.pop("ours"), "seconds": seconds,
                         "published_dip": figures.pop("DIP"),
                         "published_other": " ".join(f"{title} {value:.2f}" for title, value in figures.items())})
            print("{set:10} {picture:14} {way:18} {psnr:6.2f} dB  {seconds:8.1f} s   "
                  "published DIP {published_dip:5.2f}, {published_other}".format(**rows[-1]), flush=True)
    return rows


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as temporary:
        for which in arguments.sets:
            rows = measure(arguments, which, arguments.out or temporary)
            if arguments.csv:
                append_csv(arguments.csv, rows)


if __name__ == "__main__":
    main()
