#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tries settings of a recipe on the pictures of ../shared/data and logs every run: settings, curve, seconds.

    python3 bench/recipes.py inpaint-balanced --pictures house barbara --try input.hide=0.1 --try input.hide=0.5,every=5
Each --try is one variant, its settings separated by semicolons where a value has commas: --try
"skip.down=32,32;skip.up=32". The recipe as it is comes first. Prints PSNR in dB after so many iterations, known pixels
kept where some are missing, and with --csv appends the runs to bench/results/recipes.csv. The pictures of the seed's
and the paper's jobs have names of their own; NAME@SIZE is the middle of one, SIZE pixels a side, which is faster, and
after that :cut or :smaller what became of the damaged picture since: a part of it, or seven tenths of its size.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from crops import middle
from record import ROOT, add_csv_option, append_csv, origin

DATA = ROOT.parent / "shared" / "data"
INPAINT = ["inpaint", "--missing", "black"]
# name: (task and its options, the damaged picture, the undamaged one or None where the task damages it); a damaged
# picture given as a list is made by `dipper damage` with these options
PICTURES = {
    "bunny": (["inpaint", "--drop", "0.5"], "seed/bunny_512.jpg", None),
    "cameraman": (INPAINT, "inpaint50/Cameraman256_masked.png", "inpaint50/Cameraman256_GT.png"),
    "house": (INPAINT, "inpaint50/house_masked.png", "inpaint50/house_GT.png"),
    "barbara": (INPAINT, "inpaint50/barbara_masked.png", "inpaint50/barbara_GT.png"),
    "cameraman-text": (["inpaint"], ["--text", "--seed", "5"], "inpaint50/Cameraman256_GT.png"),
    "F16-text": (["inpaint"], ["--text", "--seed", "3"], "denoise/25/F16_GT.png"),
    "butterfly-scratches": (["inpaint"], ["--scratch", "12", "--seed", "6"], "superres/x4/butterfly_GT.png"),
    "barbara-scratches": (["inpaint"], ["--scratch", "25", "--seed", "4"], "inpaint50/barbara_GT.png"),
    **{f"{name}-{sigma}": (["denoise"], f"denoise/{sigma}/{name}_noisy.png", f"denoise/{sigma}/{name}_GT.png")
       for name in ("F16", "kodim03", "peppers") for sigma in (25, 50)},
    **{f"{name}-{kind}": (task, damage, truth)
       for name, truth in {"butterfly": "superres/x4/butterfly_GT.png", "kodim03": "denoise/25/kodim03_GT.png",
                           "F16": "denoise/25/F16_GT.png", "peppers": "denoise/25/peppers_GT.png",
                           "barbara": "inpaint50/barbara_GT.png", "house": "inpaint50/house_GT.png"}.items()
       for kind, task, damage in (("photons20", ["denoise", "--noise", "poisson"], ["--poisson", "20"]),
                                  ("photons60", ["denoise", "--noise", "poisson"], ["--poisson", "60"]),
                                  ("jpeg10", ["dejpeg"], ["--jpeg", "10"]),
                                  ("jpeg20", ["dejpeg"], ["--jpeg", "20"]),
                                  ("jpeg40", ["dejpeg"], ["--jpeg", "40"]),
                                  ("blur", ["deblur", "--gaussian", "2"], ["--blur", "2"]),
                                  ("motion", ["deblur", "--motion", "9,30"], ["--motion", "9,30"]))},
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", help="its name or file")
    parser.add_argument("--pictures", nargs="+", default=["cameraman", "house"], metavar="NAME")
    parser.add_argument("--try", dest="variants", action="append", default=[], metavar="KEY=VALUE,...")
    parser.add_argument("--methods", nargs="+", default=[], metavar="NAME", help="classical methods, for comparison")
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--every", type=int, default=100, help="iterations from one figure to the next")
    parser.add_argument("--threads", type=int, default=0, help="0: one per core")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    add_csv_option(parser, "recipes.csv")
    arguments = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"{DATA} is not here, so there is nothing to try recipes on: this benchmark is skipped")
    for name in arguments.pictures:
        if name.split(":")[0].split("@")[0] not in PICTURES:
            parser.error(f"there is no picture {name}; there are {', '.join(PICTURES)}")
        if name.partition(":")[2] not in ("", "cut", "smaller"):
            parser.error(f"{name} ends in neither :cut nor :smaller")
    return arguments


