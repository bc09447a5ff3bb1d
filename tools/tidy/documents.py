# SPDX-License-Identifier: Apache-2.0
"""Markdown: one title, and relative links that lead somewhere."""

import posixpath
import re
from collections.abc import Iterator

from tree import Complaint, Tree

_LINK = re.compile(r"\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")


def check(tree: Tree) -> Iterator[Complaint]:
    for path in sorted(tree.files):
        if path.endswith(".md"):
            lines = prose(tree.lines(path))
            yield from check_title(path, lines)
            yield from check_links(tree, path, lines)


def prose(lines: list[str]) -> list[str]:
    """The lines with code blocks and inline code emptied, so that numbers stay."""
    inside, result = False, []
    for line in lines:
        fence = line.lstrip().startswith("```")
        inside ^= fence
        result.append("" if inside or fence else re.sub(r"`[^`]*`", "", line))
    return result


def check_title(path: str, lines: list[str]) -> Iterator[Complaint]:
    titles = [number for number, line in enumerate(lines, start=1) if line.startswith("# ")]
    if titles[:1] != [1]:
        yield Complaint(path, 1, 'the first line must be the title: "# Title"')
    for number in titles[1:]:
        yield Complaint(path, number, 'a second title: use "##"')


def check_links(tree: Tree, path: str, lines: list[str]) -> Iterator[Complaint]:
    for number, line in enumerate(lines, start=1):
        for link in _LINK.findall(line):
            if re.match(r"[a-z]+:", link):
                continue
            file, _, anchor = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
            if not tree.has(target):
                yield Complaint(path, number, f"{link} leads nowhere: there is no {target}")
            elif anchor and target.endswith(".md") and anchor not in anchors(tree.lines(target)):
                yield Complaint(path, number, f"{link} leads nowhere: {target} has no heading #{anchor}")


def anchors(lines: list[str]) -> set[str]:
    """Headings as hosts of repositories turn them into anchors."""
    headings = [re.sub(r"^#+ ", "", line) for line in lines if re.match(r"#+ ", line)]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
