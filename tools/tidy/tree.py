# SPDX-License-Identifier: Apache-2.0
"""The repository as the rules see it: path -> text. Tests make small ones by hand."""

import os
import subprocess
from dataclasses import dataclass

NOT_OURS = {".git", "build", "__pycache__"}
CPP_ENDINGS = (".h", ".cpp")


@dataclass(frozen=True, order=True)
class Complaint:
    path: str
    line: int
    what: str  # what is wrong, and what to do instead

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


class Tree:
    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def lines(self, path: str) -> list[str]:
        return self.files[path].splitlines()

    def cpp(self, *folders: str) -> list[str]:
        """Paths of C++ sources, of the whole repository or below the folders named."""
        return [path for path in sorted(self.files)
                if path.endswith(CPP_ENDINGS) and (not folders or path.startswith(tuple(f + "/" for f in folders)))]

    def rooms(self) -> list[str]:
        return sorted({path.split("/")[1] for path in self.files if path.startswith("src/") and path.count("/") > 1})

    def has(self, path: str) -> bool:
        """Whether there is such a file or folder."""
        return path in ("", ".") or path in self.files or any(known.startswith(path + "/") for known in self.files)


def room_of(path: str) -> str | None:
    """The room of a source: src/wire/x.h is in "wire". None outside src/."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def is_test(path: str) -> bool:
    return path.endswith("_test.cpp") or path.startswith("tests/")


def read_tree(root: str) -> Tree:
    files = {}
    for path in listed_by_git(root) or walked(root):
        full = os.path.join(root, path)
        if os.path.isfile(full) and not os.path.islink(full):
            with open(full, "rb") as file:
                content = file.read()
            if b"\0" not in content:
                files[path] = content.decode("utf-8", errors="replace")
    return Tree(files)


def listed_by_git(root: str) -> list[str]:
    """Tracked and new files, without ignored ones; nothing when this is no git checkout."""
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        return [path for path in subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
                if path]
    except (OSError, subprocess.CalledProcessError):
        return []


def walked(root: str) -> list[str]:
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found
