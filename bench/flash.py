#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `dipper flash` is worth where the truth is known: pairs made of one photo each.

    python3 bench/flash.py flash-fast flash-balanced --methods guided bm3d --threads 1 --csv
The ambient picture is the photo, dimmed, in warm light that falls off to one side, with Gaussian noise, clipped and
rounded to 8 bits; the truth is what it was before the noise. The flash picture is the photo by another tone curve and
colour balance, bright in the middle, with shadows and highlights that the ambient one does not have. Each is the middle
of a picture of ../shared/data, 256 pixels a side unless --side says otherwise. Prints PSNR in dB and seconds for each
recipe and method, and with --csv appends them to bench/results/flash.csv; "denoise:bm3d" is what that does to the
ambient picture alone. --keep FOLDER keeps all pictures. Needs python3-pil and python3-numpy.
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
from large import mosaic
from record import ROOT, add_csv_option, append_csv, origin

DATA = ROOT.parent / "shared" / "data"
MOSAIC = "mosaic"
PICTURES = {"F16": "denoise/25/F16_GT.png", "kodim03": "denoise/25/kodim03_GT.png",
            "peppers": "denoise/25/peppers_GT.png"}
AMBIENT_LIGHT = (0.75, 0.6, 0.42)  # red, green, blue
FLASH_LIGHT = (0.85, 0.95, 1.1)
# Left, top, right and bottom in shares of the side, and what is left of the light.
SHADOWS = ((0.10, 0.15, 0.30, 0.42, 0.35), (0.62, 0.50, 0.70, 0.95, 0.45), (0.30, 0.78, 0.55, 0.86, 0.3))
# Column, row and radius in shares of the side, and what is added.
HIGHLIGHTS = ((0.45, 0.35, 0.03, 0.9), (0.75, 0.2, 0.05, 0.6), (0.2, 0.65, 0.02, 1.0))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE")
    parser.add_argument("--methods", nargs="+", default=[], metavar="NAME", help="of flash, or denoise:NAME")
    parser.add_argument("--pictures", nargs="+", default=list(PICTURES), choices=PICTURES, metavar="NAME")
    parser.add_argument("--side", type=int, default=256, help="pixels, at most 512")
    parser.add_argument("--mosaic", action="store_true", help="the large picture of bench/large.py instead")
    parser.add_argument("--sigmas", nargs="+", type=int, default=[15, 30])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the recipes")
    parser.add_argument("--threads", type=int, default=0, help="0: one per core")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    add_csv_option(parser, "flash.csv")
    arguments = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"{DATA} is not here, so there is nothing to make pairs of: this benchmark is skipped")
    return arguments


def photo(name, side):
    """[row, column, channel] in [0, 1]."""
    if name == MOSAIC:
        return np.asarray(mosaic()) / 255.0
    return np.asarray(middle(Image.open(DATA / PICTURES[name]).convert("RGB"), side)) / 255.0


def places_in(scene):
    """Row and column of each pixel, from 0 to 1."""
    height, width = scene.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    return rows / (height - 1), columns / (width - 1)


def ambient_of(scene):
    rows, columns = places_in(scene)
    light = 0.45 + 0.55 / (1 + np.exp(4 * (columns + 0.4 * rows - 0.7)))
    return scene * light[..., None] * np.array(AMBIENT_LIGHT)


def flash_of(scene):
    rows, columns = places_in(scene)
    light = 0.35 + 0.8 * np.exp(-((columns - 0.5)**2 + (rows - 0.5)**2) / 0.25)
    for left, top, right, bottom, dimmed in SHADOWS:
        light[(columns >= left) & (columns < right) & (rows >= top) & (rows < bottom)] *= dimmed
    lit = scene**0.8 * light[..., None] * np.array(FLASH_LIGHT)
    for column, row, radius, added in HIGHLIGHTS:
        lit += added * np.exp(-((columns - column)**2 + (rows - row)**2) / (2 * radius**2))[..., None]
    return lit


def save(values, file):
    Image.fromarray(np.uint8(np.round(255 * np.clip(values, 0, 1)))).save(file)
    return file


def make_pair(name, side, sigma, folder):
    """(ambient, flash, truth), files in the folder."""
    scene = photo(name, side)
    truth = ambient_of(scene)
    noise = np.random.default_rng([sigma, *name.encode()]).normal(0, sigma / 255, truth.shape)
    stem = f"{name}-{sigma}"
    return (save(truth + noise, folder / f"{stem}-ambient.png"), save(flash_of(scene), folder / f"{stem}-flash.png"),
            save(truth, folder / f"{stem}-truth.png"))


def run(arguments, name, sigma, way, options, folder):
    ambient, flash, truth = make_pair(name, arguments.side, sigma, folder)
    task, _, method = way.rpartition(":")
    inputs = [ambient] if task == "denoise" else [ambient, flash]
    command = [arguments.program, task or "flash", *inputs, "--truth", truth, "-o",
               folder / f"{name}-{sigma}-{way.replace(':', '-')}.png", "--json", "--checkpoint", "none",
               *(["--method", method] if task else options)]
    command += ["--threads", arguments.threads] if arguments.threads else []
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr[-1000:])
    result = json.loads(done.stdout)
    row = {"picture": name, "side": 0 if name == MOSAIC else arguments.side, "sigma": sigma, "way": way,
           "psnr": round(result["psnr"], 2), "iterations": result.get("iterations") or 0,
           "classic_share": round(result.get("classic_share") or 0, 2), "seconds": round(result["seconds"], 1)}
    print("  ".join(f"{value:>14}" if isinstance(value, str) else f"{value:>6}" for value in row.values()), flush=True)
    return row


def main():
    arguments = parse_arguments()
    ways = [(method if ":" in method else f"flash:{method}", []) for method in arguments.methods]
    settings = [word for setting in arguments.set for word in ("--set", setting)]
    ways += [(recipe, ["--recipe", recipe, *settings]) for recipe in arguments.recipes]
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for way, options in ways:
            rows = [run(arguments, name, sigma, way, options, folder)
                    for sigma in arguments.sigmas for name in ([MOSAIC] if arguments.mosaic else arguments.pictures)]
            print(f"{way}: mean {np.mean([row['psnr'] for row in rows]):.2f} dB")
            if arguments.csv:
                append_csv(arguments.csv, [{**origin(), **row} for row in rows])


if __name__ == "__main__":
    main()
