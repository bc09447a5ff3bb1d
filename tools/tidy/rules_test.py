# SPDX-License-Identifier: Apache-2.0
"""Every other rule, shown to fail on a bad sample and to be silent on a good one."""

import unittest

import citations
import dead_files
import documents
import shape
import words
from tree import Tree

SPDX = "// SPDX-License-Identifier: Apache-2.0\n// SPDX-FileCopyrightText: The Lunway authors\n"
SECTIONS = {"spec/sections/rfc7143.txt": "11.3 SCSI Command\n13.17 MaxOutstandingR2T\n"}


def said(rule, files: dict[str, str]) -> list[str]:
    return [str(complaint) for complaint in rule.check(Tree(files))]


class Words(unittest.TestCase):
    def assert_banned(self, code: str, path: str, fine_at: str | None = None) -> None:
        self.assertEqual(len(said(words, {path: code + "\n"})), 1, code)
        if fine_at:
            self.assertEqual(said(words, {fine_at: code + "\n"}), [], code)

    def test_time_and_chance_are_arguments(self) -> None:
        self.assert_banned("auto t = clock.now();", "src/session/x.cpp", "src/runtime/x.cpp")
        self.assert_banned("int x = rand();", "src/wire/x.cpp", "src/wire/x_test.cpp")
        self.assert_banned("std::random_device d;", "src/text/x.cpp", "src/runtime/x.cpp")
        self.assert_banned("std::chrono::steady_clock::time_point t;", "src/scsi/x.cpp", "src/runtime/x.cpp")
        self.assert_banned("std::this_thread::sleep_for(t);", "src/target/x.cpp", "src/cli/x.cpp")

    def test_terminal_and_exceptions_belong_to_cli(self) -> None:
        self.assert_banned("std::cout << 1;", "src/target/x.cpp", "src/cli/x.cpp")
        self.assert_banned('std::printf("x");', "src/scsi/x.cpp", "src/cli/x.cpp")
        self.assert_banned("throw 1;", "src/admin/x.cpp", "src/cli/x.cpp")

    def test_everywhere(self) -> None:
        self.assert_banned("strcpy(a, b);", "src/cli/x.cpp")
        self.assert_banned("using namespace std;", "src/cli/x.cpp")
        self.assertEqual(said(words, {"src/cli/x.cpp": "using namespace std::chrono_literals;\n"}), [])
        self.assert_banned("#ifndef X_H_", "src/cli/x.h")

    def test_words_in_comments_and_strings_are_no_code(self) -> None:
        self.assertEqual(said(words, {"src/wire/x.cpp": '// no now() here\nf("rand");\n'}), [])

    def test_words_inside_words(self) -> None:
        self.assertEqual(said(words, {"src/wire/x.cpp": "int operand = f(throwaway, unknown(1));\n"}), [])

    def test_markers(self) -> None:
        for marker in ("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"):
            self.assertEqual(len(said(words, {"README.md": f"# T\n{marker}: later\n"})), 1)

    def test_names_that_say_nothing(self) -> None:
        for path in ("src/wire/helper.h", "src/wire/pdu_utils.cpp", "src/common/x.h", "tests/misc.py"):
            self.assertEqual(len(said(words, {path: ""})), 1, path)
        self.assertEqual(said(words, {"src/wire/community.h": ""}), [])


class Shape(unittest.TestCase):
    def test_good_file(self) -> None:
        self.assertEqual(said(shape, {"src/wire/x.h": SPDX, "tools/x": "#!/bin/sh\n" + SPDX.replace("//", "#")}), [])

    def test_spdx(self) -> None:
        self.assertEqual(len(said(shape, {"src/wire/x.h": "#pragma once\n"})), 2)
        self.assertEqual(len(said(shape, {"tools/x": "#!/bin/sh\n"})), 1)
        self.assertEqual(len(said(shape, {"tests/x.py": "pass\n"})), 1)

    def test_long_file(self) -> None:
        self.assertEqual(len(said(shape, {"a.md": "x\n" * 601})), 1)
        self.assertEqual(said(shape, {"a.md": "x\n" * 600}), [])

    def test_long_function(self) -> None:
        def sample(lines: int) -> dict[str, str]:
            return {"src/wire/x.cpp": SPDX + "void f() {\n" + "  g();\n" * (lines - 2) + "}\n"}

        self.assertEqual(said(shape, sample(60)), [])
        self.assertEqual(len(said(shape, sample(61))), 1)

    def test_long_python_function(self) -> None:
        self.assertEqual(len(said(shape, {"tools/x.py": SPDX.replace("//", "#") + "def f():\n" + "    g()\n" * 60})), 1)

    def test_known_long_function_may_not_grow_and_leaves_the_list_when_short(self) -> None:
        def with_list(lines: int) -> int:
            text = "void f() {\n" + "  g();\n" * (lines - 2) + "}\n"
            return len(list(shape.check_functions("x.cpp", text, {"x.cpp f": 65})))

        self.assertEqual([with_list(64), with_list(65), with_list(66), with_list(20)], [0, 0, 1, 1])

    def test_columns_and_white_space(self) -> None:
        self.assertEqual(len(said(shape, {"a.md": "x y" * 41 + "\n"})), 1)
        self.assertEqual(said(shape, {"a.md": "| " + "x y" * 41 + "\n"}), [])
        self.assertEqual(len(said(shape, {"a.md": "x \n"})), 1)
        self.assertEqual(len(said(shape, {"a.md": "x"})), 1)


