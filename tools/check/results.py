# SPDX-License-Identifier: Apache-2.0
"""What the checks found: counts, failures with the part of their log that matters, skips with their reasons."""

import re
import xml.etree.ElementTree
from dataclasses import dataclass, field

EXCERPT_LINES = 60


@dataclass
class Results:
    passed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)  # name, excerpt of the log
    skips: list[tuple[str, str]] = field(default_factory=list)  # name, reason

    def add(self, other: "Results") -> None:
        self.passed += other.passed
        self.failures += other.failures
        self.skips += other.skips

    def total_line(self) -> str:
        return f"{self.passed} passed, {len(self.failures)} failed, {len(self.skips)} skipped"

    def exit_status(self) -> int:
        return 0 if self.passed and not self.failures else 1


def passed(count: int = 1) -> Results:
    return Results(passed=count)


def failed(name: str, log: str) -> Results:
    return Results(failures=[(name, excerpt(log))])


def skipped(name: str, reason: str) -> Results:
    return Results(skips=[(name, reason)])


def excerpt(log: str) -> str:
    """The end of a log, where tools say what went wrong."""
    lines = log.rstrip().splitlines()
    if len(lines) <= EXCERPT_LINES:
        return "\n".join(lines)
    return "\n".join([f"... {len(lines) - EXCERPT_LINES} lines before", *lines[-EXCERPT_LINES:]])


def read_junit(path: str, kind: str) -> Results:
    """Counts the test cases of a report of ctest or pytest. A report without any is a failure: nothing was tested."""
    try:
        cases = list(xml.etree.ElementTree.parse(path).iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        return failed(kind, f"no report of the tests: {error}")
    if not cases:
        return failed(kind, "the report lists no test")
    results = Results()
    for case in cases:
        results.add(read_case(case, kind))
    return results


def read_case(case: xml.etree.ElementTree.Element, kind: str) -> Results:
    name = f"{kind}: {case.get('name')}"
    skip = case.find("skipped")
    broken = [element for element in case if element.tag in ("failure", "error")]
    # ctest says "fail" in an attribute; "notrun" and "disabled" are no passes either.
    if broken or case.get("status") == "fail":
        return failed(name, "\n".join(text_of(element) for element in [*broken, case.find("system-out")]))
    if skip is not None and (case.get("status") != "notrun" or "SKIP" in skip.get("message", "")):
        return skipped(name, skip_reason(skip, case.findtext("system-out") or ""))
    if case.get("status") == "disabled":
        return skipped(name, "disabled in the source")
    if case.get("status") == "notrun":
        return failed(name, "did not run: " + text_of(skip))
    return passed()


def text_of(element: xml.etree.ElementTree.Element | None) -> str:
    if element is None:
        return ""
    message, text = element.get("message") or "", element.text or ""
    return text if message in text else f"{message}\n{text}"


def skip_reason(skip: xml.etree.ElementTree.Element, output: str) -> str:
    """pytest puts the reason into the message. ctest has only the output, where GoogleTest says it after "Skipped"."""
    from_googletest = re.search(r": Skipped\n(.*)", output)
    if from_googletest:
        return from_googletest.group(1).strip()
    return skip.get("message") or "no reason given"
