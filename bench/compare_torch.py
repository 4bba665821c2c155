# SPDX-License-Identifier: Apache-2.0
"""Times one iteration of a fit in PyTorch, eager and compiled, and in dipper, in turns, so that all meet one machine.

Run it with the Python whose PyTorch is meant: Debian's (python3-torch) or the newest (bench/torch_venv.sh fetches it).
    /usr/bin/python3 bench/compare_torch.py [--networks skip] [--size 512] [--threads 2] [--csv]
An iteration: z += randn / 30, forward, masked sum of squares, backward, Adam. PyTorch gets its fused Adam where it has
one for the CPU, and compiled, the loss is compiled with the network. The median iteration of a turn counts, and of
these the median over the turns. The ratio is PyTorch's time over dipper's, in the table that of PyTorch's faster mode.

Memory is the most that a process ever had resident: PyTorch's with its libraries and, compiled, with the compiler's
needs; what importing torch alone takes stands beside it, to be subtracted.
"""
import argparse
import importlib.util
import json
import logging
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from record import ROOT, add_csv_option, append_csv, in_threads, origin, warn_if_busy

NETWORKS = ("hourglass-shuffle", "hourglass-deconv", "skip")
MODES = ("eager", "compile")


class WorkerError(RuntimeError):
    """A PyTorch process could not do its work."""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", choices=NETWORKS, nargs="+", default=NETWORKS)
    parser.add_argument("--modes", choices=MODES, nargs="+", default=MODES)
    parser.add_argument("--channels-last", action="store_true", help="PyTorch's other layout of its tensors")
    parser.add_argument("--size", type=int, default=512, help="side of the picture, a multiple of 64 from 128 up")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--turns", type=int, default=3, help="how often each side is timed")
    parser.add_argument("--warm-up", type=int, default=2, help="iterations before each turn that do not count")
    parser.add_argument("--rounds", type=int, default=20, help="iterations that count in a turn")
    parser.add_argument("--seconds", type=float, default=10,
                        help="fewer, but at least three, when they take longer than this")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bench" / "bench_iteration")
    add_csv_option(parser, "compare_torch.csv")
    parser.add_argument("--worker", choices=MODES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        parser.error(f"{sys.executable} has no PyTorch: install python3-torch, or run bench/torch_venv.sh")
    if not arguments.program.exists():
        parser.error(f"{arguments.program} does not exist: build it")
    if arguments.size < 128 or arguments.size % 64 != 0:
        parser.error(f"--size {arguments.size} is no multiple of 64 from 128 up")  # or PyTorch's networks refuse
    return arguments


# PyTorch's side: a process for each network and mode, which times a turn whenever it is told to.


def resident_bytes(kind):
    """Of this process: VmRSS is now, VmHWM the most so far."""
    with open("/proc/self/status", encoding="utf-8") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


def adam(torch, parameters):
    parameters = list(parameters)
    try:
        return torch.optim.Adam(parameters, lr=1e-4, fused=True)
    except (RuntimeError, TypeError):  # before 2.4, not on the CPU
        return torch.optim.Adam(parameters, lr=1e-4)


def torch_iteration(torch, arguments):
    """A function that runs one iteration."""
    sys.path.insert(0, str(ROOT / "tests" / "golden"))
    from networks import ALL_NETWORKS

    torch.manual_seed(0)
    size = arguments.size
    layout = torch.channels_last if arguments.channels_last else torch.contiguous_format
    network = ALL_NETWORKS[arguments.networks[0]]().to(memory_format=layout)
    optimizer = adam(torch, network.parameters())
    z = torch.randn(1, network.input_channels, size, size).contiguous(memory_format=layout)
    mask = (torch.rand(1, 1, size, size) < 0.5).float()
    masked_y = mask * torch.rand(1, 3, size, size)

    def loss_of(z):
        return torch.sum((mask * network(z) - masked_y)**2)

    forward = torch.compile(loss_of) if arguments.worker == "compile" else loss_of

    def iteration():
        z.add_(torch.randn_like(z), alpha=1 / 30)
        optimizer.zero_grad(set_to_none=True)
        loss = forward(z)
        loss.backward()
        optimizer.step()
        return loss.item()

    return iteration


def time_turn(iteration, arguments):
    """The median iteration in milliseconds; what bench_iteration does."""
    for _ in range(arguments.warm_up):
        iteration()
    times, began = [], time.perf_counter()
    while len(times) < arguments.rounds and (len(times) < 3 or time.perf_counter() - began < arguments.seconds):
        start = time.perf_counter()
        iteration()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def summary(error):
    """An exception in a line; PyTorch's own go over pages, with what the compiler said somewhere in them."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    found = next((line for line in lines[1:] if "error:" in line), "")
    return " ".join([type(error).__name__ + ":", *lines[:1], found]).strip()[:400]


def work(arguments):
    """One answer in JSON when ready, one for each line that says "turn", and one at the end."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what PyTorch may print is no answer

    def answer(**content):
        print(json.dumps(content), file=answers, flush=True)

    sys.dont_write_bytecode = True
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # warns where there is no GPU
    import torch

    import_bytes = resident_bytes("VmRSS")
    torch.set_num_threads(arguments.threads)
    try:
        iteration = torch_iteration(torch, arguments)
        iteration()  # compiles
    except Exception as error:  # whatever it is, the other side reports it
        answer(error=summary(error))
        return
    answer(torch=torch.__version__, can_compile=hasattr(torch, "compile"), import_bytes=import_bytes)
    for line in sys.stdin:
        if line.strip() == "turn":
            answer(ms=time_turn(iteration, arguments))
    answer(peak_bytes=resident_bytes("VmHWM"))


class TorchSide:
    """Talks to such a process. While it is not asked for anything it sleeps."""

    def __init__(self, network, mode, arguments):
        command = [sys.executable, __file__, "--worker", mode, "--networks", network, "--program", arguments.program]
        for name in ("size", "threads", "warm_up", "rounds", "seconds"):
            command += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
        if arguments.channels_last:
            command.append("--channels-last")
        environment = os.environ | {"OMP_NUM_THREADS": str(arguments.threads)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)
        self.times = []
        self.ready = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise WorkerError(f"the process ended with status {self.process.wait()}")
        content = json.loads(line)
        if "error" in content:
            self.process.communicate()
            raise WorkerError(content["error"])
        return content

    def turn(self):
        self.process.stdin.write("turn\n")
        self.process.stdin.flush()
        self.times.append(self.answer()["ms"])

    def finish(self):
        """{"ms", "peak_bytes", "import_bytes", "torch"}"""
        self.process.stdin.close()
        found = self.ready | self.answer() | {"ms": statistics.median(self.times)}
        self.process.wait()
        return found


class DipperSide:
    """bench_iteration, started anew for each turn."""

    def __init__(self, network, arguments):
        self.command = [arguments.program, "--network", network, "--size", str(arguments.size), "--threads",
                        str(arguments.threads), "--warmup", str(arguments.warm_up), "--rounds", str(arguments.rounds),
                        "--seconds", str(arguments.seconds), "--json"]
        self.times, self.peaks = [], []

    def turn(self):
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        with process.stdout:
            out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"bench_iteration ended with status {process.returncode}")
        self.times.append(json.loads(out)["ms"])
        self.peaks.append(1024 * usage.ru_maxrss)

    def finish(self):
        return {"ms": statistics.median(self.times), "peak_bytes": max(self.peaks)}


