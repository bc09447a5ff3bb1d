# SPDX-License-Identifier: Apache-2.0
"""Words that must not appear, each with what to write instead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cpp_text import blank
from tree import Complaint, Tree, is_test

_PURE = r"src/(wire|text|session|scsi)/"


@dataclass
class Ban:
    pattern: str
    where: str  # of paths
    instead: str
    in_tests: bool = True
    except_in: str = r"(?!)"


CODE = [
    Ban(r"\bnow\s*\(", _PURE, "take an Instant as an argument"),
    Ban(r"\b(s?rand|rand_r|[dlm]rand48|random_device|getrandom|RAND_bytes)\b", _PURE,
        "take random bytes as an argument", in_tests=False),
    Ban(r"\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday)\b",
        r"src/(base|wire|text|session|scsi|volume|simulator)/", "time is an argument: base/instant.h"),
    Ban(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", r"src/", "wait for a deadline with runtime/'s timers",
        except_in=r"src/(cli|runtime|conformance)/"),
    Ban(r"\bstd::c(out|err|log|in)\b", r"(src|include)/", "only cli/ talks to a terminal: return a value",
        in_tests=False, except_in=r"src/cli/"),
    Ban(r"(?<![\w.>])f?printf\s*\(", r"(src|include)/", "only cli/ talks to a terminal: return a value",
        in_tests=False, except_in=r"src/(cli|conformance)/|src/mutant/main|src/simulator/(campaign|command_line)\.cpp"),
    Ban(r"\bthrow\b", r"(src|include)/", "return a Result<T>, or a value that says which rule was broken",
        in_tests=False, except_in=r"src/(cli|conformance/script)/"),
    Ban(r"\b(strcpy|strcat|sprintf|gets|strtok|atoi|atol|alloca)\s*\(", r"", "use spans, std::from_chars, std::string"),
    Ban(r"\busing namespace std\s*;", r"", "name what is used"),
    Ban(r"#\s*ifndef\s+\w+_H_?\b", r"", "write #pragma once"),
]

# In any text, comments included. Written in pieces so that this file does not find itself.
MARKERS = re.compile(r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"]) + r")\b")
FILE_NAMES = re.compile(r"(^|[_.-])(helpers?|utils?|utilities|common|misc|stuff)([_.-]|$)")


def check(tree: Tree) -> Iterator[Complaint]:
    for path in tree.cpp():
        yield from check_code(path, tree.files[path])
    for path in sorted(tree.files):
        yield from check_markers(path, tree.lines(path))
        yield from check_name(path)


def check_code(path: str, text: str) -> Iterator[Complaint]:
    bans = [ban for ban in CODE if re.match(ban.where, path) and not re.match(ban.except_in, path)
            and (ban.in_tests or not is_test(path))]
    for number, line in enumerate(blank(text).splitlines(), start=1):
        for ban in bans:
            match = re.search(ban.pattern, line)
            if match:
                yield Complaint(path, number, f"{match.group().rstrip(' (')}: {ban.instead}")


def check_markers(path: str, lines: list[str]) -> Iterator[Complaint]:
    for number, line in enumerate(lines, start=1):
        match = MARKERS.search(line)
        if match:
            yield Complaint(path, number, f"{match.group()}: do it now, or say in a document what is not there")


def check_name(path: str) -> Iterator[Complaint]:
    for part in path.split("/"):
        if FILE_NAMES.search(part.lower()):
            yield Complaint(path, 1, f'"{part}" says nothing: name the file after what it does')
