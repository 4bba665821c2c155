#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the time of an iteration grows with the pixels and shrinks with the threads, from bench_iteration.

    bench/scaling.py [--networks hourglass-shuffle] [--sizes 64 128 ... 2048] [--threads 1 2] [--csv]
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

from record import ROOT, add_csv_option, append_csv, in_threads, origin, warn_if_busy

SIDES = (64, 128, 256, 512, 1024, 2048)
SIZES = {"hourglass-shuffle": SIDES, "hourglass-deconv": SIDES, "skip": SIDES[:-1]}
PROPORTIONAL_FROM = 256  # below, a layer is so small that what handing out work costs shows


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", choices=SIZES, nargs="+", default=list(SIZES))
    parser.add_argument("--sizes", type=int, nargs="+",
                        help="sides of the picture; default: 64 to 2048, for skip to 1024, where it takes several GB")
    parser.add_argument("--threads", type=int, nargs="+", default=[n for n in (1, 2) if n <= os.cpu_count()])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="for each size in a turn, at least three iterations")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bench" / "bench_iteration")
    add_csv_option(parser, "scaling.csv")
    arguments = parser.parse_args()
    if not arguments.program.exists():
        parser.error(f"{arguments.program} does not exist: build it")
    return arguments


def time_once(arguments, network, size, threads):
    command = [arguments.program, "--network", network, "--size", str(size), "--threads", str(threads),
               "--rounds", "1000", "--seconds", str(arguments.seconds), "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure(arguments, network, sizes):
    """{(size, threads): the turn with the least median}."""
    best = {}
    for _ in range(arguments.turns):
        warn_if_busy()
        for size in sizes:
            for threads in arguments.threads:
                found = time_once(arguments, network, size, threads)
                key = size, threads
                if key not in best or found["ms"] < best[key]["ms"]:
                    best[key] = found
    return best


def per_megapixel(found):
    return found["ms"] / (found["size"]**2 / 1e6)


def report_sizes(network, best, sizes, threads):
    print(f"\n{network}\n{'size':>6}" + "".join(f"{in_threads(n) + ', ms':>16}{'ms/megapixel':>14}" for n in threads) +
          f"{'speedup':>9}")
    for size in sizes:
        runs = [best[size, n] for n in threads]
        print(f"{size:>6}" + "".join(f"{run['ms']:>16.3f}{per_megapixel(run):>14.1f}" for run in runs) +
              f"{runs[0]['ms'] / runs[-1]['ms']:>9.2f}")


def report_proportion(best, sizes, threads):
    sizes = sorted(size for size in sizes if size >= PROPORTIONAL_FROM)
    for n in threads if len(sizes) > 1 else []:
        rates = {size: per_megapixel(best[size, n]) for size in sizes}
        least, most = min(rates, key=rates.get), max(rates, key=rates.get)
        print(f"{in_threads(n)}, {sizes[0]}^2 to {sizes[-1]}^2: "
              f"a pixel takes {rates[most] / rates[least] - 1:.1%} longer at {most}^2 than at {least}^2; "
              f"at {sizes[-1]}^2 {rates[sizes[-1]] / rates[sizes[0]] - 1:+.1%} against {sizes[0]}^2")


def rows_of(network, best, where):
    for (size, threads), found in best.items():
        yield where | {"network": network, "size": size, "threads": threads, "ms": f"{found['ms']:.4f}",
                       "ms_per_megapixel": f"{per_megapixel(found):.3f}", "peak_gflops": f"{found['peak_gflops']:.1f}",
                       "ratio_to_flops_over_peak": f"{found['ratio_to_flops_over_peak']:.3f}",
                       "planned_bytes": found["planned_bytes"]}


def main():
    arguments = parse_arguments()
    where = origin()
    print(f"{where['machine']}, commit {where['commit']}")
    for network in arguments.networks:
        sizes = arguments.sizes or SIZES[network]
        best = measure(arguments, network, sizes)
        report_sizes(network, best, sizes, arguments.threads)
        report_proportion(best, sizes, arguments.threads)
        if arguments.csv:
            append_csv(arguments.csv, list(rows_of(network, best, where)))


if __name__ == "__main__":
    main()
