#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the house rules that a compiler does not: which way includes point, where other libraries' headers may be
named, no features by #ifdef, file lengths, SPDX lines, and a test file for every source file.

One line a finding and a total; the exit status is 1 when there is any. Warnings do not count.
Usage: scripts/check_includes.py [ROOT]
"""
import pathlib
import re
import sys

# A folder may include itself and those of a lower number; two of one number do not know each other.
ORDER = {
    "base": 0, "image": 1, "classic": 2, "damage": 2, "kernels": 2, "graph": 3, "ops": 4, "nets": 5, "tasks": 5,
    "fit": 6, "report": 7, "api": 8, "view": 9, "cli": 10, "batch": 9, "python": 9,
}  # fmt: skip
PUBLIC_HEADERS = {"error.hpp": "base", "image.hpp": "image", "damage.hpp": "damage", "report.hpp": "report", "dipper.hpp": "api"}

# Other libraries' headers, and the folders of src that may name them. Their tests may too.
OTHERS = [
    (r"openssl/.*", ["base"]),
    (r"png\.h|jpeglib\.h|jerror\.h|tiff(io)?\.h", ["image"]),
    (r"webp/.*|lcms2.*\.h", ["image", "report"]),
    (r"gif_lib\.h|sixel\.h", ["report"]),
    (r"ft2build\.h|freetype/.*", ["damage"]),
    (r"libqhull.*", ["classic"]),
    (r"hwy/.*|\w*intrin\.h|arm_neon\.h", ["kernels/cpu"]),
    (r"cuda.*|cudnn.*|cublas.*|cooperative_groups.*|nv\w+\.h", ["kernels/cuda", "emulated_cuda"]),
    (r"toml\+\+/.*|toml\.hpp", ["fit"]),
    (r"CLI/.*", ["cli", "bench"]),
    (r"boost/context/.*", ["emulated_cuda"]),
    (r"boost/.*", ["view"]),
    (r"mpi\.h", ["batch"]),
    (r"pybind11/.*", ["python"]),
]

# Source files (or whole folders) without a test file of their own, and why.
NO_TEST = {
    "src/kernels/ref/": "tests/kernels runs every row of tests/cases.hpp on every backend",
    "src/kernels/cpu/": "tests/kernels runs every row of tests/cases.hpp on every backend",
    "src/kernels/cuda/": "tests/kernels/cuda_test.cpp runs every row of tests/cases.hpp on it, on a device or an emulated one",
    "src/ops/": "builders of one call each, all of them in tests/ops/ops_test.cpp",
    "src/cli/main.cpp": "run as a whole by tests/e2e",
    "src/cli/view_options.cpp": "tests/cli/cmd_view_test.cpp and watched_run_test.cpp run what it declares",
}

# Files that may ask the compiler something, and why. Highway's own toggles in kernels/cpu are allowed anyway.
MAY_ASK = {
    "src/base/thread_pool.cpp": "which processor it is, for the pause of a waiting thread",
}

LONG, TOO_LONG = 400, 450
CODE = {".cpp", ".hpp", ".h", ".cu", ".cuh"}
WITH_SPDX = CODE | {".py", ".sh", ".cmake", ".in", ".toml"}
FOLDERS = ["include", "src", "tests", "bench", "examples", "scripts", "cmake", "recipes", "python", ".ci"]
SPDX = "SPDX-License-Identifier: Apache-2.0"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b(.*)")
# What a GPU's generation can do differs within one file, which is compiled once for each.
DEVICE = re.compile(r"__CUDA_ARCH")
HIGHWAY = re.compile(r"\bHWY_(ONCE|TARGET|TARGET_TOGGLE|IDE|COMPILER_GCC_ACTUAL)\b|\bDIPPER_\w+_INL\b")


class House:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.findings = []
        self.warnings = []

    def find(self, file, line, message):
        self.findings.append(f"{file.relative_to(self.root)}:{line}: {message}")

    def files(self):
        names = [self.root / name for name in ("CMakeLists.txt", "demo.sh", "test.sh")]
        for folder in FOLDERS:
            names += (self.root / folder).rglob("*")
        return sorted(f for f in names if f.is_file() and "__pycache__" not in f.parts)

    def check(self):
        for file in self.files():
            is_code = file.suffix in CODE
            is_script = file.parent.name == ".ci" or file.name == "CMakeLists.txt"
            if not (is_code or is_script or file.suffix in WITH_SPDX):
                continue
            lines = file.read_text(encoding="utf-8").splitlines()
            self.check_text(file, lines)
            if is_code:
                self.check_code(file, lines)
        self.check_mirror()
        return self.findings

    def check_text(self, file, lines):
        # The first line, but for an interpreter's and a recipe's summary.
        first = 1 if lines and (lines[0].startswith("#!") or file.suffix == ".toml") else 0
        if len(lines) <= first or SPDX not in lines[first]:
            self.find(file, first + 1, f"the line '{SPDX}' is missing")
        if len(lines) > TOO_LONG:
            self.find(file, len(lines), f"{len(lines)} lines: split it, {LONG} are the limit")
        elif len(lines) > LONG:
            self.warnings.append(f"{file.relative_to(self.root)}: warning: {len(lines)} lines, {LONG} are the limit")

    def check_code(self, file, lines):
        guard = None
        for number, line in enumerate(lines, 1):
            if match := INCLUDE.match(line):
                self.check_include(file, number, *match.groups())
            elif match := CONDITION.match(line):
                following = lines[number] if number < len(lines) else ""
                if guard is None and match[1] == "ifndef" and following.split()[1:] == match[2].split():
                    guard = number
                elif not self.may_ask(file, match[2]):
                    self.find(file, number, f"#{match[1]}{match[2]}: features are chosen in CMake, by the file linked")

    def may_ask(self, file, condition):
        home = file.relative_to(self.root).as_posix()
        if home.startswith("src/kernels/cuda/"):
            return DEVICE.search(condition)
        return home in MAY_ASK or (home.startswith("src/kernels/cpu/") and HIGHWAY.search(condition))

    def layer_of(self, path):
        """The folder that a file belongs to, or None for tests, benches and examples, which may use everything."""
        parts = path.relative_to(self.root).parts
        if parts[:2] == ("include", "dipper"):
            return PUBLIC_HEADERS.get(parts[-1])
        if parts[0] == "src" and len(parts) > 2:
            return parts[1]
        return "python" if parts[0] == "python" else None

    def check_include(self, file, number, quote, name):
        for pattern, folders in OTHERS:
            if re.fullmatch(pattern, name):
                home = file.relative_to(self.root).as_posix()
                if not any(home.startswith((f"src/{f}/", f"tests/{f}/", f"{f}/")) for f in folders):
                    self.find(file, number, f"<{name}> may be named in {' and '.join(folders)} only")
                return
        if quote == "<" and not name.startswith("dipper/"):
            return
        places = [self.root / "src", self.root / "include", self.root / "tests", file.parent]
        target = next((p / name for p in places if (p / name).is_file()), None)
        if target is None:
            self.find(file, number, f'"{name}" is no header of ours: write it from src/ or include/')
            return
        target = target.resolve().relative_to(self.root.resolve())
        self.check_arrow(file, number, name, self.root / target)

    def check_arrow(self, file, number, name, target):
        source_layer, target_layer = self.layer_of(file), self.layer_of(target)
        if source_layer is None:
            if "examples" in file.parts and target.relative_to(self.root).parts[0] != "include":
                self.find(file, number, f'"{name}": examples use the public headers only')
            return
        if source_layer not in ORDER:
            self.find(file, number, f"the folder {source_layer} has no place in the order: add it to scripts/check_includes.py")
        elif target_layer not in ORDER:
            self.find(file, number, f'"{name}" has no place in the order of folders')
        elif source_layer != target_layer and ORDER[target_layer] >= ORDER[source_layer]:
            self.find(file, number, f'"{name}" points up: {source_layer} must not know {target_layer}')
        elif target_layer == "kernels":
            self.check_backends(file, number, name, target)

    def check_backends(self, file, number, name, target):
        """cpu and cuda do not know each other, and nobody above the seam knows a backend."""
        backends = ("ref", "cpu", "cuda")
        to = target.relative_to(self.root / "src").parts[1]
        if to not in backends:
            return
        source = file.relative_to(self.root / "src").parts
        if source[0] != "kernels" or (source[1] != to and to != "ref"):
            self.find(file, number, f'"{name}": a backend is used through kernels/backend.hpp')

    def check_mirror(self):
        for exception in NO_TEST:
            if not (self.root / exception).exists():
                self.findings.append(f"scripts/check_includes.py:1: {exception} is excused from a test but does not exist")
        for source in sorted((self.root / "src").rglob("*.c*")):
            home = source.relative_to(self.root)
            test = self.root / "tests" / home.relative_to("src").parent / f"{home.stem}_test.cpp"
            excused = any(home.as_posix() == e or e.endswith("/") and home.as_posix().startswith(e) for e in NO_TEST)
            if source.suffix in (".cpp", ".cu") and not excused and not test.is_file():
                self.find(source, 1, f"{test.relative_to(self.root)} is missing")


def main(root):
    house = House(root)
    house.check()
    for line in house.warnings + house.findings:
        print(line)
    print(f"check_includes: {len(house.findings)} findings, {len(house.warnings)} warnings")
    return 1 if house.findings else 0


if __name__ == "__main__":
    default = pathlib.Path(__file__).resolve().parent.parent
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else default))
