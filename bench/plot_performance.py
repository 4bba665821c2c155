# SPDX-License-Identifier: Apache-2.0
"""Draws what scaling.py, compare_torch.py and compare_onednn.py wrote, as an SVG for light and dark pages.

Of several rows on one thing the last counts, and of the machines the last. What was not measured is left out. Needs no
package:
    python3 bench/plot_performance.py [--results bench/results] [--output docs/performance.svg]
"""
import argparse
import csv
import math
import re
from pathlib import Path

from record import RESULTS, ROOT, in_threads
from svg import STYLE, circle, document, segment, text

LABELS = {"hourglass-shuffle": "pixel shuffle", "hourglass-deconv": "transposed convolution", "skip": "skip"}
CLASSES = {"hourglass-shuffle": "a", "hourglass-deconv": "b", "skip": "c"}
PASSES = {"forward": "forward", "backward_inputs": "backward, inputs", "backward_parameters": "backward, parameters"}

PROPORTIONAL_FROM = 256  # as in scaling.py

WIDTH, TOP, BOTTOM = 960, 124, 474  # of the two upper panels
LEFT, LEFT_END = 64, 452  # the axes of the left one
NAMES, SPLIT, RIGHT = 494, 640, 924  # of the right one: where its words begin, and its axis begins and ends
BARS_END = RIGHT - 92  # behind the longest bar stands its time
STRIP, STRIP_ROW, STRIP_LEFT = BOTTOM + 112, 30, 172
MORE_STYLE = STYLE + """
  .c { color: #1d2430 } .d { color: #8a94a6 }
  .heading { font-weight: 600; fill: #14181f } .small { font-size: 12px }
  .dashed { stroke-dasharray: 5 4 } .full { fill: currentColor; stroke: currentColor; stroke-width: 2 }
  .thin { fill: none; stroke: #8a94a6; stroke-width: 1 } .bar { fill: currentColor }
  .faint { fill: currentColor; fill-opacity: 0.45 }
  @media (prefers-color-scheme: dark) {
    .c { color: #f2f4f8 } .d { color: #69758a } .heading { fill: #eef1f6 } .thin { stroke: #69758a }
  }
"""


