# SPDX-License-Identifier: Apache-2.0
"""Prints the arrays of tests/image/resize_golden.hpp: what Pillow makes of the picture of resize_test.cpp.

Usage: make_resize_golden.py > resize_golden.hpp, with Pillow and NumPy installed.
"""
import numpy
import PIL.Image

WIDTH, HEIGHT = 24, 20


def picture():
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    return ((x * 7 + y * 13 + x * y) % 256 / 255).astype(numpy.float32)


def main():
    print("// SPDX-License-Identifier: Apache-2.0")
    print(f"// Made by tests/image/make_resize_golden.py with Pillow {PIL.__version__}.")
    print("#pragma once\n\n#include <array>\n\nnamespace dipper {\n")
    cases = [
        ("lanczos_quarter", PIL.Image.Resampling.LANCZOS, 6, 5),
        ("bicubic_quarter", PIL.Image.Resampling.BICUBIC, 6, 5),
        ("lanczos_odd", PIL.Image.Resampling.LANCZOS, 7, 3),
        ("bicubic_larger", PIL.Image.Resampling.BICUBIC, 31, 4),
    ]
    for name, kernel, width, height in cases:
        small = PIL.Image.fromarray(picture()).resize((width, height), kernel)
        values = ", ".join(f"{value:.6f}F" for value in numpy.asarray(small).ravel())
        print(f"inline constexpr std::array<float, {width * height}> {name}{{{values}}};")
    print("\n}  // namespace dipper")


if __name__ == "__main__":
    main()
