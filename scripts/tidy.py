#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy with .clang-tidy over our C++ files; any finding fails.

    scripts/tidy.py [-p BUILD] [-j JOBS] [FILE...]
A file that was clean is not read again while it, its headers, its flags and .clang-tidy stay what they were: what was
clean is noted in ~/.cache/dipper/tidy (or under $XDG_CACHE_HOME).
"""
import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-14"  # other versions know other checks: everybody uses Debian 12's
CLEAN = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dipper" / "tidy"

# Highway compiles these once per instruction set by including them again and again (foreach_target). The text is the same
# each time, so one instruction set is enough, and it has to be one that has fused multiply-add.
KERNEL_FLAGS = ["--extra-arg=-DHWY_COMPILE_ONLY_STATIC", "--extra-arg=-mavx2", "--extra-arg=-mfma"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-p", dest="build", default="build", help="the configured build folder (default: build)")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="files at a time (default: one per core)")
    parser.add_argument("files", nargs="*", metavar="FILE", help="relative to the root (default: all that the build compiles)")
    return parser.parse_args()


def compile_commands(build):
    """{file, relative to the root: its compiler's words}, without the generated files in the build folder."""
    database = ROOT / build / "compile_commands.json"
    if not database.exists():
        sys.exit(f"{database} is missing: run cmake --preset release")
    commands = {}
    for entry in json.loads(database.read_text()):
        file = os.path.relpath(entry["file"], ROOT)
        if not file.startswith(("..", f"{build}/")):
            commands[file] = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache")]
    return commands


def fingerprint(file, command, flags):
    """Of all that decides what is found in a file; None where the compiler can't read it. Comments count, since they
    hold NOLINT."""
    without_output = command[:command.index("-o")]
    listed = subprocess.run([*without_output, "-M", file], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        return None
    words = listed.stdout.replace("\\\n", " ").split()[1:]
    hashed = hashlib.sha256()
    hashed.update(" ".join([*without_output, *flags]).replace(str(ROOT), "").encode())
    for path in [str(ROOT / ".clang-tidy"), *words]:
        hashed.update((ROOT / path).read_bytes())
    return hashed.hexdigest()


def look(file, command, build):
    """What clang-tidy found, or an empty text."""
    flags = KERNEL_FLAGS if file.startswith("src/kernels/cpu/") else []
    key = fingerprint(file, command, flags)
    if key and (CLEAN / key).exists():
        return ""
    done = subprocess.run([TIDY, "-p", build, "--quiet", *flags, file], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        if key:
            (CLEAN / key).touch()
        return ""
    kept = [line for line in done.stdout.splitlines() if not re.match(r"\d+ warnings? (generated|treated)", line)]
    return "\n".join(kept) or f"{file}: {TIDY} ended with {done.returncode}"


def main():
    arguments = parse_arguments()
    if not shutil.which(TIDY):
        sys.exit(f"{TIDY} is missing: run scripts/install_dependencies.sh lint")
    commands = compile_commands(arguments.build)
    unknown = [file for file in arguments.files if file not in commands]
    if unknown:
        sys.exit(f"not compiled by {arguments.build}, so there are no flags to read it with: {', '.join(unknown)}")
    CLEAN.mkdir(parents=True, exist_ok=True)
    files = arguments.files or sorted(commands)
    print(f"clang-tidy: {len(files)} files", flush=True)
    failed = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for findings in pool.map(lambda file: look(file, commands[file], arguments.build), files):
            if findings:
                failed += 1
                print(findings, flush=True)
    if failed:
        sys.exit(f"clang-tidy: findings in {failed} files")
    print("clang-tidy: clean")


if __name__ == "__main__":
    main()
