#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the documents say against the tree: README's library example is examples/inpaint.cpp, a file that a diff
shows as new is what it shows, every link to a file of ours leads somewhere, and every option that a command line shows
is one that the command knows.

One line a finding and a total. The options are checked when the program is there to ask.
Usage: scripts/check_docs.py [ROOT [PROGRAM]]          (default: the repository and its build/dipper)
"""
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
CODE_SPAN = re.compile(r"```.*?```", re.S)
COMMAND = re.compile(r"^\s*(?:\$ )?(?:build/)?dipper (\w+)((?:[^\n\\]|\\\n)*)", re.M)
OPTION = re.compile(r"(?<![\w-])(--?[a-z][a-z-]*)")


def documents(root):
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def code_block(text, language):
    match = re.search(rf"```{language}\n(.*?)```", text, re.S)
    return match[1] if match else None


def check_example(root):
    block = code_block((root / "README.md").read_text(encoding="utf-8"), "cpp")
    source = (root / "examples" / "inpaint.cpp").read_text(encoding="utf-8").split("\n", 1)[1]
    if block != source:
        yield "README.md: the library example differs from examples/inpaint.cpp (below its first line)"


def check_new_files(root):
    """`+++ PATH` begins a file that a diff shows whole, `--- PATH` one of which it shows a part."""
    for document in documents(root):
        for block in re.findall(r"```diff\n(.*?)```", document.read_text(encoding="utf-8"), re.S):
            for name, shown in re.findall(r"^\+\+\+ (\S+)\n((?:\+(?!\+\+ ).*\n)*)", block, re.M):
                file = root / name
                lines = [line[1:] for line in shown.splitlines()]
                if not file.is_file() or file.read_text(encoding="utf-8").splitlines() != lines:
                    yield f"{document.relative_to(root)}: {name} is not what the diff shows"


def check_links(root):
    for document in documents(root):
        for target in LINK.findall(CODE_SPAN.sub("", document.read_text(encoding="utf-8"))):
            if not (document.parent / target).exists():
                yield f"{document.relative_to(root)}: {target} does not exist"


def check_options(root, program):
    helps = {}
    for document in documents(root):
        for block in re.findall(r"```(?:sh|console|bash)\n(.*?)```", document.read_text(encoding="utf-8"), re.S):
            for command, rest in COMMAND.findall(block):
                if command not in helps:
                    asked = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=False)
                    helps[command] = asked.stdout if asked.returncode == 0 else None
                if helps[command] is None:
                    yield f"{document.relative_to(root)}: dipper has no command {command}"
                    continue
                known = set(OPTION.findall(helps[command]))
                for option in OPTION.findall(rest.split("#")[0]):
                    if option not in known:
                        yield f"{document.relative_to(root)}: dipper {command} has no {option}"


def main(root, program):
    root = pathlib.Path(root)
    findings = [*check_example(root), *check_new_files(root), *check_links(root)]
    if pathlib.Path(program).is_file():
        findings += check_options(root, program)
    else:
        print(f"check_docs: {program} is not built, so options are not checked")
    for finding in findings:
        print(finding)
    print(f"check_docs: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parent.parent
    ROOT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    sys.exit(main(ROOT, sys.argv[2] if len(sys.argv) > 2 else ROOT / "build" / "dipper"))