def read_rows(path):
    """The rows from the machine that the last row is from."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["machine"] == rows[-1]["machine"]]


def newest(rows, *columns):
    """{values of these columns: the last row that has them}"""
    return {tuple(row[column] for column in columns): row for row in rows}


def colour(css, *parts):
    return f'<g class="{css}">{"".join(parts)}</g>'


class LogAxis:
    """Pixels of the figure from numbers, logarithmically."""

    def __init__(self, values, ends):
        self.low, self.high = min(values), max(values)
        self.ends = ends

    def at(self, value):
        share = math.log(value / self.low) / math.log(self.high / self.low) if self.high > self.low else 0.5
        return self.ends[0] + share * (self.ends[1] - self.ends[0])


# Left: milliseconds against pixels.


def in_time(milliseconds):
    """Three digits of it."""
    return f"{milliseconds:.3g} ms" if milliseconds < 999.5 else f"{milliseconds / 1000:.3g} s"


def scaling_axes(found):
    """x, y and the powers of ten at its lines."""
    times = [float(row["ms"]) for row in found.values()]
    powers = range(math.floor(math.log10(min(times))), math.ceil(math.log10(max(times))) + 1)
    sizes = sorted({int(size) for _, size, _ in found})
    x = LogAxis([size**2 for size in sizes], (LEFT + 14, LEFT_END - 14))
    return x, LogAxis([10.0**power for power in powers], (BOTTOM, TOP)), powers, sizes


def draw_scaling_axes(x, y, powers, sizes):
    parts = [text(LEFT, TOP - 66, "Time of an iteration", "start", "heading")]
    for power in powers:
        at = y.at(10.0**power)
        parts += [segment(LEFT, at, LEFT_END, at, "axis" if power == powers[0] else "grid"),
                  text(LEFT - 8, at + 4.5, in_time(10.0**power), "end")]
    for size in sizes:
        parts += [segment(x.at(size**2), BOTTOM, x.at(size**2), BOTTOM + 5, "axis"),
                  text(x.at(size**2), BOTTOM + 21, f"{size}²")]
    return parts + [text((LEFT + LEFT_END) / 2, BOTTOM + 44, "pixels of the picture")]


def draw_proportion(x, y, points):
    """A thin line of the same time a pixel, through the point from which it should hold, within the panel."""
    pixels, time = next((point for point in points if point[0] >= PROPORTIONAL_FROM**2), points[-1])
    low, high = max(points[0][0], pixels * y.low / time), points[-1][0]
    return segment(x.at(low), y.at(time * low / pixels), x.at(high), y.at(time * high / pixels), "thin")


def draw_curve(x, y, points, css, is_dashed):
    path = " ".join(f"{x.at(pixels):.1f},{y.at(time):.1f}" for pixels, time in points)
    line = f'<polyline points="{path}" class="line{" dashed" if is_dashed else ""}"/>'
    dots = (circle(x.at(pixels), y.at(time), "dot" if is_dashed else "full", 3) for pixels, time in points)
    return colour(css, line, *dots)


def draw_legend_entry(left, y, label, css, is_dashed=False):
    """A piece of a line and what it stands for; where the next entry begins comes first."""
    line = colour(css, f'<path d="M{left} {y - 4.5}h28" class="line{" dashed" if is_dashed else ""}"/>',
                  circle(left + 14, y - 4.5, "dot" if is_dashed else "full", 3))
    return left + 58 + 6.6 * len(label), [line, text(left + 34, y, label, "start", "small")]


def draw_scaling_legend(networks, threads):
    """A row of colours, and one of kinds of line."""
    parts, left = [], LEFT
    for network in networks:
        left, entry = draw_legend_entry(left, TOP - 43, LABELS[network], CLASSES[network])
        parts += entry
    left = LEFT
    for count in threads:
        left, entry = draw_legend_entry(left, TOP - 22, in_threads(int(count)), "d", count != threads[-1])
        parts += entry
    return parts + [segment(left, TOP - 26.5, left + 28, TOP - 26.5, "thin"),
                    text(left + 34, TOP - 22, "in proportion to the pixels", "start", "small")]


def draw_scaling(found):
    """From {(network, size, threads): row}."""
    x, y, powers, sizes = scaling_axes(found)
    threads = sorted({count for _, _, count in found}, key=int)
    networks = [network for network in CLASSES if network in {name for name, _, _ in found}]
    lines, curves = [], []
    for network in networks:
        for count in threads:
            points = sorted((int(size)**2, float(row["ms"])) for (name, size, n), row in found.items()
                            if (name, n) == (network, count))
            if points and count == threads[-1]:
                lines.append(draw_proportion(x, y, points))
            curves.append(draw_curve(x, y, points, CLASSES[network], count != threads[-1]))
    return draw_scaling_axes(x, y, powers, sizes) + draw_scaling_legend(networks, threads) + lines + curves


# Right: bars beside PyTorch.


def version_of(row):
    return tuple(int(number) for number in re.findall(r"\d+", row["torch"])[:2])


def torch_rows(rows):
    """{network: {label: row}} at the last row's size and threads: the oldest PyTorch's eager mode, the newest's two."""
    rows = [row for row in rows if row["mode"] in ("eager", "compile")]
    rows = [row for row in rows if all(row[key] == rows[-1][key] for key in ("size", "threads"))]
    if not rows:
        return {}
    versions = sorted({version_of(row) for row in rows})
    wanted = {(versions[0], "eager"): "eager", (versions[-1], "eager"): "eager", (versions[-1], "compile"): "compiled"}
    found = {}
    for (version, mode), word in wanted.items():
        for row in rows:
            if (version_of(row), row["mode"]) == (version, mode):
                label = f"PyTorch {version[0]}.{version[1]} {word}"
                found.setdefault(row["network"], {})[label] = row
    return found


def draw_bars(found):
    some = next(row for bars in found.values() for row in bars.values())
    most = max(1, *(float(row["ratio"]) for bars in found.values() for row in bars.values()))
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if most / step <= 6)
    ticks = {tick: SPLIT + tick * (BARS_END - SPLIT) / most for tick in range(0, math.floor(most) + 1, step)}
    height = (BOTTOM - TOP) / (sum(len(bars) + 2.4 for bars in found.values()) - 0.8)  # of a bar; a name takes 1.4
    parts = [text(NAMES, TOP - 66, "Beside PyTorch", "start", "heading"),
             text(NAMES, TOP - 43, f"An iteration at {some['size']}x{some['size']}, "
                  f"{in_threads(int(some['threads']))}", "start", "small")]
    y = TOP - 0.8 * height
    for network in [name for name in CLASSES if name in found]:
        parts.append(text(NAMES, y + height, LABELS[network], "start", "heading"))
        y += 1.4 * height
        parts += draw_group(found[network], CLASSES[network], y, height, ticks)
        y += (len(found[network]) + 1) * height
    parts += [text(x, BOTTOM + 21, str(tick)) for tick, x in ticks.items()]
    return parts + [text((SPLIT + BARS_END) / 2, BOTTOM + 44, "time of an iteration, dipper's = 1")]


