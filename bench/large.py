#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What learning in parts, or in an excerpt, saves on a large picture, and what it costs.

    bench/large.py [--damages "half missing" "a hole"] [--quick] [--threads N]
Makes a picture of 2048x1536 pixels of five photos, damages it, and prints PSNR, seconds and memory of its restoration
by cubic interpolation, by a fit that sees all of it in each step, which takes hours where the picture is enlarged to 28
megapixels before (--quick leaves it out), and by one that sees parts (input.whole), or an excerpt around what is
missing (input.most).
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
PHOTOS = ["seed/bunny_512.jpg", "denoise/25/F16_GT.png", "denoise/25/peppers_GT.png", "inpaint50/barbara_GT.png",
          "denoise/25/kodim03_GT.png"]
SIDE = 512
ORDER = [0, 1, 2, 3, 4, 5, 3, 0, 2, 4, 1, 5]  # in rows of four; 4 and 5 are two parts of the last
CUBIC = {"cubic": ["--method", "cubic"]}
WHOLE = "the whole in each step"
PARTS = CUBIC | {WHOLE: ["--recipe", "inpaint-balanced", "--set", "input.whole=0"],
                 "a part in each step": ["--recipe", "inpaint-balanced"]}
HOLES = CUBIC | {WHOLE: ["--recipe", "hole-fast", "--set", "input.most=0"], "an excerpt": ["--recipe", "hole-fast"]}
# What is done to it, how many times its sides are enlarged before, and the ways to restore it.
DAMAGES = {"half missing": (["--drop", "0.5"], 1, PARTS),
           "scratches and text": (["--scratch", "60", "--text"], 1, PARTS),
           "a hole": (["--hole", "200x160+660+660"], 1, HOLES),
           "wide scratches": (["--scratch", "60"], 3, HOLES | {"a part in each step": ["--recipe", "inpaint-fast"]})}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--damages", nargs="+", choices=DAMAGES, default=list(DAMAGES))
    parser.add_argument("--quick", action="store_true", help="no fit that sees the whole in each step")
    parser.add_argument("--threads", type=int, default=0, help="0: one per core")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    arguments = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"{DATA} is not here, so there is no picture to try: this benchmark is skipped")
    return arguments


def mosaic():
    """An image; needs python3-pil."""
    from PIL import Image
    photos = [Image.open(DATA / name).convert("RGB") for name in PHOTOS]
    kodim = photos.pop()
    photos += [kodim.crop((0, 0, SIDE, SIDE)), kodim.crop((SIDE // 2, 0, SIDE // 2 + SIDE, SIDE))]
    ways = [None, Image.FLIP_LEFT_RIGHT, Image.ROTATE_180]  # of each row
    whole = Image.new("RGB", (4 * SIDE, 3 * SIDE))
    for n, number in enumerate(ORDER):
        photo, way = photos[number], ways[n // 4]
        whole.paste(photo if way is None else photo.transpose(way), (n % 4 * SIDE, n // 4 * SIDE))
    return whole


def run(arguments, *words):
    """(seconds, bytes of memory) of one run of the program."""
    began = time.monotonic()
    process = subprocess.Popen([str(word) for word in (arguments.program, *words)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit("dipper failed")
    return time.monotonic() - began, 1024 * used.ru_maxrss


def psnr(arguments, one, other):
    said = subprocess.run([arguments.program, "compare", one, other], check=True, capture_output=True, text=True)
    return re.search(r"PSNR ([\d.]+)", said.stdout)[1]


def main():
    arguments = parse_arguments()
    threads = ["--threads", arguments.threads] if arguments.threads else []
    with tempfile.TemporaryDirectory() as name:
        clean, damaged, mask, out = (Path(name) / f"{part}.png" for part in ("clean", "damaged", "mask", "out"))
        picture = mosaic()
        for damage in arguments.damages:
            options, times, ways = DAMAGES[damage]
            picture.resize((times * picture.width, times * picture.height)).save(clean, compress_level=1)
            run(arguments, "damage", clean, "-o", damaged, "--mask", mask, *options)
            for way, how in ways.items():
                if way == WHOLE and arguments.quick:
                    continue
                seconds, memory = run(arguments, "inpaint", damaged, "--mask", mask, "-o", out, "--quiet", *threads, *how)
                print(f"{damage}, {way}: {psnr(arguments, out, clean)} dB in {seconds:.0f} s, {memory / 1e9:.1f} GB",
                      flush=True)


if __name__ == "__main__":
    main()
