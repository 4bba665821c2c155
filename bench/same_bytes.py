#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether each recipe makes the same bytes on any number of threads.

    python3 bench/same_bytes.py
Runs three iterations of each on a picture of 96x80 pixels, with 1, 2, 3 and 7 threads on the CPU, and compares the pictures
and the network's own outputs as files. Prints those that differ, and how many do not. Needs python3-pil.
"""
import argparse
import hashlib
import math
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from recipe_task import recipes, words
from record import ROOT

SIZE = (96, 80)
THREADS = (1, 2, 3, 7)


def save_picture(path):
    picture = Image.new("RGB", SIZE)
    picture.putdata([
        tuple(int(128 + 100 * math.sin(0.02 * (c + 1) * x + 0.1 * y) * math.cos(0.3 * y - 0.05 * c * x)) for c in range(3))
        for y in range(SIZE[1]) for x in range(SIZE[0])
    ])
    picture.save(path, quality=40)


def digest(program, recipe, threads, picture, folder):
    told = hashlib.sha256()
    for raw in ([], ["--raw"]):
        output = folder / "out.png"
        done = subprocess.run(
            [program, *words(recipe, picture), "--iterations", "3", "--device", "cpu", "--threads", str(threads), "--quiet",
             "-o", output, *raw],
            capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{recipe}: {done.stderr[-500:]}")
        told.update(output.read_bytes())
    return told.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    program = parser.parse_args().program.resolve()
    same = 0
    all_of_them = recipes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = folder / "in.jpg"
        save_picture(picture)
        for recipe in all_of_them:
            digests = {threads: digest(program, recipe, threads, picture, folder) for threads in THREADS}
            if len(set(digests.values())) == 1:
                same += 1
            else:
                print(f"{recipe}: {digests}", flush=True)
    print(f"{same} of {len(all_of_them)} recipes made the same bytes with {', '.join(map(str, THREADS))} threads")
    sys.exit(same != len(all_of_them))


if __name__ == "__main__":
    main()
