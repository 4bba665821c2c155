# SPDX-License-Identifier: Apache-2.0
"""scripts/check_includes.py must reject every kind of breach, and accept a house without one."""
import importlib.util
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SPEC = importlib.util.spec_from_file_location("check_includes", ROOT / "scripts" / "check_includes.py")
check_includes = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check_includes)

HEADER = "// SPDX-License-Identifier: Apache-2.0\n"

# A small house that keeps every rule.
CLEAN = {
    "include/dipper/error.hpp": "",
    "include/dipper/image.hpp": "#include <vector>\n",
    "include/dipper/dipper.hpp": '#include "dipper/image.hpp"\n',
    "src/base/check.hpp": '#include "dipper/error.hpp"\n',
    "src/base/old.hpp": "#ifndef OLD_HPP\n#define OLD_HPP\n#endif\n",
    "src/image/codec.hpp": '#include "base/check.hpp"\n#include "dipper/image.hpp"\n',
    "src/image/png.cpp": '#include <png.h>\n\n#include "image/codec.hpp"\n',
    "src/kernels/backend.hpp": '#include "base/check.hpp"\n',
    "src/kernels/ref/conv2d.hpp": '#include "kernels/backend.hpp"\n',
    "src/kernels/cpu/conv2d.hpp": "#if HWY_ONCE\n#endif\n#include <hwy/highway.h>\n",
    "src/kernels/cuda/conv2d.hpp": "#include <cuda_runtime.h>\n",
    "src/nets/skip.hpp": '#include "kernels/backend.hpp"\n',
    "src/tasks/inpaint.hpp": '#include "image/codec.hpp"\n',
    "src/cli/app.hpp": '#include <CLI/CLI.hpp>\n\n#include "dipper/dipper.hpp"\n',
    "tests/image/png_test.cpp": '#include <png.h>\n\n#include "image/codec.hpp"\n',
    "examples/use.cpp": '#include "dipper/dipper.hpp"\n',
}


class CheckIncludesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.addCleanup(setattr, check_includes, "NO_TEST", check_includes.NO_TEST)
        check_includes.NO_TEST = {}
        for name, text in CLEAN.items():
            self.write(name, HEADER + text)

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def findings(self):
        return check_includes.House(self.root).check()

    def assert_rejects(self, name, text, message):
        self.write(name, HEADER + text)
        found = self.findings()
        self.assertEqual(len(found), 1, found)
        self.assertIn(name, found[0])
        self.assertIn(message, found[0])

    def test_accepts_a_house_that_keeps_the_rules(self):
        self.assertEqual(self.findings(), [])

    def test_rejects_an_include_that_points_up(self):
        self.assert_rejects("src/base/bad.hpp", '#include "image/codec.hpp"\n', "points up")

    def test_rejects_an_include_between_neighbours(self):
        self.assert_rejects("src/nets/bad.hpp", '#include "tasks/inpaint.hpp"\n', "points up")

    def test_rejects_a_public_header_of_a_higher_folder(self):
        self.assert_rejects("src/fit/bad.hpp", '#include "dipper/dipper.hpp"\n', "points up")
        self.assert_rejects("src/fit/bad.hpp", "#include <dipper/dipper.hpp>\n", "points up")

    def test_rejects_an_include_that_points_up_among_public_headers(self):
        self.assert_rejects("include/dipper/error.hpp", '#include "dipper/dipper.hpp"\n', "points up")

    def test_rejects_a_relative_include_that_points_up(self):
        self.assert_rejects("src/base/bad.hpp", '#include "../image/codec.hpp"\n', "points up")

    def test_rejects_an_unknown_header(self):
        self.assert_rejects("src/image/bad.hpp", '#include "image/none.hpp"\n', "no header of ours")

    def test_rejects_a_folder_without_a_place(self):
        self.assert_rejects("src/misc/bad.hpp", '#include "base/check.hpp"\n', "no place in the order")

    def test_rejects_a_backend_above_the_seam(self):
        self.assert_rejects("src/ops/bad.hpp", '#include "kernels/ref/conv2d.hpp"\n', "backend")

    def test_rejects_one_backend_in_another(self):
        self.assert_rejects("src/kernels/cuda/bad.hpp", '#include "kernels/cpu/conv2d.hpp"\n', "backend")

    def test_rejects_inner_headers_in_examples(self):
        self.assert_rejects("examples/bad.cpp", '#include "image/codec.hpp"\n', "public headers only")

    def test_rejects_other_libraries_outside_their_folder(self):
        for header in ("png.h", "webp/decode.h", "gif_lib.h", "hwy/highway.h", "cuda_runtime.h", "CLI/CLI.hpp"):
            self.assert_rejects("src/fit/bad.hpp", f"#include <{header}>\n", "only")

    def test_rejects_features_by_the_preprocessor(self):
        for condition in ("#ifdef DIPPER_CUDA", "#if defined(__AVX2__)", "#ifndef NDEBUG", "#if HWY_ONCE"):
            self.assert_rejects("src/fit/bad.hpp", condition + "\n#endif\n", "CMake")

    def test_rejects_a_long_file_and_warns_of_a_rather_long_one(self):
        self.write("src/fit/long.hpp", HEADER + "\n" * 420)
        house = check_includes.House(self.root)
        self.assertEqual(house.check(), [])
        self.assertEqual(len(house.warnings), 1)
        self.assert_rejects("src/fit/long.hpp", "\n" * 450, "split it")

    def test_rejects_a_file_without_its_licence(self):
        for name in ("src/fit/bad.hpp", "recipes/bad.toml", "scripts/bad.sh", "src/fit/CMakeLists.txt", ".ci/run"):
            self.write(name, "\n")
            found = self.findings()
            self.assertEqual(len(found), 1, found)
            self.assertIn("SPDX", found[0])
            (self.root / name).unlink()

    def test_accepts_a_licence_below_the_interpreter(self):
        self.write("scripts/good.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n")
        self.assertEqual(self.findings(), [])

    def test_rejects_a_source_file_without_a_test(self):
        self.assert_rejects("src/fit/adam.cpp", "", "tests/fit/adam_test.cpp is missing")

    def test_rejects_a_stale_exception(self):
        check_includes.NO_TEST = {"src/fit/gone.cpp": "no longer there"}
        self.assertIn("does not exist", self.findings()[0])


if __name__ == "__main__":
    unittest.main()
