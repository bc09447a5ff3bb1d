# SPDX-License-Identifier: Apache-2.0
"""Sizes and beginnings: SPDX lines, file and function length, columns, white space."""

import ast
import re
from collections.abc import Iterator

from cpp_text import Function, functions
from tree import CPP_ENDINGS, Complaint, Tree

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60
MAX_COLUMNS = 120

# Functions that are longer and may stay so for now: "path name" and their length, at most 70. A number may only sink.
LONG_FUNCTIONS: dict[str, int] = {}
HARD_FUNCTION_LIMIT = 70

# Texts that others wrote, and tables that are data.
NOT_PROSE = ("LICENSE", "spec/", "tests/golden/", "fuzz/corpus/", "docs/captures/")


def check(tree: Tree) -> Iterator[Complaint]:
    for key, length in LONG_FUNCTIONS.items():
        if length > HARD_FUNCTION_LIMIT:
            yield Complaint("tools/tidy/shape.py", 1, f"{key}: {length} lines is over the hard limit: split it")
    for path in sorted(tree.files):
        if not path.startswith(NOT_PROSE):
            yield from check_lines(path, tree.files[path])
            yield from check_functions(path, tree.files[path], LONG_FUNCTIONS)
        yield from check_spdx(path, tree.lines(path))


def check_spdx(path: str, lines: list[str]) -> Iterator[Complaint]:
    first = lines[:3]
    is_cpp = path.endswith(CPP_ENDINGS)
    if is_cpp and not any("SPDX-FileCopyrightText: The Lunway authors" in line for line in first):
        yield Complaint(path, 1, 'no "// SPDX-FileCopyrightText: The Lunway authors" in the first lines')
    if (is_cpp or is_script(path, lines)) and not any("SPDX-License-Identifier: Apache-2.0" in line for line in first):
        yield Complaint(path, 1, 'no "SPDX-License-Identifier: Apache-2.0" in the first lines')


def is_script(path: str, lines: list[str]) -> bool:
    return (path.endswith((".py", ".sh", ".cmake", "CMakeLists.txt"))
            or (bool(lines) and lines[0].startswith("#!")))


def check_lines(path: str, text: str) -> Iterator[Complaint]:
    lines = text.splitlines()
    if len(lines) > MAX_FILE_LINES:
        yield Complaint(path, len(lines), f"{len(lines)} lines: split the file by responsibility at {MAX_FILE_LINES}")
    for number, line in enumerate(lines, start=1):
        # A row of a table or a bare link in a document cannot be broken.
        if len(line) > MAX_COLUMNS and not (path.endswith(".md") and re.match(r"\s*\||\S+$", line)):
            yield Complaint(path, number, f"{len(line)} columns: break the line at {MAX_COLUMNS}")
        if line != line.rstrip():
            yield Complaint(path, number, "white space at the end of the line: remove it")
    if text and not text.endswith("\n"):
        yield Complaint(path, len(lines), "no newline at the end of the file: add it")


def check_functions(path: str, text: str, known: dict[str, int]) -> Iterator[Complaint]:
    for function in functions_of(path, text):
        allowed = known.get(f"{path} {function.name}", MAX_FUNCTION_LINES)
        if function.length > allowed:
            yield Complaint(path, function.first_line, f"{function.name} has {function.length} lines, {allowed} is the "
                            "limit: keep the decisions here and move the leaves out")
        elif allowed > MAX_FUNCTION_LINES > function.length:
            yield Complaint(path, function.first_line, f"{function.name} is short now: remove it from LONG_FUNCTIONS")


def functions_of(path: str, text: str) -> list[Function]:
    if path.endswith(CPP_ENDINGS):
        return functions(text)
    if path.endswith(".py"):
        return [Function(node.name, node.lineno, node.end_lineno or node.lineno) for node in ast.walk(ast.parse(text))
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return []
