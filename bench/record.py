# SPDX-License-Identifier: Apache-2.0
"""What the scripts here share: where a figure was measured, and how it is kept."""
import csv
import datetime
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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


def append_csv(path, rows):
    """Adds rows of one set of columns; a file that has other columns is left alone."""
    if not rows:
        return
    columns = list(rows[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
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
