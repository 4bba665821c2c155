# SPDX-License-Identifier: Apache-2.0
"""Draws the curves of bench/seed_curve.sh beside the published ones, as an SVG for light and dark pages.

Needs no package:
    python3 bench/plot_curves.py [--results bench/results] [--output docs/seed_curves.svg]
"""
import argparse
import csv
import math
from pathlib import Path

from record import RESULTS, ROOT
from svg import circle, document, segment, text

RECIPES = ("seed-pixel-shuffle", "seed-deconv")
LABELS = {"seed-pixel-shuffle": "pixel shuffle", "seed-deconv": "transposed convolution"}
CLASSES = {"seed-pixel-shuffle": "a", "seed-deconv": "b"}
STEPS = (250, 500, 1000, 2500, 5000, 10000, 25000)

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 72, 52


def read_curve(path):
    """[(iteration, raw PSNR)] without the start, which a logarithmic axis cannot show."""
    with path.open(encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        points = [(int(row["iteration"]), float(row["raw_psnr"])) for row in rows]
    return [point for point in points if point[0] >= STEPS[0]]


def read_published(path):
    """{recipe: [(step, raw PSNR)]}"""
    points = {recipe: [] for recipe in RECIPES}
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            points[row["recipe"]].append((int(row["iteration"]), float(row["raw_psnr"])))
    return points


class Axes:
    """Pixels from steps (logarithmic) and dB (linear)."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def x(self, step):
        share = math.log(step / STEPS[0]) / math.log(STEPS[-1] / STEPS[0])
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, psnr):
        return HEIGHT - BOTTOM - (psnr - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


def draw_axes(axes):
    parts = []
    for psnr in range(axes.low, axes.high + 1, 2):
        parts += [segment(LEFT, axes.y(psnr), WIDTH - RIGHT, axes.y(psnr), "axis" if psnr == axes.low else "grid"),
                  text(LEFT - 10, axes.y(psnr) + 4.5, str(psnr), "end")]
    for step in STEPS:
        parts += [segment(axes.x(step), HEIGHT - BOTTOM, axes.x(step), HEIGHT - BOTTOM + 5, "axis"),
                  text(axes.x(step), HEIGHT - BOTTOM + 21, f"{step:,}", "end" if step == STEPS[-1] else "middle")]
    return parts + [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "iterations")]


def draw_legend(recipes):
    """One row: the colours of the networks, then what a line and a circle stand for."""
    x, y, parts = LEFT, 54, []
    for recipe in recipes:
        parts += [f'<g class="{CLASSES[recipe]}"><path d="M{x} {y - 4.5}h22" class="line"/></g>',
                  text(x + 28, y, f"{LABELS[recipe]}, dipper", "start")]
        x += 28 + 8 * len(LABELS[recipe]) + 66
    for offset, recipe in enumerate(recipes):
        parts.append(f'<g class="{CLASSES[recipe]}">{circle(x + 5 + 14 * offset, y - 4.5, "dot")}</g>')
    return parts + [text(x + 14 * len(recipes) + 4, y, "published", "start")]


def draw(curves, published):
    values = [psnr for curve in curves.values() for _, psnr in curve]
    values += [psnr for recipe in curves for _, psnr in published[recipe]]
    axes = Axes(2 * math.floor(min(values) / 2), 2 * math.ceil(max(values) / 2))
    parts = [text(LEFT, 28, "bunny, 512x512, half of the pixels missing: PSNR of the raw output, dB", "start", "title")]
    parts += draw_axes(axes) + draw_legend(curves)
    for recipe, curve in curves.items():
        path = " ".join(f"{axes.x(step):.1f},{axes.y(psnr):.1f}" for step, psnr in curve if step <= STEPS[-1])
        dots = "".join(circle(axes.x(step), axes.y(psnr), "dot") for step, psnr in published[recipe])
        parts.append(f'<g class="{CLASSES[recipe]}"><polyline points="{path}" class="line"/>{dots}</g>')
    return document(WIDTH, HEIGHT, parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "seed_curves.svg")
    arguments = parser.parse_args()
    curves = {}
    for recipe in RECIPES:
        file = arguments.results / f"{recipe}_bunny.csv"
        if file.exists():
            curves[recipe] = read_curve(file)
    if not any(curves.values()):
        parser.error(f"no curves in {arguments.results}: run bench/seed_curve.sh first")
    published = read_published(arguments.results / "seed_published.csv")
    arguments.output.write_text(draw(curves, published), encoding="utf-8")
    print(arguments.output)


if __name__ == "__main__":
    main()
