#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether published denoised pictures were made from the noisy files beside them.

    python3 bench/published_noise.py [--ours 25/F16=FILE ...]
What removes noise keeps a little of it: the noise of a pixel, which is the noisy file less the truth, then speaks for the
result's error there. This prints that share, the slope of the error over the noise, with its standard error, of each
published result in ../shared/data/denoise and of results of our own, at samples far from black and white, where no noise
was clipped. Of a result made from another sample of noise it is 0. Several files of one picture are also averaged. Needs
Debian's python3-numpy and python3-pil.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from record import ROOT

DATA = ROOT.parent / "shared" / "data" / "denoise"
WAYS = {"deep_prior": "published DIP", "bm3d": "published BM3D"}


def read(file):
    return np.asarray(Image.open(file).convert("RGB")).astype(np.float64)


def psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a - b) ** 2))


def kept(result, truth, noisy, sigma):
    """The share of the noise that the result has, and its standard error."""
    unclipped = np.all((truth > 2.2 * sigma) & (truth < 255 - 2.2 * sigma), axis=2)
    noise = (noisy - truth)[unclipped]
    error = (result - truth)[unclipped]
    noise -= noise.mean()
    error -= error.mean()
    power = np.sum(noise * noise)
    return np.sum(error * noise) / power, np.sqrt(np.mean(error * error) / power)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", nargs="+", default=[], metavar="SIGMA/PICTURE=FILE", help="results of our own")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    if not arguments.data.exists():
        sys.exit(f"{arguments.data} is not here, so there is nothing to look at: this benchmark is skipped")
    ours = {}
    for word in arguments.ours:
        picture, _, file = word.partition("=")
        if not Path(file).is_file():
            parser.error(f"{word} names no file; write for example 25/F16=f16.png")
        ours.setdefault(picture, []).append(read(file))
    for file in sorted(arguments.data.glob("*/*_GT.png")):
        sigma = int(file.parent.name)
        name = file.name.removesuffix("_GT.png")
        truth = read(file)
        noisy = read(file.with_name(f"{name}_noisy.png"))
        results = [(title, read(file.with_name(f"{name}_{way}.png"))) for way, title in WAYS.items()]
        mine = ours.pop(f"{sigma}/{name}", [])
        results += [(f"ours {n}", result) for n, result in enumerate(mine)]
        if len(mine) > 1:
            results.append((f"mean of {len(mine)}", np.mean(mine, axis=0)))
        for title, result in results:
            share, doubt = kept(result, truth, noisy, sigma)
            print(f"sigma {sigma}  {name:8} {title:15} {psnr(result, truth):5.2f} dB, "
                  f"has {100 * share:6.2f} % of the noise (+- {100 * doubt:.2f})")
    if ours:
        sys.exit(f"no such picture: {', '.join(ours)}")


if __name__ == "__main__":
    main()
