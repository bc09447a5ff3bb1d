# SPDX-License-Identifier: Apache-2.0
"""Files that nobody uses: sources outside the build, headers that nothing includes."""

import posixpath
import re
from collections.abc import Iterator

from layers import includes
from tree import Complaint, Tree, room_of


def check(tree: Tree) -> Iterator[Complaint]:
    lists = {path: text for path, text in tree.files.items()
             if path.endswith(("CMakeLists.txt", ".cmake"))}
    rooms = set(re.findall(r"^\s*lunway_room\((\w+)", "\n".join(lists.values()), re.MULTILINE))
    included = included_files(tree)
    for path in tree.cpp():
        if path.endswith(".cpp") and room_of(path) not in rooms and not is_listed(path, lists):
            yield Complaint(path, 1, "is in no CMakeLists.txt: add it to the build, or remove it")
        if path.endswith(".h") and not path.startswith("include/") and path not in included:
            yield Complaint(path, 1, "nothing includes this header: use it, or remove it")


def included_files(tree: Tree) -> set[str]:
    """Paths of the headers that some other file includes."""
    found = set()
    for path in tree.cpp():
        for _, target, quoted in includes(tree, path):
            if quoted:
                beside = posixpath.join(posixpath.dirname(path), target)
                found |= {known for known in ("src/" + target, "include/" + target, target, beside) if known != path}
    return found


def is_listed(path: str, lists: dict[str, str]) -> bool:
    """Whether a CMakeLists.txt of the file's folder or above names it, or takes all of its folder."""
    folder, name = posixpath.split(path)
    while True:
        text = lists.get(posixpath.join(folder, "CMakeLists.txt"), "")
        relative = posixpath.relpath(path, folder or ".")
        if re.search(rf"\b{re.escape(name)}\b", text) or globs(text, relative):
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)


def globs(text: str, relative: str) -> bool:
    for pattern in re.findall(r"[\w${}./*]*\*[\w.*]*", text):
        pattern = re.sub(r"\$\{\w+\}/", "", pattern)
        if re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), relative):
            return True
    return False
