#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes what the fuzzers begin with: OUT/TARGET holds whole files, some of them cut and some with bits flipped.

Pictures are small ones of our own in every kind of PNG, JPEG, WebP and TIFF that Pillow writes, and PngSuite's where
Debian's libsixel-examples is installed. The same files come out every time.
Usage: tests/fuzz/make_corpora.py OUT
"""
import io
import json
import pathlib
import random
import struct
import sys
import zlib

from PIL import Image, ImageCms

ROOT = pathlib.Path(__file__).resolve().parents[2]
PNGSUITE = pathlib.Path("/usr/share/doc/libsixel-examples/examples/images/pngsuite")
CUTS, FLIPS = 8, 12  # of each file
REQUESTS = ["/", "/frames/250?size=400", "/picture/p1", "/report.html", "/events", "/save?name=a%20b.png&raw=1",
            "/static/page.css", "/x?a=%41&b=+&c", "/state?since=12", "/a.b/c-d_e?" + "&".join(f"k{i}={i}" for i in range(40)),
            "/../etc/passwd", "//x", "/x?a=%", "/x?a=%zz", "/%2e%2e/x", "/x?%00=1", "/.hidden", "/a..b", "/" + "a" * 2000]


def picture(mode, width=33, height=22):
    """Stripes, a ramp and noise."""
    dice = random.Random(f"{mode} {width}")
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = bytes((x * 7 + 40 * c + (dice.randrange(60) if x > y else 5 * y)) % 256
                   for y in range(height) for x in range(width) for c in range(channels))
    if mode == "1":
        return Image.frombytes("L", (width, height), values).convert("1")
    return Image.frombytes(mode, (width, height), values)


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "maker"
    return tags.tobytes()


def profile():
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + data[36:]  # made at another time it is the same


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width, height, depth, kind, rows, before=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", zlib.compress(rows)) +
            png_chunk(b"IEND", b""))


def pngs():
    for mode in ("1", "L", "LA", "RGB", "RGBA"):
        yield mode, saved(picture(mode), "PNG")
    yield "palette", saved(picture("RGB").quantize(13), "PNG", transparency=3)
    yield "metadata", saved(picture("RGB", 12, 9), "PNG", icc_profile=profile(), exif=exif(6))
    dice = random.Random(16)
    rows = b"".join(b"\x02" + dice.randbytes(20 * 6) for _ in range(15))
    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000)))
    claim = struct.pack(">I", 1 << 30) + b"eXIf" + exif(1)
    yield "claim", png_of(3, 2, 8, 0, bytes(8), claim)
    yield "sixteen", png_of(20, 15, 16, 2, rows, text + png_chunk(b"tRNS", bytes([0, 1] * 3)))


def jpegs():
    yield "gray", saved(picture("L"), "JPEG")
    yield "fine", saved(picture("RGB"), "JPEG", quality=95, subsampling=0)
    yield "coarse", saved(picture("RGB"), "JPEG", quality=20, subsampling=2, restart_marker_blocks=2)
    yield "progressive", saved(picture("RGB"), "JPEG", progressive=True, quality=80)
    yield "cmyk", saved(picture("CMYK"), "JPEG", progressive=True)
    yield "metadata", saved(picture("RGB", 12, 9), "JPEG", icc_profile=profile(), exif=exif(8), comment=b"hello")


def webps():
    yield "lossy", saved(picture("RGB"), "WEBP", quality=60)
    yield "lossy_alpha", saved(picture("RGBA"), "WEBP", quality=60)
    yield "lossless", saved(picture("RGB"), "WEBP", lossless=True)
    yield "lossless_alpha", saved(picture("RGBA"), "WEBP", lossless=True, exact=True)
    yield "metadata", saved(picture("RGB", 12, 9), "WEBP", icc_profile=profile(), exif=exif(3))
    yield "animated", saved(picture("RGB"), "WEBP", save_all=True, append_images=[picture("RGB", 33, 22).rotate(180)])


def tiff_of(entries, pixels, big=False):
    """A little-endian file with one directory; entries: {tag: (type, values)}, where a value None is the pixels' place."""
    sizes, letters = {1: 1, 3: 2, 4: 4}, {1: "B", 3: "H", 4: "I"}
    start = 16 if big else 8
    directory = start + len(pixels)
    entry, count, word = (20, "<Q", "<Q") if big else (12, "<H", "<I")
    extra_at = directory + struct.calcsize(count) + entry * len(entries) + struct.calcsize(word)
    body, extra = b"", b""
    for tag, (kind, values) in sorted(entries.items()):
        data = b"".join(struct.pack("<" + letters[kind], start if value is None else value) for value in values)
        room = struct.calcsize(word)
        if len(data) > room:
            place, extra = extra_at + len(extra), extra + data
            data = struct.pack(word, place)
        body += struct.pack("<HH", tag, kind) + struct.pack(word, len(values)) + data.ljust(room, b"\0")
        assert sizes[kind] * len(values) < 1 << 16
    header = b"II+\0\x08\0\0\0" + struct.pack("<Q", directory) if big else b"II*\0" + struct.pack("<I", directory)
    return header + pixels + struct.pack(count, len(entries)) + body + struct.pack(word, 0) + extra