def settings_of(variant):
    return [setting for setting in variant.split(";" if ";" in variant else ",") if setting]


def save_middle(file, side, folder):
    from PIL import Image
    to = folder / (file.stem + ".png")
    middle(Image.open(file), side).save(to)
    return to


def save_changed(file, change, folder):
    from PIL import Image
    to = folder / f"{file.stem}_{change}.png"
    picture = Image.open(file)
    width, height = picture.size
    if change == "cut":
        picture.crop((5, 11, width - 9, height - 2)).save(to)
    else:
        picture.resize((width * 7 // 10, height * 7 // 10), Image.LANCZOS).save(to)
    return to


def run(arguments, name, way, folder):
    """([(iteration, PSNR)], seconds) of one way to restore, given as options."""
    name, _, change = name.partition(":")
    base, _, side = name.partition("@")
    task, damaged, truth = PICTURES[base]
    made = damaged if isinstance(damaged, list) else None
    files = [DATA / file if file else None for file in (truth if made else damaged, truth)]
    if side:
        files = [save_middle(file, int(side), folder) if file else None for file in files]
    if made:
        files[0], mask = folder / "damaged.png", folder / "mask.png"
        with_mask = ["--mask", mask] if task[0] == "inpaint" else []
        subprocess.run(list(map(str, [arguments.program, "damage", files[1], "-o", files[0], *with_mask, *made])),
                       check=True, capture_output=True)
        task = [*task, *with_mask]
    if change:
        files = [save_changed(file, change, folder) for file in files]
    command = [arguments.program, task[0], files[0], *task[1:], "-o", folder / "restored.png",
               "--seed", arguments.seed, "--progress", "json", "--json", *way]
    command += ["--truth", files[1]] if files[1] else []
    command += ["--threads", arguments.threads] if arguments.threads else []
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr[-1000:])
    curve, seconds = [], 0
    for line in done.stderr.splitlines():
        step = json.loads(line) if line.startswith("{") else {}
        if step.get("psnr") and step.get("iteration"):
            curve.append((step["iteration"], step["psnr"]))
            seconds = step["seconds"]
    result = json.loads(done.stdout)
    return curve or [(0, result["psnr"])], seconds or result["seconds"]


def ways(arguments):
    """(what to call it, options) of each method, the recipe as it is, and each variant."""
    for method in arguments.methods:
        yield method, ["--method", method]
    fit = ["--recipe", arguments.recipe, "--every", arguments.every, "--checkpoint", "none"]
    fit += ["--iterations", arguments.iterations] if arguments.iterations else []
    yield "as it is", fit
    for variant in arguments.variants:
        yield variant, [*fit, *(word for setting in settings_of(variant) for word in ("--set", setting))]


def main():
    arguments = parse_arguments()
    for title, way in ways(arguments):
        for name in arguments.pictures:
            with tempfile.TemporaryDirectory() as folder:
                curve, seconds = run(arguments, name, way, Path(folder))
            points = " ".join(f"{iteration}:{psnr:.2f}" for iteration, psnr in curve)
            print(f"{name:20} {title:40} {points}  {seconds:.0f} s", flush=True)
            if arguments.csv:
                append_csv(arguments.csv, [{**origin(), "recipe": Path(arguments.recipe).stem, "picture": name,
                                            "settings": "" if title == "as it is" else ";".join(settings_of(title)),
                                            "seed": arguments.seed, "threads": arguments.threads, "curve": points,
                                            "seconds": round(seconds, 1)}])


if __name__ == "__main__":
    main()
