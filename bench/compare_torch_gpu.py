# SPDX-License-Identifier: Apache-2.0
"""Times one iteration of a fit on a GPU: in PyTorch, as fast as it can be made, and in dipper.

    python3 bench/compare_torch_gpu.py [--networks skip] [--precisions bf16] [--size 512] [--program PATH] [--csv FILE]
An iteration: z += randn / 30, forward, masked sum of squares, backward, fused Adam. PyTorch runs it eagerly, as one CUDA
graph, and as one CUDA graph of what torch.compile made of the network; in tf32 (float32 with TF32 convolutions) or bf16
(autocast); in both layouts of its tensors. The median of --rounds iterations counts, timed one by one with events. The ratio is that of
PyTorch's fastest way over dipper.
"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = ("hourglass-shuffle", "hourglass-deconv", "skip")
WAYS = ("eager", "graph", "compile")
LAYOUTS = ("contiguous", "channels-last")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", choices=NETWORKS, nargs="+", default=NETWORKS)
    parser.add_argument("--precisions", choices=("tf32", "bf16"), nargs="+", default=("tf32", "bf16"))
    parser.add_argument("--ways", choices=WAYS, nargs="+", default=WAYS)
    parser.add_argument("--layouts", choices=LAYOUTS, nargs="+", default=LAYOUTS)
    parser.add_argument("--seconds", type=float, default=1e9, help="begin nothing new of PyTorch's after so many")
    parser.add_argument("--mode", default="default", help="torch.compile's mode; max-autotune-no-cudagraphs takes minutes")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--program", type=Path, default=ROOT / "build-cuda" / "bench" / "bench_iteration")
    parser.add_argument("--csv", type=Path, help="append the rows to this file")
    return parser.parse_args()


class Iteration:
    """One network with its optimiser and its data on the GPU."""

    def __init__(self, name, precision, way, layout, arguments):
        from networks import ALL_NETWORKS
        torch.manual_seed(0)
        size = arguments.size
        self.network = ALL_NETWORKS[name]().cuda().to(memory_format=layout)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-4, fused=True, capturable=True)
        self.z = torch.randn(1, self.network.input_channels, size, size, device="cuda").contiguous(memory_format=layout)
        self.mask = (torch.rand(1, 1, size, size, device="cuda") < 0.5).float()
        self.masked_y = self.mask * torch.rand(1, 3, size, size, device="cuda")
        self.bf16 = precision == "bf16"
        self.loss = torch.compile(self.loss_of, mode=arguments.mode) if way == "compile" else self.loss_of
        self.run = self.step if way == "eager" else self.captured()

    def loss_of(self, z):
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=self.bf16):
            x = self.network(z)
        return torch.sum((self.mask * x.float() - self.masked_y)**2)

    def step(self):
        self.z.add_(torch.randn_like(self.z), alpha=1 / 30)
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.z).backward()
        self.optimizer.step()

    def captured(self):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step()
        return graph.replay

    def milliseconds(self, rounds):
        for _ in range(5):
            self.run()
        times = []
        for _ in range(rounds):
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            self.run()
            end.record()
            end.synchronize()
            times.append(start.elapsed_time(end))
        return statistics.median(times)


def time_torch(name, precision, way, layout_name, arguments):
    layout = torch.channels_last if layout_name == "channels-last" else torch.contiguous_format
    began = time.time()
    try:
        ms = Iteration(name, precision, way, layout, arguments).milliseconds(arguments.rounds)
    except Exception as error:  # one way that fails does not keep the others from being timed
        print(f"{name} {precision} {way} {layout_name}: {type(error).__name__} {str(error)[:200]}", file=sys.stderr)
        return None
    finally:
        torch.compiler.reset()
        torch.cuda.empty_cache()
    print(f"  {name} {precision} {way} {layout_name}: {ms:.3f} ms (ready after {time.time() - began:.0f} s)",
          file=sys.stderr, flush=True)
    return ms


def time_dipper(name, precision, arguments):
    command = [arguments.program, "--network", name, "--size", str(arguments.size), "--device", "cuda", "--precision",
               precision, "--warmup", "20", "--rounds", "200", "--json"]
    # PyTorch brings libraries of its own; the program has others.
    environment = os.environ | {"LD_LIBRARY_PATH": os.environ.get("DIPPER_LIBRARIES", "")}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if result.returncode != 0:
        print(f"{name} {precision}: {result.stderr.strip()}", file=sys.stderr)
        return None
    return json.loads(result.stdout)["ms"]


def main():
    arguments = parse_arguments()
    sys.path.insert(0, str(ROOT / "tests" / "golden"))
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    rows, began = [], time.time()
    for name in arguments.networks:
        for precision in arguments.precisions:
            row = {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__, "network": name,
                   "size": arguments.size, "precision": precision}
            row["dipper_ms"] = time_dipper(name, precision, arguments)
            times = {(way, layout): time_torch(name, precision, way, layout, arguments)
                     for way in arguments.ways for layout in arguments.layouts
                     if time.time() - began < arguments.seconds}
            times = {key: ms for key, ms in times.items() if ms is not None}
            best = min(times, key=times.get) if times else None
            row |= {"eager_ms": times.get(("eager", "contiguous")), "best_ms": times.get(best),
                    "best_way": " ".join(best) if best else ""}
            if row["dipper_ms"] and best:
                row["ratio"] = row["best_ms"] / row["dipper_ms"]
            rows.append({key: f"{value:.4f}" if isinstance(value, float) else value for key, value in row.items()})
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items() if key not in ("gpu", "torch")))
    if arguments.csv and rows:
        new = not arguments.csv.exists()
        with arguments.csv.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, max(rows, key=len).keys())
            if new:
                writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
