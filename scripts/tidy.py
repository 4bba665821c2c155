#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy with .clang-tidy over our C++ files; any finding fails.

    scripts/tidy.py [-p BUILD] [-j JOBS] [FILE...]
Without names, files with the same flags are read joined, several at a time, since their common headers take most of the
time.
Where that finds anything, each is read alone, and only what is found then counts.
What was clean is not read again while it, its headers, its flags and .clang-tidy stay what they were: it is noted in
~/.cache/dipper/tidy (or under $XDG_CACHE_HOME).
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

from joining import groups

ROOT = Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-14"  # other versions know other checks: everybody uses Debian 12's
CLEAN = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dipper" / "tidy"

# Highway compiles these once per instruction set by including them again and again (foreach_target). The text is the same
# each time, so one instruction set is enough, and it has to be one that has fused multiply-add.
KERNELS = "src/kernels/cpu/"
KERNEL_FLAGS = ["--extra-arg=-DHWY_COMPILE_ONLY_STATIC", "--extra-arg=-mavx2", "--extra-arg=-mfma"]

# The static analyser gives a function up after so many steps: a ninth of what is usual, and less than half of the time.
ANALYSER_FLAGS = [f"--extra-arg={word}" for word in ["-Xclang", "-analyzer-config", "-Xclang", "max-nodes=25000"]]

JOINED = 16  # files at most

SETTINGS = [".clang-tidy", "tests/.clang-tidy"]

# These see only the file that clang-tidy was given, not what it includes, and have work only where such lines are.
BLIND_CHECKS = "--checks=-*,misc-unused-alias-decls,misc-unused-using-decls,readability-redundant-preprocessor"
BLIND_LINES = re.compile(r"^\s*(using [\w:]+;|namespace \w+ =|#\s*if)", re.MULTILINE)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-p", dest="build", default="build", help="the configured build folder (default: build)")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="files at a time (default: one per core)")
    parser.add_argument("files", nargs="*", metavar="FILE", help="relative to the root (default: all that the build compiles)")
    return parser.parse_args()


def compile_commands(build):
    """{file, relative to the root: its compiler and flags}, without the generated files in the build folder, but with
    what those of joined files name."""
    database = ROOT / build / "compile_commands.json"
    if not database.exists():
        sys.exit(f"{database} is missing: run cmake --preset release")
    commands = {}
    for entry in json.loads(database.read_text()):
        words = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache")]
        joined = "/Unity/unity_" in entry["file"]
        for file in re.findall(r'#include "(.*)"', Path(entry["file"]).read_text()) if joined else [entry["file"]]:
            file = os.path.relpath(file, ROOT)
            if file.endswith(".cpp") and not file.startswith(("..", f"{build}/")):
                commands[file] = words[:words.index("-o")]
    return commands


def fingerprint(command, file, flags):
    """Of all that decides what is found in a file; None where the compiler can't read it. Comments count, since they
    hold NOLINT."""
    listed = subprocess.run([*command, "-M", file], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        return None
    words = listed.stdout.replace("\\\n", " ").split()[1:]
    hashed = hashlib.sha256()
    hashed.update(" ".join([*command, *ANALYSER_FLAGS, *flags]).replace(str(ROOT), "").encode())
    for path in [*SETTINGS, *words]:
        hashed.update((ROOT / path).read_bytes())
    return hashed.hexdigest()


def look(file, command, flags):
    """What clang-tidy found, or an empty text."""
    key = fingerprint(command, file, flags)
    if key and (CLEAN / key).exists():
        return ""
    done = subprocess.run([TIDY, "--quiet", *ANALYSER_FLAGS, *flags, file, "--", *command[1:]], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        if key:
            (CLEAN / key).touch()
        return ""
    kept = [line for line in done.stdout.splitlines() if not re.match(r"\d+ warnings? (generated|treated)", line)]
    return "\n".join(kept) or f"{file}: {TIDY} ended with {done.returncode}"


def look_alone(file, command):
    return look(file, command, KERNEL_FLAGS if file.startswith(KERNELS) else [])


def look_where_blind(file, command):
    """What those checks find that see nothing in joined files."""
    return look(file, command, [BLIND_CHECKS]) if BLIND_LINES.search((ROOT / file).read_text()) else ""


def joinable(commands):
    """[[file, ...]]: files with the same flags that can be read as one."""
    alike = {}
    for file, command in sorted(commands.items()):
        settings = Path(file).parts[0]  # those of the tests are others
        kind = file if file.startswith(KERNELS) else (settings, *command)
        alike.setdefault(kind, []).append(file)
    found = [[os.path.relpath(file, ROOT) for file in group]
             for files in alike.values() for group in groups((ROOT / file for file in files), JOINED)]
    # The longest first, so that no core waits for one at the end.
    return sorted(found, key=lambda files: -sum(size_of(file) for file in files))


def size_of(file):
    return (ROOT / file).stat().st_size


def look_joined(files, command, build):
    """What clang-tidy found in each file that is not clean."""
    if len(files) > 1:
        # The static analyser takes what such a name includes for code, not for headers.
        joined = ROOT / build / "tidy" / Path(files[0]).with_suffix("") / "UnifiedSource.cpp"
        joined.parent.mkdir(parents=True, exist_ok=True)
        joined.write_text("".join(f'#include "{ROOT / file}"  // NOLINT\n' for file in files))
        ours = "|".join(re.escape(str(ROOT / file)) for file in files)
        headers = re.search(r"HeaderFilterRegex: '(.*)'", (ROOT / ".clang-tidy").read_text())[1]
        if not look(str(joined), command, [f"--header-filter={headers}|^({ours})$"]):
            return list(filter(None, (look_where_blind(file, command) for file in files)))
    return list(filter(None, (look_alone(file, command) for file in files)))


def copy_settings(build):
    """clang-tidy looks for its settings in the folders above a file: above joined ones too."""
    for settings in SETTINGS:
        copy = ROOT / build / "tidy" / settings
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / settings, copy)


def main():
    arguments = parse_arguments()
    if not shutil.which(TIDY):
        sys.exit(f"{TIDY} is missing: run scripts/install_dependencies.sh lint")
    commands = compile_commands(arguments.build)
    unknown = [file for file in arguments.files if file not in commands]
    if unknown:
        sys.exit(f"not compiled by {arguments.build}, so there are no flags to read it with: {', '.join(unknown)}")
    CLEAN.mkdir(parents=True, exist_ok=True)
    copy_settings(arguments.build)
    groups = [[file] for file in arguments.files] or joinable(commands)
    print(f"clang-tidy: {sum(map(len, groups))} files", flush=True)
    failed = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for found in pool.map(lambda files: look_joined(files, commands[files[0]], arguments.build), groups):
            failed += len(found)
            for findings in found:
                print(findings, flush=True)
    if failed:
        sys.exit(f"clang-tidy: findings in {failed} files")
    print("clang-tidy: clean")


if __name__ == "__main__":
    main()
