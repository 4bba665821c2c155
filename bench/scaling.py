#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the time of an iteration grows with the pixels and shrinks with the threads, from bench_iteration.

    bench/scaling.py [--network hourglass-shuffle] [--sizes 64 128 ... 2048] [--threads 1 2] [--csv bench/results/scaling.csv]
Every size and number of threads is timed in several turns, all sizes one after the other in each; the least median
counts, because other work on the machine only ever adds. Time in proportion to the pixels would give the same
milliseconds per megapixel at every size; the last lines say how far off that is from 256x256 up, and what more threads
bring.
"""
import argparse
import json
import os
import subprocess
from pathlib import Path

from record import ROOT, append_csv, origin

PROPORTIONAL_FROM = 256  # below, a layer is so small that what handing out work costs shows


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", action="append", help="default: hourglass-shuffle and hourglass-deconv")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256, 512, 1024, 2048],
                        help="sides of the picture; skip takes 1.5 GB at 512, so leave 2048 out for it")
    parser.add_argument("--threads", type=int, nargs="+", default=[n for n in (1, 2) if n <= os.cpu_count()])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="for each size in a turn, at least three iterations")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bench" / "bench_iteration")
    parser.add_argument("--csv", type=Path, help="append the figures to this file")
    arguments = parser.parse_args()
    arguments.network = arguments.network or ["hourglass-shuffle", "hourglass-deconv"]
    if not arguments.program.exists():
        parser.error(f"{arguments.program} does not exist: build it")
    return arguments


def time_once(arguments, network, size, threads):
    command = [arguments.program, "--network", network, "--size", str(size), "--threads", str(threads), "--rounds", "1000",
               "--seconds", str(arguments.seconds), "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure(arguments, network):
    """{(size, threads): the turn with the least median}."""
    best = {}
    for _ in range(arguments.turns):
        for size in arguments.sizes:
            for threads in arguments.threads:
                found = time_once(arguments, network, size, threads)
                key = size, threads
                if key not in best or found["ms"] < best[key]["ms"]:
                    best[key] = found
    return best


def per_megapixel(found):
    return found["ms"] / (found["size"]**2 / 1e6)


def report(network, best, arguments):
    print(f"\n{network}\n{'size':>6}" + "".join(f"{f'{n} threads, ms':>16}{'ms/megapixel':>14}" for n in arguments.threads) +
          f"{'speedup':>9}")
    for size in arguments.sizes:
        runs = [best[size, threads] for threads in arguments.threads]
        print(f"{size:>6}" + "".join(f"{run['ms']:>16.3f}{per_megapixel(run):>14.1f}" for run in runs) +
              f"{runs[0]['ms'] / runs[-1]['ms']:>9.2f}")
    sizes = [size for size in arguments.sizes if size >= PROPORTIONAL_FROM]
    for threads in arguments.threads if len(sizes) > 1 else []:
        rates = {size: per_megapixel(best[size, threads]) for size in sizes}
        least, most = min(rates, key=rates.get), max(rates, key=rates.get)
        print(f"{threads} threads, {sizes[0]}^2 to {sizes[-1]}^2: a pixel takes {rates[most] / rates[least] - 1:.1%} longer at "
              f"{most}^2 than at {least}^2; at {sizes[-1]}^2 {rates[sizes[-1]] / rates[sizes[0]] - 1:+.1%} against {sizes[0]}^2")


def rows_of(network, best):
    for (size, threads), found in best.items():
        yield origin() | {"network": network, "size": size, "threads": threads, "ms": f"{found['ms']:.4f}",
                          "ms_per_megapixel": f"{per_megapixel(found):.3f}", "peak_gflops": f"{found['peak_gflops']:.1f}",
                          "ratio_to_flops_over_peak": f"{found['ratio_to_flops_over_peak']:.3f}",
                          "planned_bytes": found["planned_bytes"]}


def main():
    arguments = parse_arguments()
    where = origin()
    print(f"{where['machine']}, commit {where['commit']}")
    for network in arguments.network:
        best = measure(arguments, network)
        report(network, best, arguments)
        if arguments.csv:
            append_csv(arguments.csv, list(rows_of(network, best)))


if __name__ == "__main__":
    main()
