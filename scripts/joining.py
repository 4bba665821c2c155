#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which C++ files of a folder can be compiled as one, so that their common headers are read once.

    scripts/joining.py FILE...    prints FILE=GROUP for each, with ; between them, for cmake/DipperJoin.cmake
"""
import re
import sys
from pathlib import Path

JOINED = 8  # files at most: more leave a core without work at the end


def names_defined(file):
    """What a file names outside of its classes and functions, and a little more."""
    names = set()
    for line in Path(file).read_text().splitlines():
        if re.match(r"(TEST|INSTANTIATE_|namespace|using|[^A-Za-z])", line):
            continue
        if found := re.search(r"(\w+)(?: final)?(?:\(|\[|\{|;| =| :| \{|$)", line):
            names.add(found[1])
    return names


def groups(files):
    """[[file, ...]]: files of which no two define the same name, as each its own `Options`."""
    found = []  # (files, names)
    for file in files:
        defined = names_defined(file)
        joined, names = next((group for group in found if len(group[0]) < JOINED and not defined & group[1]), ([], set()))
        if not joined:
            found.append((joined, names))
        joined.append(file)
        names |= defined
    return [joined for joined, _ in found]


if __name__ == "__main__":
    print(";".join(f"{file}={number}" for number, joined in enumerate(groups(sys.argv[1:])) for file in joined), end="")
