#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which C++ files can be compiled as one, so that their common headers are read once.

    scripts/joining.py FILE...    prints FILE=GROUP for each, with ; between them, for cmake/DipperJoin.cmake
"""
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "include", "tests")  # of headers

JOINED = 8  # files at most: more leave a core without work at the end


class Names:
    """What a file names outside of its classes and functions, and a little more."""

    def __init__(self, file):
        text = Path(file).read_text()
        # Variables and parameters too: `Type name` before a value, a comma, or an end.
        self.declared = set(re.findall(r"[\w>&*](?<!\breturn) [&*]?(\w+)(?: =|[;,(){}\[:])", text))
        self.defined = set()
        self.hidden = set()  # of what it defines: what others cannot know
        self.included = set().union(*(names_of_header(name) for name in re.findall(r'^#include "(.*)"', text, re.M)))
        self.aliases = set()  # which others may define alike
        self.constants = set()
        is_hidden = False
        for line in text.splitlines():
            is_hidden = line == "namespace {" or is_hidden and line != "}  // namespace"
            if alias := re.match(r"using (\w+) =", line):
                self.aliases.add(alias[1])
                if is_hidden:
                    self.hidden.add(alias[1])
            if re.match(r"(TEST|INSTANTIATE_|namespace|using|[^A-Za-z])", line):
                continue
            found = re.search(r"(::)?(\w+)(?: final)?(?:\(|\[|\{|;| =| :| \{|$)", line)
            if found and not found[1]:  # a class's own is no name of the file
                self.defined.add(found[2])
                if is_hidden:
                    self.hidden.add(found[2])
                if line.startswith("const"):
                    self.constants.add(found[2])

    def clash_with(self, other):
        """Whether both define a name, or what one declares would shadow a constant of the other, or what one hides has the
        name of something in the other's headers."""
        return (self.defined & other.defined or self.constants & other.declared or other.constants & self.declared or
                self.hidden & other.included or other.hidden & self.included)


@cache
def names_of_header(name):
    """What it defines, and what those that it includes do."""
    found = next((ROOT / folder / name for folder in FOLDERS if (ROOT / folder / name).exists()), None)
    if found is None:
        return set()  # made by the build
    names = Names(found)
    return names.defined | names.aliases | names.included


def groups(files, most=JOINED):
    """[[file, ...]]: files that can be one, up to so many each."""
    found = []  # [(file, names), ...] each
    for file in files:
        names = Names(file)
        group = next((group for group in found if len(group) < most and
                      not any(names.clash_with(other) for _, other in group)), None)
        if group is None:
            found.append(group := [])
        group.append((file, names))
    return [[file for file, _ in group] for group in found]


if __name__ == "__main__":
    print(";".join(f"{file}={number}" for number, joined in enumerate(groups(sys.argv[1:])) for file in joined), end="")
