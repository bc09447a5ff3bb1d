# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""The reports of `lunway conform`, read by those for whom they are made: an XML parser, TAP's grammar, JSON."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

# Elements without an end.
VOID = ("meta", "input")
# Verdicts that make the exit code 1.
NEWS = ("fail", "inconclusive", "unexpected pass")


class Balanced(HTMLParser):
    """Fails where an element ends that is not the innermost one."""

    def __init__(self):
        super().__init__()
        self.within = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.within.append(tag)

    def handle_endtag(self, tag):
        assert self.within and self.within.pop() == tag, f"</{tag}> at {self.getpos()}"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return tmp_path_factory.mktemp("reports")


@pytest.fixture
def result(serve, cli, reports):
    """The JSON of one run over a section, with every other report beside it."""
    server = serve("--memory", "16MiB")
    outcome = cli("conform", "target", server.url(), "--section", "6.3", "--label", "Lunway <itself>",
                  "--junit", reports / "junit.xml", "--tap", reports / "tap", "--json", reports / "json",
                  "--html", reports / "html", "--pcap", reports / "pcap")
    document = json.loads((reports / "json").read_text(encoding="utf-8"))
    news = sum(document["counts"][verdict] for verdict in NEWS)
    assert outcome.code == (1 if news else 0), outcome.err
    return document, outcome.out


def test_reports_agree(result, reports):
    document, console = result
    tests = document["tests"]
    assert tests and all(test["section"].startswith("6.3") for test in tests)
    assert sum(document["counts"].values()) == len(tests)
    check_console(console, tests)
    check_junit(ElementTree.parse(reports / "junit.xml").getroot(), document)
    check_tap((reports / "tap").read_text(encoding="utf-8").splitlines(), tests)
    check_page((reports / "html").read_text(encoding="ascii"), tests)
    names = {test["id"].replace("/", "-") + ".pcapng" for test in tests}
    captures = {path.name for path in (reports / "pcap").iterdir()}
    assert captures and captures <= names


def test_matrix_puts_runs_side_by_side(result, reports, cli):
    document, _ = result
    other = document | {"label": "another"}
    (reports / "other").write_text(json.dumps(other), encoding="utf-8")
    page = cli("conform", "matrix", reports / "json", reports / "other")
    assert page.code == 0, page.err
    for test in document["tests"]:
        assert re.search(rf"^\| `{re.escape(test['id'])}` .* \| (\S+) \| \1 \|$", page.out, re.MULTILINE), test["id"]
    assert cli("conform", "matrix", reports / "json", "--html", reports / "matrix").code == 0
    Balanced().feed((reports / "matrix").read_text(encoding="ascii"))
    assert cli("conform", "matrix", reports / "tap").code == 1, "a file that is no result"


def test_each_test_in_the_list_explains_itself(cli):
    for role in ("target", "initiator"):
        lines = cli("conform", "list", role).out.splitlines()
        assert lines
        identifier, title = lines[0].split(maxsplit=1)
        explained = cli("conform", "explain", identifier)
        assert explained.code == 0
        assert title.split()[0] in explained.out
    assert cli("conform", "explain", "6.3/no-such-test").code == 2


def check_console(console, tests):
    for test in tests:
        assert len(re.findall(rf"^  \S+ +{re.escape(test['id'])}  ", console, re.MULTILINE)) == 1


def check_junit(root, document):
    cases = [f"{suite.get('name').split()[1]}/{case.get('name')}" for suite in root for case in suite.iter("testcase")]
    assert sorted(cases) == sorted(test["id"] for test in document["tests"])
    assert int(root.get("failures")) == document["counts"]["fail"] + document["counts"]["unexpected pass"]
    assert int(root.get("errors")) == document["counts"]["inconclusive"]
    assert root.find("testsuite/properties/property[@name='label']").get("value") == "Lunway <itself>"


def check_page(page, tests):
    """The browser runs the script of the page and no other: its hash is the one that the page allows."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    Balanced().feed(page)
    assert re.findall(r'<details class="test [a-z-]+" id="t-([^"]+)"', page) == in_sections(tests)


def in_sections(tests):
    """The ids by section of the RFC, and within one in the order of the catalogue."""
    order = sorted(tests, key=lambda test: [int(part) for part in test["section"].split(".")])
    return [test["id"] for test in order]


def check_tap(lines, tests):
    assert lines[:2] == ["TAP version 13", f"1..{len(tests)}"]
    numbered = [re.match(r"(not )?ok (\d+) - (\S+) ", line) for line in lines]
    numbered = [match for match in numbered if match]
    assert [int(match[2]) for match in numbered] == list(range(1, len(tests) + 1))
    assert [match[3] for match in numbered] == [test["id"] for test in tests]
    for match, test in zip(numbered, tests, strict=True):
        assert bool(match[1]) == (test["verdict"] not in ("pass", "warn", "inapplicable"))
