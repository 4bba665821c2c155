# SPDX-License-Identifier: Apache-2.0
"""Times one iteration of the seed networks in PyTorch and in dipper, in turns, so that both meet the same machine.

An iteration: z += randn / 30, forward, masked sum of squares, backward, Adam. Run with any Python that has PyTorch,
such as Debian's python3-torch:
    /usr/bin/python3 bench/compare_torch.py [--size 512] [--threads 2] [--csv bench/results/torch_iteration.csv]
"""
import argparse
import csv
import datetime
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "golden"))

import torch

from networks import NETWORKS

COLUMNS = ["date", "commit", "machine", "torch", "mode", "network", "size", "threads", "torch_ms", "dipper_ms", "ratio"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, action="append", help="default: all")
    parser.add_argument("--size", type=int, default=512, help="side of the picture, a multiple of 64")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--turns", type=int, default=3, help="how often each side is timed")
    parser.add_argument("--rounds", type=int, default=10, help="PyTorch iterations timed in a turn")
    parser.add_argument("--warm-up", type=int, default=3, help="PyTorch iterations before the first turn")
    parser.add_argument("--compile", action="store_true", help="time torch.compile (PyTorch 2) instead of eager mode")
    parser.add_argument("--torch-only", action="store_true")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bench" / "bench_iteration")
    parser.add_argument("--csv", type=Path, help="append the figures to this file")
    arguments = parser.parse_args()
    if arguments.compile and not hasattr(torch, "compile"):
        parser.error(f"--compile needs PyTorch 2, this is {torch.__version__}")
    if not arguments.torch_only and not arguments.program.exists():
        parser.error(f"{arguments.program} does not exist: build it, or pass --torch-only")
    return arguments


def torch_iteration(name, size, compiled):
    """A function that runs one iteration."""
    torch.manual_seed(0)
    network = NETWORKS[name]()
    forward = torch.compile(network) if compiled else network
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    z = torch.randn(1, 3, size, size)
    y = torch.rand(1, 3, size, size)
    mask = (torch.rand(1, 1, size, size) < 0.5).float()

    def iteration():
        z.add_(torch.randn_like(z), alpha=1 / 30)
        optimizer.zero_grad()
        loss = torch.sum((mask * forward(z) - mask * y)**2)
        loss.backward()
        optimizer.step()
        return loss.item()

    return iteration


def time_torch(iteration, rounds):
    """Milliseconds of each round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        iteration()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def time_dipper(program, name, size, threads):
    """The median of one run of our own benchmark, in milliseconds."""
    command = [program, "--network", name, "--size", str(size), "--threads", str(threads), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["ms"]


def compare(name, arguments):
    """Median milliseconds of PyTorch and of dipper (None with --torch-only)."""
    iteration = torch_iteration(name, arguments.size, arguments.compile)
    time_torch(iteration, arguments.warm_up)
    torch_ms, dipper_ms = [], []
    for _ in range(arguments.turns):
        torch_ms += time_torch(iteration, arguments.rounds)
        if not arguments.torch_only:
            dipper_ms.append(time_dipper(arguments.program, name, arguments.size, arguments.threads))
    return statistics.median(torch_ms), statistics.median(dipper_ms) if dipper_ms else None


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def commit():
    command = ["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "none"


def append_csv(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows(rows)


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    mode = "compile" if arguments.compile else "eager"
    print(f"{machine()}, {arguments.threads} threads, {arguments.size}x{arguments.size}, "
          f"PyTorch {torch.__version__} {mode}, commit {commit()}")
    print(f"{'network':<20}{'PyTorch ms':>12}{'dipper ms':>12}{'ratio':>8}")
    rows = []
    for name in arguments.network or NETWORKS:
        torch_ms, dipper_ms = compare(name, arguments)
        ours, ratio = (f"{dipper_ms:.1f}", f"{torch_ms / dipper_ms:.2f}") if dipper_ms else ("", "")
        print(f"{name:<20}{torch_ms:>12.1f}{ours:>12}{ratio:>8}", flush=True)
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        rows.append(dict(zip(COLUMNS, [today, commit(), machine(), torch.__version__, mode, name, arguments.size,
                                       arguments.threads, f"{torch_ms:.1f}", ours, ratio])))
    if arguments.csv:
        append_csv(arguments.csv, rows)


if __name__ == "__main__":
    main()