def tiff_entries(width, height, bits, samples, kind=1, photometric=2):
    return {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * samples), 259: (3, [1]), 262: (3, [photometric]),
            273: (4, [None]), 277: (3, [samples]), 278: (4, [height]), 279: (4, [width * height * bits * samples // 8]),
            339: (3, [kind] * samples)}


def tiffs():
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma", "webp"):
        yield f"rgb_{compression}", saved(picture("RGB"), "TIFF", compression=compression)
    for compression in ("group3", "group4", "tiff_ccitt"):
        yield compression, saved(picture("1"), "TIFF", compression=compression)
    yield "palette", saved(picture("RGB").quantize(13), "TIFF")
    yield "cmyk", saved(picture("CMYK"), "TIFF", compression="tiff_lzw")
    yield "lab", saved(picture("LAB"), "TIFF")
    yield "alpha", saved(picture("RGBA"), "TIFF", tiffinfo={274: 5}, icc_profile=profile())
    dice = random.Random(4)
    floats = struct.pack("<200f", *(dice.uniform(-1, 2) for _ in range(199)), float("nan"))
    yield "floats", tiff_of(tiff_entries(20, 10, 32, 1, 3, 1), floats)
    doubles = struct.pack("<200d", *(dice.uniform(-1, 2) for _ in range(200)))
    yield "doubles_big", tiff_of(tiff_entries(20, 10, 64, 1, 3, 0), doubles, big=True)
    tiled = tiff_entries(20, 10, 16, 3)
    for tag in (273, 278, 279):
        del tiled[tag]
    tiled |= {322: (4, [16]), 323: (4, [16]), 324: (4, [8, 8 + 1536]), 325: (4, [1536, 1536])}
    yield "tiles", tiff_of(tiled, dice.randbytes(2 * 1536))
    planes = tiff_entries(20, 10, 8, 3) | {284: (3, [2]), 273: (4, [8, 208, 408]), 279: (4, [200] * 3)}
    yield "planes", tiff_of(planes, dice.randbytes(600))


def recipes():
    for file in sorted((ROOT / "recipes").glob("*.toml")):
        yield file.stem, file.read_bytes()
    yield "nested", b"skip.x = " + b"[" * 300 + b"1" + b"]" * 300
    yield "table", b"[adam]\nrate = 1e-3\n[[a.b]]\nc = 1979-05-27T07:32:00Z\n"


def checkpoint(header, values):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + values


def checkpoints():
    values = struct.pack("<12f", *range(12))
    tensors = {"weights/a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
               "output": {"dtype": "F32", "shape": [1, 2, 3], "data_offsets": [24, 48]}}
    metadata = {"format": "dipper checkpoint 2", "version": "0.1.0", "state.iteration": "12", "sha256": "0" * 64}
    yield "whole", checkpoint({"__metadata__": metadata, **tensors}, values)
    yield "empty", checkpoint({}, b"")
    yield "nested", checkpoint({"a": json.loads("[" * 200 + "]" * 200)}, b"")
    yield "huge", struct.pack("<Q", 1 << 62) + b"{}"
    sides = {"dtype": "F32", "shape": [1 << 32, 1 << 32], "data_offsets": [0, 48]}
    yield "sides", checkpoint({"a": sides}, values)


def requests():
    for number, text in enumerate(REQUESTS):
        yield f"{number}", text.encode()


CODECS = {"png": pngs, "jpeg": jpegs, "webp": webps, "tiff": tiffs}


def whole_files():
    """{target: {name: bytes}}, pictures of our own alone."""
    files = {codec: dict(make()) for codec, make in CODECS.items()}
    files["recipe"] = dict(recipes())
    files["checkpoint"] = dict(checkpoints())
    files["request"] = dict(requests())
    files["mask"] = {f"{codec}_{name}": data for codec in CODECS for name, data in files[codec].items()
                     if name in ("L", "LA", "gray", "lossy_alpha", "floats", "group4")}
    return files


def damaged(data, dice):
    for _ in range(CUTS):
        yield data[:dice.randrange(len(data))]
    for _ in range(FLIPS):
        changed = bytearray(data)
        for _ in range(dice.choice((1, 1, 2, 8))):
            bit = dice.randrange(8 * dice.choice((min(512, len(data)), len(data))))
            changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    dice = random.Random(1)
    count = 0
    for target, files in whole_files().items():
        folder = out / target
        folder.mkdir(parents=True, exist_ok=True)
        made = {f"{name}_{number}": changed for name, data in files.items()
                for number, changed in enumerate([data, *(damaged(data, dice) if data else [])])}
        if target == "png":
            made |= {f"suite_{file.stem}": file.read_bytes() for file in PNGSUITE.rglob("*.png")}
        for name, data in made.items():
            (folder / name).write_bytes(data)
        count += len(made)
    print(f"{count} files to begin with in {out}")


if __name__ == "__main__":
    main()
