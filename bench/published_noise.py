#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether published denoised pictures were made from the noisy files beside them.

    python3 bench/published_noise.py [--ours 25/F16=FILE ...] [--two-samples]
What removes noise keeps a little of it: the noise of a pixel, which is the noisy file less the truth, then speaks for the
result's error there. This prints that share, the slope of the error over the noise, with its standard error, of each
published result in ../shared/data/denoise and of results of our own, at samples far from black and white, where no noise
was clipped. Of a result made from another sample of noise it is 0. Behind it stands the best mixture of the published DIP
and BM3D, of one share for all pixels. --two-samples fits the recipe `small` to the middle 256x256 pixels of F16, three
times: twice to one sample of noise, and to another. Needs Debian's python3-numpy and python3-pil.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from crops import middle
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


def mixed(a, b, truth):
    share = np.sum((a - b) * (truth - b)) / np.sum((a - b) ** 2)
    return b + share * (a - b)


def fit_to_two_samples(program, data):
    with tempfile.TemporaryDirectory() as folder:
        truth = Path(folder) / "truth.png"
        middle(Image.open(data / "25" / "F16_GT.png").convert("RGB"), 256).save(truth)
        fits = []
        for sample, seed in ((1, 0), (1, 1), (2, 0)):
            noisy, fit = Path(folder) / f"noisy{sample}.png", Path(folder) / f"fit{sample}{seed}.png"
            damage = [program, "damage", truth, "-o", noisy, "--noise", 25, "--seed", sample]
            restore = [program, "denoise", noisy, "-o", fit, "--recipe", "small", "--raw", "--seed", seed, "--quiet"]
            for command in ([damage] if not noisy.exists() else []) + [restore]:
                subprocess.run(list(map(str, command)), check=True, capture_output=True)
            fits.append(read(fit))
        truth = read(truth)
    print("one fit", ", ".join(f"{psnr(fit, truth):.2f}" for fit in fits), "dB; mean of two fits of one sample of noise "
          f"{psnr((fits[0] + fits[1]) / 2, truth):.2f}, of one fit of each of two {psnr((fits[0] + fits[2]) / 2, truth):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", nargs="+", default=[], metavar="SIGMA/PICTURE=FILE", help="results of our own")
    parser.add_argument("--two-samples", action="store_true", help="fit, for some minutes")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
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
        results.append(("both, mixed", mixed(results[0][1], results[1][1], truth)))
        for title, result in results:
            share, doubt = kept(result, truth, noisy, sigma)
            print(f"sigma {sigma}  {name:8} {title:15} {psnr(result, truth):5.2f} dB, "
                  f"has {100 * share:6.2f} % of the noise (+- {100 * doubt:.2f})")
    if arguments.two_samples:
        fit_to_two_samples(arguments.program, arguments.data)
    if ours:
        sys.exit(f"no such picture: {', '.join(ours)}")


if __name__ == "__main__":
    main()
