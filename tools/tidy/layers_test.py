# SPDX-License-Identifier: Apache-2.0
"""The layer rule on small trees, good and bad."""

import unittest

import layers
from tree import Tree


def complaints(**extra: str) -> list[str]:
    """What the rule says of one file more: name__part_h is name/part.h in src/."""
    return complaints_of({"src/" + name.replace("__", "/").replace("_h", ".h"): text for name, text in extra.items()})


def complaints_of(files: dict[str, str]) -> list[str]:
    base = {"src/base/bytes.h": "", "src/base/README.md": "", "src/session/engine.h": "", "src/session/README.md": "",
            "src/wire/README.md": "", "src/cli/README.md": "", "src/wire/pdu.h": ""}
    return [str(complaint) for complaint in layers.check(Tree(base | files))]


class Rooms(unittest.TestCase):
    def test_downwards_is_fine(self) -> None:
        self.assertEqual(complaints(session__x_h='#include "wire/pdu.h"\n#include "base/bytes.h"\n'), [])

    def test_upwards_is_not(self) -> None:
        found = complaints(wire__x_h='#pragma once\n#include "session/engine.h"\n')
        self.assertEqual(found, ["src/wire/x.h:2: wire/ must not know session/: it may include base"])

    def test_own_room_is_fine(self) -> None:
        self.assertEqual(complaints(wire__x_h='#include "wire/pdu.h"\n'), [])

    def test_conformance_does_not_know_the_engine(self) -> None:
        found = complaints_of({"src/conformance/README.md": "", "src/conformance/x.h": '#include "session/engine.h"\n'})
        self.assertEqual(len(found), 1)

    def test_path_without_room(self) -> None:
        self.assertEqual(len(complaints(wire__x_h='#include "pdu.h"\n')), 1)

    def test_comments_do_not_include(self) -> None:
        line = '#include "session/engine.h"'
        self.assertEqual(complaints(wire__x_h=f"// {line}\n/*\n{line}\n*/\n"), [])

    def test_room_without_readme_or_not_in_the_table(self) -> None:
        found = complaints_of({"src/attic/x.h": ""})
        self.assertEqual(len(found), 2)

    def test_public_header_knows_no_room(self) -> None:
        self.assertEqual(len(complaints_of({"include/lunway/x.h": '#include "base/bytes.h"\n'})), 1)

    def test_links_follow_the_table(self) -> None:
        self.assertEqual(complaints_of({"CMakeLists.txt": "lunway_room(session LINKS lunway_wire)\n"}), [])
        self.assertEqual(len(complaints_of({"CMakeLists.txt": "lunway_room(wire LINKS lunway_session)\n"})), 1)

    def test_architecture_quotes_the_table(self) -> None:
        drawing = "\n".join(layers.drawing())
        self.assertEqual(complaints_of({"ARCHITECTURE.md": f"# A\n\n{drawing}\n"}), [])
        self.assertEqual(len(complaints_of({"ARCHITECTURE.md": drawing.replace("`wire`", "`wires`", 1)})), 1)

    def test_table_has_no_circle(self) -> None:
        for room, below in layers.MAY_INCLUDE.items():
            for lower in below:
                self.assertNotIn(room, layers.MAY_INCLUDE[lower])


class Libraries(unittest.TestCase):
    def assert_only_in(self, header: str, allowed: str, forbidden: str) -> None:
        text = f"#include <{header}>\n"
        self.assertIsNone(layers.complaint_about_library(allowed, header), text)
        self.assertIsNotNone(layers.complaint_about_library(forbidden, header), text)

    def test_each_library_has_its_place(self) -> None:
        self.assert_only_in("liburing.h", "src/runtime/ring.cpp", "src/volume/file.cpp")
        self.assert_only_in("openssl/evp.h", "src/text/chap.cpp", "src/session/login.cpp")
        self.assert_only_in("stringprep.h", "src/text/name.cpp", "src/text/chap.cpp")
        self.assert_only_in("isa-l.h", "src/base/crc32c.cpp", "src/wire/digest.cpp")
        self.assert_only_in("sys/socket.h", "src/runtime/socket.cpp", "src/session/connection.cpp")
        self.assert_only_in("fmt/format.h", "src/cli/info.cpp", "src/wire/pdu.cpp")

    def test_slow_header(self) -> None:
        self.assert_only_in("iostream", "src/cli/main.cpp", "src/cli/main.h")


if __name__ == "__main__":
    unittest.main()
