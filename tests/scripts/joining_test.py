#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/joining.py joins the files of a folder unless they define the same name."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import joining  # noqa: E402


class Joining(unittest.TestCase):
    def joined(self, *texts):
        """The numbers of the files, group by group."""
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / str(number) for number in range(len(texts))]
            for file, text in zip(files, texts):
                file.write_text(text)
            return [[int(file.name) for file in group] for group in joining.groups(files)]

    def test_other_names_are_joined(self):
        self.assertEqual(self.joined("int one() {\n}\n", "int two() {\n}\n"), [[0, 1]])

    def test_the_same_name_is_not(self):
        for definition in ["struct Same {", "class Same final : public Other {", "int Same(int value) {", "enum class Same : int {",
                           "constexpr int Same = 1;", "constexpr Shape Same{1, 2, 3};", "const char* const Same[] = {",
                           "Reader::Reader(int value)\n    : Same(value) {}\nvoid Same(", "class Same"]:
            with self.subTest(definition):
                self.assertEqual(self.joined(definition, "int other;", definition), [[0, 1], [2]])

    def test_what_is_inside_of_others_does_not_count(self):
        self.assertEqual(self.joined("void a() {\n  int same = 1;\n}\n", "void b() {\n  int same = 1;\n}\n"), [[0, 1]])

    def test_a_constant_is_not_shadowed(self):
        for use in ["int f(int same) {\n}\n", "void f() {\n  int same = 1;\n}\n", "void f(const Shape& same, int) {\n}\n"]:
            with self.subTest(use):
                self.assertEqual(self.joined("constexpr int same = 1;\n", use), [[0], [1]])
                self.assertEqual(self.joined(use, "constexpr int same = 1;\n"), [[0], [1]])

    def test_the_name_of_a_constant_may_be_used(self):
        for use in ["other.same", "same"]:
            with self.subTest(use):
                self.assertEqual(self.joined("constexpr int same = 1;\n", f"int f() {{\n  return {use};\n}}\n"), [[0, 1]])

    def test_tests_do_not_count(self):
        self.assertEqual(self.joined("TEST(Png, IsRead) {\n}\n", "TEST(Png, IsWritten) {\n}\n"), [[0, 1]])

    def test_groups_end(self):
        files = [f"int name{number};" for number in range(joining.JOINED + 1)]
        self.assertEqual([len(group) for group in self.joined(*files)], [joining.JOINED, 1])


if __name__ == "__main__":
    unittest.main()