class Citations(unittest.TestCase):
    def cite(self, line: str) -> int:
        return len(said(citations, SECTIONS | {"src/wire/x.h": line + "\n"}))

    def test_citation(self) -> None:
        self.assertEqual(self.cite("//= rfc7143#11.3"), 0)
        self.assertEqual(self.cite("  //= rfc7143"), 0)
        self.assertEqual(self.cite("//= ledger R7143-11.3-01"), 0)
        self.assertEqual(self.cite("//= rfc7143#99.1"), 1)
        self.assertEqual(self.cite("//= rfc9999#1"), 1)
        self.assertEqual(self.cite("//=rfc7143 11.3"), 1)
        self.assertEqual(self.cite("//= rfc7143#11.3 and more"), 1)

    def test_section_in_a_sentence(self) -> None:
        self.assertEqual(self.cite("// as RFC 7143, section 11.3 says"), 0)
        self.assertEqual(self.cite("// as RFC 7143, section 77.3 says"), 1)

    def test_names_of_tests(self) -> None:
        self.assertEqual(self.cite("TEST(Rfc7143_13_17_MaxOutstandingR2T, ZeroIsRejected) {"), 0)
        self.assertEqual(self.cite("TEST(Serial32, Wraps) {"), 0)
        self.assertEqual(self.cite("TEST(Spc4_6_4_Inquiry, TruncatesToTheAllocationLength) {"), 0)
        self.assertEqual(self.cite("TEST(Rfc7143_13_99_MaxOutstandingR2T, ZeroIsRejected) {"), 1)
        self.assertEqual(self.cite("TEST(Serial_32, Wraps) {"), 1)
        self.assertEqual(self.cite("TEST_F(Serial32, wraps_round) {"), 1)


class Documents(unittest.TestCase):
    def test_links(self) -> None:
        links = "[b](b.md), [up](../README.md#five-minutes), [web](https://example.org), [f](../src)"
        good = {"docs/a.md": f"# A\n{links}\n", "docs/b.md": "# B\n",
                "README.md": "# R\n## Five minutes\n", "src/x": ""}
        self.assertEqual(said(documents, good), [])
        self.assertEqual(len(said(documents, {"a.md": "# A\n[b](b.md)\n"})), 1)
        self.assertEqual(len(said(documents, {"a.md": "# A\n[b](#nowhere)\n"})), 1)

    def test_code_is_no_link(self) -> None:
        self.assertEqual(said(documents, {"a.md": "# A\n`[x](y)`\n```\n[x](y)\n# comment\n```\n"}), [])

    def test_one_title(self) -> None:
        self.assertEqual(len(said(documents, {"a.md": "text\n"})), 1)
        self.assertEqual(len(said(documents, {"a.md": "# A\n# B\n"})), 1)


class DeadFiles(unittest.TestCase):
    LISTS = {"CMakeLists.txt": "lunway_room(wire LINKS lunway_base)\n"}

    def test_source_outside_the_build(self) -> None:
        self.assertEqual(said(dead_files, self.LISTS | {"src/wire/x.cpp": ""}), [])
        self.assertEqual(len(said(dead_files, self.LISTS | {"src/attic/x.cpp": ""})), 1)
        self.assertEqual(len(said(dead_files, self.LISTS | {"fuzz/x.cpp": ""})), 1)

    def test_source_named_or_globbed_by_a_list(self) -> None:
        for text in ("add_executable(x x_fuzz.cpp)", "file(GLOB sources *_fuzz.cpp)"):
            self.assertEqual(said(dead_files, {"fuzz/CMakeLists.txt": text, "fuzz/x_fuzz.cpp": ""}), [])

    def test_header_nobody_includes(self) -> None:
        self.assertEqual(len(said(dead_files, {"src/wire/x.h": ""})), 1)
        user = {"src/wire/y.cpp": '#include "wire/x.h"\n'}
        self.assertEqual(said(dead_files, self.LISTS | {"src/wire/x.h": ""} | user), [])
        self.assertEqual(said(dead_files, {"include/lunway/x.h": ""}), [])


if __name__ == "__main__":
    unittest.main()
