#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which C++ files of a folder can be compiled as one, so that their common headers are read once.

    scripts/joining.py FILE...    prints FILE=GROUP for each, with ; between them, for cmake/DipperJoin.cmake
"""
import re
import sys
from pathlib import Path

JOINED = 8  # files at most: more leave a core without work at the end


class Names:
    """What a file names outside of its classes and functions, and a little more."""

    def __init__(self, file):
        text = Path(file).read_text()
        # Variables and parameters too: `Type name` before a value, a comma, or an end.
        self.declared = set(re.findall(r"[\w>&*](?<!\breturn) [&*]?(\w+)(?: =|[;,(){}\[:])", text))
        self.defined = set()
        self.constants = set()
        for line in text.splitlines():
            if re.match(r"(TEST|INSTANTIATE_|namespace|using|[^A-Za-z])", line):
                continue
            if found := re.search(r"(\w+)(?: final)?(?:\(|\[|\{|;| =| :| \{|$)", line):
                self.defined.add(found[1])
                if line.startswith("const"):
                    self.constants.add(found[1])

    def clash_with(self, other):
        """Whether both define a name, or what one declares would shadow a constant of the other."""
        return self.defined & other.defined or self.constants & other.declared or other.constants & self.declared


def groups(files):
    """[[file, ...]]: files that can be one."""
    found = []  # [(file, names), ...] each
    for file in files:
        names = Names(file)
        group = next((group for group in found if len(group) < JOINED and
                      not any(names.clash_with(other) for _, other in group)), None)
        if group is None:
            found.append(group := [])
        group.append((file, names))
    return [[file for file, _ in group] for group in found]


if __name__ == "__main__":
    print(";".join(f"{file}={number}" for number, joined in enumerate(groups(sys.argv[1:])) for file in joined), end="")
