#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What --time asks for and what the whole command takes, from its start to its end.

Each case is a picture of 512x512 or 2048x2048 pixels, made of the one that is given and damaged, and a task. Prints a
table: seconds asked, seconds taken, PSNR against the picture, and what the program says of how it ended. A machine that
does other things too makes all of it slower, but no limit longer; its load is told.
Usage: bench/time_limits.py PICTURE [--times 5 10 20] [--cases inpaint-512 ...] [--quality balanced] [--dipper FILE]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from record import ROOT, commit, machine

# name: side of the picture, how it is damaged (None: not at all), the command
CASES = {
    "inpaint-512": (512, None, ["inpaint", "IN", "--drop", "0.5"]),
    "inpaint-2048": (2048, None, ["inpaint", "IN", "--drop", "0.5"]),
    "denoise-512": (512, ["--noise", "25"], ["denoise", "IN"]),
    "denoise-2048": (2048, ["--noise", "25"], ["denoise", "IN"]),
    "upscale-64-by-8": (512, ["--downscale", "8"], ["upscale", "IN", "--scale", "8"]),
    "upscale-171-by-3": (512, ["--downscale", "3"], ["upscale", "IN", "--scale", "3"]),
    "upscale-256-by-2": (512, ["--downscale", "2"], ["upscale", "IN", "--scale", "2"]),
    "upscale-512-by-4": (2048, ["--downscale", "4"], ["upscale", "IN", "--scale", "4"]),
    "dejpeg-512": (512, ["--jpeg", "10"], ["dejpeg", "IN"]),
    "deblur-512": (512, ["--blur", "1.6"], ["deblur", "IN", "--gaussian", "1.6"]),
    "flash-512": (512, ["--noise", "25"], ["flash", "IN", "TRUTH"]),
}  # fmt: skip


class Pictures:
    """Of one photo, at the sizes and with the damages that cases ask for."""

    def __init__(self, dipper, photo, folder):
        self.dipper = dipper
        self.photo = photo
        self.folder = pathlib.Path(folder)

    def run(self, *arguments):
        command = [self.dipper, *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def clean(self, side):
        """Of that side, made by interpolation where the photo is smaller."""
        file = self.folder / f"{side}.png"
        if not file.exists():
            photo = self.folder / "photo.png"
            width = json.loads(self.run("damage", self.photo, "-o", photo, "--noise", "0.01", "--json"))["width"]
            if side == width:
                photo.rename(file)
            elif side in (2 * width, 4 * width, 8 * width):
                self.run("upscale", photo, "-o", file, "--scale", side // width, "--method", "lanczos")
            else:
                sys.exit(f"the picture is {width} pixels wide, of which {side} is no multiple; give one of 512x512")
        return file

    def damaged(self, name, side, damage):
        file = self.folder / f"{name}.png"
        if damage is None:
            return self.clean(side)
        if not file.exists():
            self.run("damage", self.clean(side), "-o", file, *damage)
        return file


def measure(pictures, name, seconds, quality, program):
    side, damage, command = CASES[name]
    files = {"IN": pictures.damaged(name, side, damage), "TRUTH": pictures.clean(side)}
    words = [str(files.get(word, word)) for word in command]
    words += ["-o", str(pictures.folder / "out.png"), "--time", str(seconds), "--quality", quality, "--json", "--quiet"]
    words += [] if "--drop" in words else ["--truth", str(files["TRUTH"])]
    began = time.monotonic()
    done = subprocess.run([program, *words], capture_output=True, text=True)
    taken = time.monotonic() - began
    if done.returncode != 0:
        return taken, None, done.stderr.strip()
    result = json.loads(done.stdout)
    said = " ".join(filter(None, [f"{result['iterations']} iterations;", result["reason"], done.stderr.strip()]))
    return taken, result["psnr"], said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture")
    parser.add_argument("--times", nargs="+", type=float, default=[5, 10, 20])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quality", default="balanced")
    parser.add_argument("--dipper", default=str(ROOT / "build" / "dipper"))
    arguments = parser.parse_args()
    print(f"{machine()}, {os.cpu_count()} cores, commit {commit()}, {arguments.quality} quality\n")
    print("| case | asked, s | taken, s | of it, % | load | PSNR, dB | |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        pictures = Pictures(arguments.dipper, arguments.picture, folder)
        for name in arguments.cases:
            for seconds in arguments.times:
                taken, psnr, said = measure(pictures, name, seconds, arguments.quality, arguments.dipper)
                shown = "" if psnr is None else f"{psnr:.2f}"
                print(f"| {name} | {seconds:g} | {taken:.1f} | {100 * taken / seconds:.0f} | {os.getloadavg()[0]:.0f} "
                      f"| {shown} | {said} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
