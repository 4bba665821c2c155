# SPDX-License-Identifier: Apache-2.0
"""What the scripts here share: where a figure was measured, and how it is kept."""
import csv
import datetime
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def commit():
    command = ["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "none"


def origin():
    """The first columns of every row."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    return {"date": today, "commit": commit(), "machine": machine()}


def busy_seconds():
    """Of all cores together, since the machine started."""
    with open("/proc/stat", encoding="utf-8") as lines:
        user, nice, system, _, _, interrupts, soft_interrupts = map(int, lines.readline().split()[1:8])
    return (user + nice + system + interrupts + soft_interrupts) / os.sysconf("SC_CLK_TCK")


def warn_if_busy(seconds=0.5):
    """To be called while nothing of ours runs. Threads that wait for each other lose far more than their share."""
    before = busy_seconds()
    time.sleep(seconds)
    cores = (busy_seconds() - before) / seconds
    if cores > 0.25:
        print(f"warning: other work keeps {cores:.1f} cores busy, so that these figures mean little", file=sys.stderr)


def in_threads(count):
    return f"{count} thread{'s' if count != 1 else ''}"


def add_csv_option(parser, name):
    """--csv [FILE]: nothing is kept without it."""
    parser.add_argument("--csv", type=Path, nargs="?", const=RESULTS / name, metavar="FILE",
                        help=f"append the figures to FILE, or to bench/results/{name} when none is named")


def append_csv(path, rows):
    """Adds rows of one set of columns; a file that has other columns is left alone."""
    if not rows:
        return
    columns = list(rows[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists() or path.stat().st_size == 0
    if not is_new:
        with path.open(newline="", encoding="utf-8") as file:
            found = next(csv.reader(file), [])
        if found != columns:
            raise SystemExit(f"{path} has other columns ({', '.join(found)}): give another file")
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows(rows)