def start_torch(network, arguments):
    """{mode: side} of the modes that work here."""
    sides = {}
    for mode in arguments.modes:
        if mode == "compile" and not all(side.ready["can_compile"] for side in sides.values()):
            continue
        try:
            sides[mode] = TorchSide(network, mode, arguments)
        except WorkerError as error:
            if mode == "eager":
                raise SystemExit(f"PyTorch failed on {network}: {error}") from None
            print(f"{network}: torch.compile failed, so only eager mode counts. {error}", file=sys.stderr)
    if not sides:
        raise SystemExit(f"there is nothing to compare with {network} in dipper")
    return sides


def compare(network, arguments):
    """{"eager" or "compile" or "dipper": figures}"""
    sides = start_torch(network, arguments) | {"dipper": DipperSide(network, arguments)}
    for _ in range(arguments.turns):
        warn_if_busy()
        for side in sides.values():
            side.turn()
    return {name: side.finish() for name, side in sides.items()}


def rows_of(network, found, arguments, where):
    dipper, layout = found["dipper"], "-channels-last" if arguments.channels_last else ""
    return [where | {"torch": torch["torch"], "mode": mode + layout, "network": network, "size": arguments.size,
                     "threads": arguments.threads, "torch_ms": f"{torch['ms']:.3f}", "dipper_ms": f"{dipper['ms']:.3f}",
                     "ratio": f"{torch['ms'] / dipper['ms']:.3f}", "torch_peak_bytes": torch["peak_bytes"],
                     "torch_import_bytes": torch["import_bytes"], "dipper_peak_bytes": dipper["peak_bytes"]}
            for mode, torch in found.items() if mode != "dipper"]


def print_heading(found, arguments, where):
    torch = next(iter(found.values()))
    layout = ", channels last" if arguments.channels_last else ""
    print(f"{where['machine']}, {in_threads(arguments.threads)}, {arguments.size}x{arguments.size}, "
          f"commit {where['commit']}")
    print(f"PyTorch {torch['torch']}{layout}, {torch['import_bytes'] / 1e6:.0f} MB once imported")
    if not torch["can_compile"] and "compile" in arguments.modes:
        print("This PyTorch has no torch.compile.")
    print(f"{'ms':<20}{'eager':>10}{'compiled':>10}{'dipper':>10}{'ratio':>8}    "
          f"{'MB: eager':>10}{'compiled':>10}{'dipper':>10}")


def print_line(network, found):
    def columns(key, unit, digits):
        return "".join(f"{found[name][key] / unit:>10.{digits}f}" if name in found else f"{'-':>10}"
                       for name in (*MODES, "dipper"))

    fastest = min(side["ms"] for name, side in found.items() if name != "dipper")
    ratio = fastest / found["dipper"]["ms"]
    print(f"{network:<20}{columns('ms', 1, 2)}{ratio:>8.2f}    {columns('peak_bytes', 1e6, 0)}", flush=True)


def main():
    arguments = parse_arguments()
    if arguments.worker:
        work(arguments)
        return
    where = origin()
    for number, network in enumerate(arguments.networks):
        found = compare(network, arguments)
        if number == 0:
            print_heading(found, arguments, where)
        print_line(network, found)
        if arguments.csv:
            append_csv(arguments.csv, rows_of(network, found, arguments, where))


if __name__ == "__main__":
    main()
