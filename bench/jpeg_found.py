#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""In how many parts of photos `dipper dejpeg` finds how they were coded, and in how many that were never coded.

    python3 bench/jpeg_found.py --sides 64 96 128
Each part of a few photos of ../shared/data, so many pixels a side, is coded at each quality, with colours at half the
size; the same again, of which 5 rows and 3 columns were cut off, so that no block begins at its corner. Prints the
shares that are found. Needs python3-pil.
"""
import argparse
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from record import ROOT

DATA = ROOT.parent / "shared" / "data"
# None of which was a JPEG before.
PHOTOS = ["superres/x4/butterfly_GT.png", "denoise/25/kodim03_GT.png", "inpaint50/barbara_GT.png",
          "denoise/25/peppers_GT.png", "denoise/25/F16_GT.png", "inpaint50/house_GT.png"]
CUT = (3, 5)  # columns, rows
NEVER = "never"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", nargs="+", type=int, default=[48, 64, 96, 128], metavar="PIXELS")
    parser.add_argument("--qualities", nargs="+", type=int, default=[10, 30, 50, 75, 90, 95], metavar="QUALITY")
    parser.add_argument("--parts", type=int, default=8, help="of each photo, at most")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    return parser.parse_args()


def parts_of(photo, side, most):
    left, top = CUT
    places = [(x, y) for y in range(0, photo.height - side - top + 1, side) for x in range(0, photo.width - side - left + 1, side)]
    every = max(1, len(places) // most)
    return [photo.crop((x, y, x + side + left, y + side + top)) for x, y in places[::every][:most]]


def is_found(picture, program, folder):
    """Too short a time for anything else."""
    file = folder / "part.png"
    picture.save(file)
    done = subprocess.run([program, "dejpeg", file, "-o", folder / "out.png", "--time", "0.1"], capture_output=True, text=True)
    found = "JPEG's blocks" in done.stderr
    if done.returncode != 0 or found == ("no blocks of a JPEG" in done.stderr):
        raise SystemExit(done.stderr)
    return found


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in arguments.sides:
            parts = [part for photo in PHOTOS for part in parts_of(Image.open(DATA / photo).convert("RGB"), side, arguments.parts)]
            for quality in [NEVER, *arguments.qualities]:
                whole = cut = 0
                for part in parts:
                    if quality != NEVER:
                        part.save(folder / "part.jpg", quality=quality, subsampling="4:2:0")
                        part = Image.open(folder / "part.jpg")
                    whole += is_found(part.crop((0, 0, side, side)), arguments.program, folder)
                    cut += is_found(part.crop((*CUT, CUT[0] + side, CUT[1] + side)), arguments.program, folder)
                print(f"{side:4} pixels a side, quality {quality!s:>5}: {whole:3} of {len(parts)} found, cut {cut:3}", flush=True)


if __name__ == "__main__":
    main()
