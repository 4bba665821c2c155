#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many runs lose something when the system fails them: every call by which files are written, and every allocation.

Runs tests/faults, which tries a few of them in ./test.sh, with all: each call fails once with each of three errors, and
from each one on with ENOSPC; each allocation fails once, and from each one on. After each run the exit code has to be 0
or 2 with one sentence, each output whole or as it was before, the input untouched, and nothing left over.
Usage: bench/faults.py [EVERY [PROGRAM]]         (default: 1, of build/tests/faults/test_faults)
With EVERY only each so-many-th allocation fails, which takes that much less than an hour or two; the calls all do.
"""
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

TESTS = [f"Of/Allocations.{name}/{work}" for work in ("Fit", "Resumed", "Bm3d", "Cubic")
         for name in ("OneThatFailsOnceLosesNothing", "AllThatFailFromOneOnLoseNothing")]  # fmt: skip
TESTS += ["Calls.OneThatFailsOnceLosesNothing", "Calls.AllThatFailFromOneOnLoseNothing"]


def run(program, test, every):
    environment = os.environ | {"DIPPER_TEST_EVERY": str(every if "Allocations" in test else 1)}
    said = subprocess.run([program, f"--gtest_filter={test}"], env=environment, stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"^tally: (.*): (\d+) (\d+) (\d+)$", said, re.MULTILINE)
    if not found or int(found[4]) > 0:
        print(said)
    return found[1].split(",")[0] if found else test, [int(found[n]) for n in (2, 3, 4)] if found else [0, 0, 1]


def main(every, program):
    began = time.monotonic()
    sums = collections.defaultdict(lambda: [0, 0, 0])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for what, counts in pool.map(lambda test: run(program, test, every), TESTS):
            sums[what] = [a + b for a, b in zip(sums[what], counts)]
    for what, (done, told, wrong) in sums.items():
        print(f"{done + told + wrong} {what}: {done} runs ended well, {told} said so in one sentence, "
              f"{wrong} lost or truncated a file, or ended otherwise")
    print(f"in {time.monotonic() - began:.0f} s")
    return 1 if any(wrong for _, _, wrong in sums.values()) else 0


if __name__ == "__main__":
    ROOT = pathlib.Path(__file__).resolve().parent.parent
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1,
                  sys.argv[2] if len(sys.argv) > 2 else str(ROOT / "build/tests/faults/test_faults")))
