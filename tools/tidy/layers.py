# SPDX-License-Identifier: Apache-2.0
"""Who may include whom. ARCHITECTURE.md quotes this table."""

import re
from collections.abc import Iterator

from cpp_text import blank
from tree import Complaint, Tree, room_of

_ENGINE = ("base", "wire", "text", "session")
_EVERYTHING = ("base", "wire", "text", "scsi", "volume", "runtime", "isns", "capture", "proxy", "session", "target",
               "initiator", "admin", "simulator", "conformance")

# Each room and the rooms below it. A room may always include itself.
MAY_INCLUDE: dict[str, tuple[str, ...]] = {
    "base": (),
    "wire": ("base",),
    "text": ("base",),
    "scsi": ("base",),
    "volume": ("base",),
    "runtime": ("base",),
    "isns": ("base",),
    "capture": ("base",),
    "proxy": ("base", "wire", "text", "runtime"),
    "session": ("base", "wire", "text"),
    "target": (*_ENGINE, "scsi", "volume", "runtime", "isns"),
    "initiator": (*_ENGINE, "runtime"),
    "simulator": (*_ENGINE, "scsi", "volume", "capture"),
    "admin": (*_ENGINE, "scsi", "volume", "runtime", "target"),
    "conformance": ("base", "wire", "text", "runtime", "capture"),
    "mutant": ("base", "wire", "text", "runtime", "capture", "proxy", "conformance"),
    "cli": _EVERYTHING,
}

# What the build writes, as cmake/ledger.cmake does.
GENERATED = {"conformance/ledger/ids.h", "conformance/section_lists.h", "conformance/sections.h"}

# Headers of libraries, and the only paths that may include them.
LIBRARIES = [
    (r"liburing\b", r"src/runtime/", "only runtime/ knows the ring"),
    (r"openssl/", r"src/text/", "only text/ knows OpenSSL"),
    (r"(stringprep|idna|idn-free)\.h", r"src/text/name", "only text/name* knows libidn"),
    (r"(isa-l|crc)(\.h|/)", r"src/base/crc32c", "only base/crc32c knows ISA-L"),
    (r"(CLI/|toml\+\+/|httplib|fmt/)", r"(src/(cli|admin)/|bench/)", "only cli/ and admin/ use it"),
    (r"nlohmann/", r"(src/(cli|admin)/|src/conformance/report/json_|bench/)",
     "only cli/, admin/ and conformance/report/json_* use it"),
    (r"(sys/socket|netinet/|netdb|sys/epoll)", r"(src/(runtime|target|initiator|admin|cli)/|tests/|bench/)",
     "sockets belong to runtime/; pass bytes instead"),
]

# Headers that make every file that includes them slow to compile.
SLOW_HEADERS = {"iostream", "regex", "format", "ranges"}

_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def includes(tree: Tree, path: str) -> Iterator[tuple[int, str, bool]]:
    """Line, what is included, and whether it stands in quotes."""
    for number, line in enumerate(blank(tree.files[path], strings=False).splitlines(), start=1):
        match = _INCLUDE.match(line)
        if match:
            yield number, match.group(1) or match.group(2), match.group(1) is not None


def check(tree: Tree) -> Iterator[Complaint]:
    for path in tree.cpp("src", "include", "tests", "fuzz", "bench"):
        for number, target, quoted in includes(tree, path):
            reason = complaint_about(path, target, tree) if quoted else complaint_about_library(path, target)
            if reason:
                yield Complaint(path, number, reason)
    yield from check_rooms(tree)


def complaint_about(path: str, target: str, tree: Tree) -> str | None:
    room = room_of(path)
    if path.startswith("include/"):
        return None if target.startswith("lunway/") else f"a public header includes {target}: only lunway/ is installed"
    if not {"src/" + target, "include/" + target} & tree.files.keys() and target not in GENERATED:
        if path.startswith(("tests/", "fuzz/", "bench/")):
            return None  # Those folders have headers of their own beside them.
        return f'no file "{target}": write the path from src/, as in "room/file.h"'
    below = target.split("/")[0]
    if room is None or below in (room, "lunway") or below in MAY_INCLUDE.get(room, ()):
        return None
    return f"{room}/ must not know {below}/: it may include {', '.join(MAY_INCLUDE.get(room, ())) or 'nothing'}"


def complaint_about_library(path: str, target: str) -> str | None:
    for header, allowed, reason in LIBRARIES:
        if re.match(header, target) and not re.match(allowed, path):
            return f"<{target}>: {reason}"
    if path.endswith(".h") and target in SLOW_HEADERS:
        return f"<{target}> in a header slows every build: include it in the .cpp"
    return None


def check_rooms(tree: Tree) -> Iterator[Complaint]:
    for room in tree.rooms():
        if room not in MAY_INCLUDE:
            yield Complaint(f"src/{room}", 1, "unknown room: add it to MAY_INCLUDE in tools/tidy/layers.py")
        if f"src/{room}/README.md" not in tree.files:
            yield Complaint(f"src/{room}", 1, "no README.md: say what lives here, the contracts, what it must not know")
    yield from check_links(tree)
    yield from check_drawing(tree)


def check_links(tree: Tree) -> Iterator[Complaint]:
    """The libraries a room links must be rooms it may include."""
    for number, line in enumerate(tree.files.get("CMakeLists.txt", "").splitlines(), start=1):
        match = re.match(r"lunway_room\((\w+)(.*)", line)
        if match:
            for linked in re.findall(r"lunway_(\w+)", match.group(2)):
                if linked not in MAY_INCLUDE.get(match.group(1), ()):
                    yield Complaint("CMakeLists.txt", number, f"{match.group(1)} must not link {linked}")


def check_drawing(tree: Tree) -> Iterator[Complaint]:
    """The table in ARCHITECTURE.md is this one, row by row."""
    rows = drawing()
    if "ARCHITECTURE.md" in tree.files and "\n".join(rows) not in tree.files["ARCHITECTURE.md"]:
        yield Complaint("ARCHITECTURE.md", 1, "its table of layers is not that of tools/tidy/layers.py: it must be\n"
                        + "\n".join(rows))


def drawing() -> list[str]:
    head = ["| room | may include |", "| --- | --- |"]
    return head + [f"| `{room}` | {', '.join(f'`{lower}`' for lower in below) or 'nothing'} |"
                   for room, below in MAY_INCLUDE.items()]
