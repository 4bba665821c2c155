#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What hostile pictures cost: each of our own cut at every hundredth and with each of its first 4,096 bits flipped, and
small files that say, or become, much more (bombs), given to the program itself.

Fails when a case is neither a picture nor an error, takes more than 10 s or 512 MB, or when a bomb takes more than 0.1 s
or 64 MB. Needs python3-pil.
Usage: bench/damaged_files.py [BUILD]          (default: build, with bench_damaged_files and dipper)
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "fuzz"))
import make_corpora as corpora  # noqa: E402


def matrix(program, codec, folder):
    """A line of the table; None and what went wrong on stderr where a case ended the process."""
    names = []
    for name, data in corpora.whole_files()[codec].items():
        names.append(folder / f"{codec}_{name}")
        names[-1].write_bytes(data)
    done = subprocess.run([program, *names], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{codec}: ended with {done.returncode}: {done.stderr.strip()}")
        return None
    return json.loads(done.stdout)


def bombs():
    """{name: file}"""
    made = {}
    rows = zlib.compress(bytes(1 << 20))
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    png = corpora.png_chunk
    made["PNG of 60000 x 60000"] = (b"\x89PNG\r\n\x1a\n" + png(b"IHDR", header) + png(b"IDAT", rows) + png(b"IEND", b""))
    small = corpora.png_of(20, 15, 8, 0, bytes(15 * 21), b"%s")
    text = png(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100 << 20), 9))
    made["PNG with 4 GB of compressed text"] = small.replace(b"%s", text * 40)
    icc = bytearray(corpora.profile())
    icc[:4] = struct.pack(">I", 200_000_000)
    packed = zlib.compress(bytes(icc) + bytes(200_000_000 - len(icc)), 9)
    made["PNG with a profile of 200 MB"] = small.replace(b"%s", png(b"iCCP", b"icc\0\0" + packed))
    whole = corpora.whole_files()
    for kind in ("fine", "progressive"):
        jpeg = bytearray(whole["jpeg"][kind])
        frame = next(i for i in range(len(jpeg)) if jpeg[i] == 0xFF and jpeg[i + 1] in (0xC0, 0xC2))
        jpeg[frame + 5:frame + 9] = struct.pack(">HH", 65500, 65500)
        made[f"JPEG of 65500 x 65500, {kind}"] = bytes(jpeg)
        jpeg[frame + 5:frame + 9] = struct.pack(">HH", 20000, 20000)
        made[f"JPEG of 20000 x 20000, {kind}, with the data of 33 x 22"] = bytes(jpeg)
    made["JPEG of 100,000 empty segments"] = whole["jpeg"]["fine"][:2] + b"\xFF\xE1\0\2" * 100_000 + whole["jpeg"]["fine"][2:]
    chunks = whole["webp"]["metadata"][8:] + b"none\0\0\0\0" * 100_000
    made["WebP of 100,000 empty chunks"] = b"RIFF" + struct.pack("<I", len(chunks)) + chunks
    made["TIFF of 60000 x 60000"] = corpora.tiff_of(corpora.tiff_entries(60000, 60000, 8, 1, 1, 1), bytes(100))
    return made


# A process begins with the peak memory of the one that it comes from, so that has to be a small one.
MEASURE = """
import json, os, sys, time
began = time.monotonic()
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(json.dumps([os.waitstatus_to_exitcode(status), time.monotonic() - began, usage.ru_maxrss * 1024 / 1e6]))
"""


def run_measured(words):
    """(exit code, seconds, MB at most, what it says) of the fastest of five runs"""
    runs = [subprocess.run([sys.executable, "-S", "-c", MEASURE, *words], capture_output=True, text=True, check=True)
            for _ in range(5)]
    measured = [(*json.loads(run.stdout.splitlines()[-1]), run.stderr.strip()) for run in runs]
    return min(measured, key=lambda one: one[1])


def main():
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1] if len(sys.argv) == 2 else ROOT / "build")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        print("| format | files | cases | pictures | errors | longest | largest |\n|---|---|---|---|---|---|---|")
        for codec in corpora.CODECS:
            found = matrix(build / "bench" / "bench_damaged_files", codec, folder)
            good = good and found is not None and found["seconds"] <= 10 and found["megabytes"] <= 512
            if found is None:
                continue
            print(f"| {codec} | {found['files']} | {found['pictures'] + found['errors']} | {found['pictures']} | "
                  f"{found['errors']} | {found['seconds']:.3f} s ({found['longest']}) | "
                  f"{found['megabytes']:.0f} MB ({found['largest']}) |")
        print("\n| bomb | bytes | exit code | seconds | MB | says |\n|---|---|---|---|---|---|")
        for name, data in bombs().items():
            file = folder / "bomb"
            file.write_bytes(data)
            code, seconds, megabytes, said = run_measured([build / "dipper", "compare", file, file])
            good = good and code in (0, 2) and seconds <= 0.1 and megabytes <= 64
            print(f"| {name} | {len(data)} | {code} | {seconds:.3f} | {megabytes:.0f} | {said.split('bomb ')[-1]} |")
    sys.exit(0 if good else "beyond a limit")


if __name__ == "__main__":
    main()
