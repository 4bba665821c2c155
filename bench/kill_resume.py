#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many killed fits end with the same bytes as one that nobody disturbed.

Each trial fits a 32x32 picture with a checkpoint after every iteration, kills the process (SIGKILL) at random moments
up to three times, goes on each time, and compares the pictures. Kills that fell into the writing of a checkpoint are
told by the temporary file that they leave.
Usage: bench/kill_resume.py [TRIALS [DIPPER]]          (default: 200 trials of build/dipper)
"""
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time
import zlib

# Walking noise; fresh noise with an average and rollbacks, which a high rate makes happen; through an operator.
NET = ["--recipe", "small", "--set", "skip.down=4,4", "--set", "skip.up=4", "--set", "every=1000", "--iterations", "40"]
KINDS = {
    "walk": ["inpaint", "--drop", "0.5", "--set", "input.noise=walk"],
    "average": ["denoise", "--set", "average=0.9", "--set", "rollback.every=2", "--set", "rollback.drop=0.02",
                "--set", "adam.rate=0.3", "--set", "input.noise=fresh"],
    "operator": ["upscale", "--scale", "2"],
}  # fmt: skip


def write_png(file, size):
    rows = b"".join(
        b"\0" + bytes((i * 7 + j * 5 + c * 40 + i * j) % 256 for j in range(size) for c in range(3))
        for i in range(size)
    )

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


class Trials:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.kills = self.inside = self.from_older = 0
        self.whole = {}
        for kind in KINDS:
            start = time.monotonic()
            subprocess.run(self.command(kind, "1"), cwd=folder, check=True)
            self.whole[kind] = ((folder / "out.png").read_bytes(), time.monotonic() - start)
            (folder / "out.png").unlink()

    def command(self, kind, threads):
        task, *options = KINDS[kind]
        return [self.program, task, "in.png", "-o", "out.png", "--threads", threads, "--quiet", *options, *NET,
                "--checkpoint-every", "0"]  # fmt: skip

    def run(self, kind, kill_after):
        """One process, killed after so many seconds unless it has ended; whether it has."""
        command = self.command(kind, random.choice("13"))
        checkpoint = self.folder / "out.png.checkpoint"
        if checkpoint.exists() or (self.folder / "out.png.checkpoint.1").exists():
            command += ["--resume", checkpoint.name]
        process = subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE, text=True)
        try:
            said = process.communicate(timeout=kill_after)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            said = process.communicate()[1]
        self.from_older += "so the fit goes on from" in said
        if process.returncode < 0:
            self.kills += 1
            self.inside += any(self.folder.glob(".out.png.checkpoint.*"))
            for file in self.folder.glob(".out*"):
                file.unlink()
        elif process.returncode > 0:
            print(f"{kind}: {said}", end="")
        return process.returncode >= 0

    def trial(self):
        kind = random.choice(list(KINDS))
        expected, seconds = self.whole[kind]
        moments = [random.uniform(0, 1.1 * seconds) for _ in range(random.randint(1, 3))]
        if not any(self.run(kind, moment) for moment in moments):
            self.run(kind, None)
        same = (self.folder / "out.png").exists() and (self.folder / "out.png").read_bytes() == expected
        left = {file.name for file in self.folder.iterdir()} - {"in.png", "out.png", "out_damaged.png"}
        if not same or left:
            print(f"{kind}, killed after {moments} s: {'the same' if same else 'other'} bytes, left over: {left}")
        for file in self.folder.glob("*out*"):
            file.unlink()
        return same and not left


def main(trials, program):
    random.seed(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_png(folder / "in.png", 32)
        state = Trials(str(pathlib.Path(program).resolve()), folder)
        identical = sum(state.trial() for _ in range(trials))
    print(
        f"{identical} of {trials} killed fits ended byte-identical, after {state.kills} kills, {state.inside} of them "
        f"inside the writing of a checkpoint; {state.from_older} times a run went on from the older one"
    )
    return 0 if identical == trials else 1


if __name__ == "__main__":
    ROOT = pathlib.Path(__file__).resolve().parent.parent
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200,
                  sys.argv[2] if len(sys.argv) > 2 else ROOT / "build/dipper"))
