#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our convolutions beside oneDNN's, shape by shape and pass by pass, by bench_kernels
(onednn.hpp says on what terms).

Each benchmark runs in several turns, ours and oneDNN's one after the other; the median turn counts.
    bench/compare_onednn.py [--threads 2] [--filter '128->128'] [--csv]
GFLOP/s are those of the direct method; ratio is oneDNN's time over ours, so above 1 we are faster. The sums are
those of the times of all passes, each distinct shape once.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
from pathlib import Path

from record import ROOT, add_csv_option, append_csv, in_threads, origin, warn_if_busy

PASSES = {"forward": "forward", "backward_inputs": "bwd inputs", "backward_parameters": "bwd params"}
SLOW = 0.8  # below this ratio a pass is marked


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--filter", default="conv", help="a regular expression for the layer, the pass or both")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--min-time", type=float, default=0.1, help="seconds for each benchmark in a turn")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bench" / "bench_kernels")
    add_csv_option(parser, "kernels.csv")
    arguments = parser.parse_args()
    if not arguments.program.exists():
        parser.error(f"{arguments.program} does not exist: build it (it needs libbenchmark-dev, and libdnnl-dev here)")
    return arguments


def run_turn(arguments):
    """What bench_kernels says of the machine and oneDNN, and {(layer, pass, side): (ms, flops, kernel)} of a turn."""
    command = [arguments.program, "--threads", str(arguments.threads), f"--benchmark_filter={arguments.filter}",
               f"--benchmark_min_time={arguments.min_time}", "--benchmark_format=json"]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    if not text:
        raise SystemExit(f"no convolution matches {arguments.filter}")
    out = json.loads(text)
    if not out["context"]["onednn"]:
        raise SystemExit("bench_kernels was built without oneDNN: install libdnnl-dev and configure again")
    found = {}
    for run in out["benchmarks"]:
        match = re.fullmatch(r"(conv.*)/(\w+)/(dipper|onednn)/real_time", run["name"])
        if match and "flops" in run:  # one that failed has none
            milliseconds = run["real_time"]
            kernel = run["label"].rpartition("; ")[0]
            found[match.groups()] = (milliseconds, run["flops"] * milliseconds / 1e3, kernel)
    return out["context"], found


def rows_of(turns, first_columns, peak):
    """One row for each shape and pass that both sides have."""
    rows = []
    for (layer, step, side), (_, flops, kernel) in turns[0].items():
        if side != "dipper" or (layer, step, "onednn") not in turns[0]:
            continue
        ours, theirs = (statistics.median(turn[layer, step, who][0] for turn in turns) for who in ("dipper", "onednn"))
        rows.append(first_columns | {
            "peak_gflops": f"{peak:.1f}", "layer": layer, "pass": step, "gflop": f"{flops / 1e9:.4f}",
            "dipper_ms": f"{ours:.4f}", "dipper_gflops": f"{flops / ours / 1e6:.1f}", "dipper_kernel": kernel,
            "onednn_ms": f"{theirs:.4f}", "onednn_gflops": f"{flops / theirs / 1e6:.1f}",
            "onednn_kernel": turns[0][layer, step, "onednn"][2], "ratio": f"{theirs / ours:.3f}"})
    return rows


def print_table(rows, peak):
    width = max(len(row["layer"]) for row in rows) + 2
    print(f"{'':<{width}}{'pass':<12}{'ours GFLOP/s':>13}{'of peak':>9}{'oneDNN':>9}{'ratio':>8}  kernels")
    for row in rows:
        share = float(row["dipper_gflops"]) / peak
        mark = " <" if float(row["ratio"]) < SLOW else "  "
        print(f"{row['layer']:<{width}}{PASSES[row['pass']]:<12}{row['dipper_gflops']:>13}{share:>9.0%}"
              f"{row['onednn_gflops']:>9}{float(row['ratio']):>8.2f}{mark}"
              f"{row['dipper_kernel']} | {row['onednn_kernel']}")


def print_sums(rows):
    print()
    for title, group in [*((PASSES[p], [r for r in rows if r["pass"] == p]) for p in PASSES), ("all passes", rows)]:
        if not group:
            continue
        ours, theirs = (sum(float(row[f"{who}_ms"]) for row in group) for who in ("dipper", "onednn"))
        print(f"sum of {title:<12}{ours:>9.2f} ms, oneDNN {theirs:>9.2f} ms, ratio {theirs / ours:.2f}")
    slow = sum(float(row["ratio"]) < SLOW for row in rows)
    print(f"{slow} of {len(rows)} below {SLOW}, marked <")


def main():
    arguments = parse_arguments()
    where, turns, peak = origin(), [], 0
    for _ in range(arguments.turns):
        warn_if_busy()
        context, found = run_turn(arguments)
        peak = max(peak, float(context["peak_gflops"]))
        turns.append(found)
    rows = rows_of(turns, where | {"onednn": context["onednn"], "threads": arguments.threads}, peak)
    if not rows:
        raise SystemExit(f"no convolution matches {arguments.filter} on both sides")
    print(f"{where['machine']}, {in_threads(arguments.threads)}, peak {peak:.0f} GFLOP/s, oneDNN {context['onednn']}, "
          f"commit {where['commit']}")
    print_table(rows, peak)
    print_sums(rows)
    if arguments.csv:
        append_csv(arguments.csv, rows)


if __name__ == "__main__":
    main()