def draw_group(found, css, top, height, ticks):
    """One network's bars; dipper's time is the one that was measured with the last of the others."""
    bars = [(label, float(row["ratio"]), float(row["torch_ms"]), "d") for label, row in found.items()]
    bars.append(("dipper", 1, float(list(found.values())[-1]["dipper_ms"]), css))
    parts = [segment(x, top, x, top + height * len(bars), "grid") for tick, x in ticks.items() if tick]
    scale = (ticks[max(ticks)] - SPLIT) / max(ticks)
    for number, (label, ratio, time, bar_css) in enumerate(bars):
        y, end = top + number * height, SPLIT + ratio * scale
        bar = f'<rect x="{SPLIT}" y="{y + 2:.1f}" width="{end - SPLIT:.1f}" height="{height - 4:.1f}" class="bar"/>'
        parts += [colour(bar_css, bar), text(SPLIT - 7, y + height / 2 + 4, label, "end", "small"),
                  text(end + 6, y + height / 2 + 4, f"{ratio:.1f}x, {in_time(time)}", "start", "small")]
    return [*parts, segment(SPLIT, top, SPLIT, top + height * len(bars), "axis")]


# Below: the convolutions beside oneDNN.


def draw_strip_axis(x, bottom):
    parts = []
    for tick in (0.1, 0.2, 0.5, 0.8, 1, 2, 5, 10, 20, 50):
        if x.low <= tick <= x.high:
            parts += [segment(x.at(tick), STRIP - 8, x.at(tick), bottom, "axis" if tick == 1 else "grid"),
                      text(x.at(tick), bottom + 18, f"{tick:g}")]
    return parts


def draw_kernels(found):
    """From {(layer, pass): row}."""
    some = next(iter(found.values()))
    ratios = [float(row["ratio"]) for row in found.values()]
    x = LogAxis([min(0.5, *ratios), max(2, *ratios)], (STRIP_LEFT + 8, RIGHT - 8))
    bottom = STRIP + STRIP_ROW * len(PASSES)
    parts = [text(LEFT, STRIP - 28, f"Convolutions beside oneDNN {some['onednn']}, "
                  f"{in_threads(int(some['threads']))}: a dot for each shape", "start", "heading"),
             *draw_strip_axis(x, bottom)]
    for number, (step, label) in enumerate(PASSES.items()):
        middle = STRIP + STRIP_ROW * (number + 0.5) - 4
        dots = [circle(x.at(float(row["ratio"])), middle, "faint", 4.5) for (_, s), row in found.items() if s == step]
        parts += [text(STRIP_LEFT - 8, middle + 4.5, label, "end"), colour("a", *dots)]
    below = "oneDNN's time over dipper's: right of 1 dipper is faster"
    return parts + [text((STRIP_LEFT + RIGHT) / 2, bottom + 41, below)]


def draw(scaling, torch, kernels):
    """The panels that there are figures for, and where these are from."""
    rows = [*scaling.values(), *(row for bars in torch.values() for row in bars.values()), *kernels.values()]
    commits = ", ".join(dict.fromkeys(row["commit"] for row in rows))
    parts = [text(20, 30, f"dipper on {rows[-1]['machine']}, commit {commits}", "start", "title")]
    parts += (draw_scaling(scaling) if scaling else []) + (draw_bars(torch) if torch else [])
    parts += draw_kernels(kernels) if kernels else []
    height = STRIP + STRIP_ROW * len(PASSES) + 56 if kernels else BOTTOM + 60
    return document(WIDTH, height, parts, MORE_STYLE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.svg")
    arguments = parser.parse_args()
    scaling, torch, kernels = (read_rows(arguments.results / f"{name}.csv")
                               for name in ("scaling", "compare_torch", "kernels"))
    kernels = [row for row in kernels if row["threads"] == kernels[-1]["threads"]]
    tables = (newest(scaling, "network", "size", "threads"), torch_rows(torch), newest(kernels, "layer", "pass"))
    if not any(tables):
        parser.error(f"no figures in {arguments.results}: "
                     "run bench/scaling.py, compare_torch.py, compare_onednn.py first")
    arguments.output.write_text(draw(*tables), encoding="utf-8")
    print(arguments.output)


if __name__ == "__main__":
    main()
