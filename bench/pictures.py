#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the pictures of docs/results.md: photos in the public domain, damaged by `dipper damage` and restored with no
option that a user would not give. Each shows the photo, what was left of it, the restoration, and four times its error.

    python3 bench/pictures.py [--only text noise ...] [--threads 2]
Writes docs/pictures/NAME.jpg and prints PSNR and SSIM of each damaged picture (where it has the photo's size) and each
restoration. Needs Debian's python3-pil; scripts/fetch_photo.sh fetches the photos.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from record import ROOT

# name: (photo, its part (left, top, right, bottom), options of damage, task and its options; MASK: what was covered)
JOBS = {
    "text": ("chelsea.png", (60, 0, 380, 300), ["--text", "--seed", "1"], ["inpaint", "--mask", "MASK"]),
    "scratches": ("astronaut.png", (80, 0, 400, 320), ["--scratch", "12", "--seed", "2"],
                  ["inpaint", "--mask", "MASK"]),
    "region": ("chelsea.png", (60, 0, 380, 300), ["--hole", "40x40+200+60"], ["inpaint", "--mask", "MASK"]),
    "hole": ("astronaut.png", (0, 192, 320, 512), ["--hole", "90x90+20+200"], ["inpaint", "--mask", "MASK"]),
    "noise": ("astronaut.png", (80, 0, 400, 320), ["--noise", "25", "--seed", "3"], ["denoise"]),
    "jpeg": ("chelsea.png", (60, 0, 380, 300), ["--jpeg", "12"], ["dejpeg"]),
    "upscaling": ("astronaut.png", (80, 0, 400, 320), ["--downscale", "4"], ["upscale", "--scale", "4"]),
    "blur": ("astronaut.png", (80, 0, 400, 320), ["--blur", "2"], ["deblur", "--gaussian", "2"]),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--threads", type=int, default=0, help="0: one per core")
    parser.add_argument("--recipe", help="fit by this recipe instead of the task's own")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "dipper")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "pictures")
    return parser.parse_args()


def run(*words):
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True).stdout


def make(arguments, name, folder):
    photo, box, damage, task = JOBS[name]
    source = ROOT / "build" / "demo" / photo
    if not source.exists():
        run(ROOT / "scripts" / "fetch_photo.sh", photo, source)
    clean, damaged, mask = folder / "clean.png", folder / "damaged.png", folder / "mask.png"
    restored, error = folder / "restored.png", folder / "error.png"
    Image.open(source).convert("RGB").crop(box).save(clean)
    covers = ["--mask", mask] if "MASK" in task else []
    run(arguments.program, "damage", clean, "-o", damaged, *damage, *covers)
    options = [mask if word == "MASK" else word for word in task[1:]]
    options += ["--threads", arguments.threads] if arguments.threads else []
    options += ["--recipe", arguments.recipe] if arguments.recipe else []
    result = json.loads(run(arguments.program, task[0], damaged, *options, "--truth", clean, "-o", restored, "--json"))
    run(arguments.program, "compare", clean, restored, "--difference", error)

    panels = [Image.open(file).convert("RGB") for file in (clean, damaged, restored, error)]
    width, height = panels[0].size
    before = "-"
    if panels[1].size == panels[0].size:
        before = json.loads(run(arguments.program, "compare", clean, damaged, "--json"))["psnr"]
        before = f"{before:.2f}"
    panels[1] = panels[1].resize((width, height), Image.NEAREST)
    strip = Image.new("RGB", (4 * width + 3 * 8, height), "white")
    for number, panel in enumerate(panels):
        strip.paste(panel, (number * (width + 8), 0))
    strip.save(arguments.to / f"{name}.jpg", quality=90)
    print(f"{name:10} before {before:>6} dB, restored {result['psnr']:6.2f} dB, SSIM {result['ssim']:.3f}, "
          f"{result['seconds']:6.1f} s, recipe {result['recipe']}", flush=True)


def main():
    arguments = parse_arguments()
    arguments.to.mkdir(parents=True, exist_ok=True)
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as folder:
            make(arguments, name, Path(folder))


if __name__ == "__main__":
    main()
