# SPDX-License-Identifier: Apache-2.0
"""Enough of C++ to know code from comments and strings, and where functions begin and end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_SKIPPED = re.compile(
    r"""//(?:\\\n|[^\n])*                                                   # line comment
      | /\*.*?\*/                                                           # block comment
      | (?P<raw>(?:u8|[uUL])?R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<digits>(?<![A-Za-z0-9_])[0-9](?:'?[0-9A-Za-z_.])*)               # 1'000: not the start of a character
      | (?P<character>'(?:\\.|[^'\\\n])+')
    """, re.DOTALL | re.VERBOSE)

_TOKEN = re.compile(r"[A-Za-z_]\w*|::|->|[{}()\[\];:=<>,]|\S")
_TYPE_WORDS = {"class", "struct", "union", "enum"}
_AFTER_PARAMETERS = {")", "const", "noexcept", "override", "final", "try", "mutable", "]", "&"}


@dataclass
class Function:
    name: str
    first_line: int
    last_line: int

    @property
    def length(self) -> int:
        return self.last_line - self.first_line + 1


def blank(text: str, strings: bool = True) -> str:
    """The text with comments (and strings) replaced by spaces; every line keeps its number and its columns."""

    def replacement(match: re.Match) -> str:
        found = match.group()
        if match.group("digits") or (not strings and not found.startswith("/")):
            return found
        return re.sub(r"[^\n]", " ", found)

    return _SKIPPED.sub(replacement, text)


@dataclass
class _Token:
    text: str
    line: int


@dataclass
class _Scope:
    """A namespace or type body, or a function body (function is set); head is the statement that is being read."""
    function: Function | None = None
    head: list[_Token] = field(default_factory=list)


def functions(text: str) -> list[Function]:
    """Functions with a body at namespace or class scope, templates, tests (TEST macros) and operators included."""
    tokens = list(_tokens(text))
    found: list[Function] = []
    scopes = [_Scope()]
    position = 0
    while position < len(tokens):
        token, scope = tokens[position], scopes[-1]
        if token.text == "{":
            position = _open_brace(tokens, position, scopes, found)
            continue
        if token.text == "}":
            if len(scopes) > 1:
                scopes.pop()
            scopes[-1].head.clear()
        elif token.text == ";" or (token.text == ":" and _is_access(scope.head)):
            scope.head.clear()
        else:
            scope.head.append(token)
        position += 1
    return found


def _open_brace(tokens: list[_Token], position: int, scopes: list[_Scope], found: list[Function]) -> int:
    """Decides what a brace opens; returns where to read on."""
    head = _without_template(scopes[-1].head)
    words = [token.text for token in head]
    if _opens_function(words):
        end = _matching(tokens, position)
        found.append(Function(_name(words), head[0].line, tokens[end].line))
        scopes[-1].head.clear()
        return end + 1
    if _opens_scope(words):
        scopes.append(_Scope())
        return position + 1
    # An initialiser: it belongs to the statement.
    end = _matching(tokens, position)
    scopes[-1].head.append(tokens[end])
    return end + 1


def _opens_scope(words: list[str]) -> bool:
    if not words or words[0] == "extern":
        return True
    return ("namespace" in words or any(word in _TYPE_WORDS for word in words)) and "=" not in words


def _opens_function(words: list[str]) -> bool:
    if "(" not in words or words.count("(") != words.count(")"):
        return False
    if "operator" not in words and "=" in _outside_parentheses(words):
        return False
    after = words[_end_of_parameters(words) + 1:]
    if ":" in after:  # Constructor with initialisers: a_(1), b_{2} { ... the body follows ")" or "}".
        return words[-1] in (")", "}")
    return words[-1] in _AFTER_PARAMETERS or "->" in after or "requires" in after


def _end_of_parameters(words: list[str]) -> int:
    depth = 0
    for index, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if word == ")" and depth == 0 and words[index + 1:index + 2] != ["("]:
            return index
    return len(words)


def _outside_parentheses(words: list[str]) -> list[str]:
    depth, outside = 0, []
    for word in words:
        depth -= word == ")"
        if depth == 0:
            outside.append(word)
        depth += word == "("
    return outside


def _without_template(head: list[_Token]) -> list[_Token]:
    """Drops template<...>, requires (...) and attributes in front of a declaration."""
    brackets = {"template": "<>", "requires": "()", "[": "[]"}
    while head and head[0].text in brackets:
        opener, closer = brackets[head[0].text]
        depth = 0
        for index, token in enumerate(head):
            depth += (token.text == opener) - (token.text == closer)
            if token.text == closer and depth == 0:
                break
        else:
            return head
        head = head[index + 1:]
    return head


def _name(words: list[str]) -> str:
    at = words.index("(")
    if words[:at] and words[at - 1] in ("TEST", "TEST_F", "TEST_P", "TYPED_TEST", "RC_GTEST_PROP"):
        return ".".join(word for word in words[at + 1:_end_of_parameters(words)] if word.isidentifier())
    start = at - 1
    while start > 1 and words[start - 1] == "::":
        start -= 2
    return "".join(words[max(start, 0):at]) or "?"


def _is_access(head: list[_Token]) -> bool:
    return len(head) == 1 and head[0].text in ("public", "private", "protected")


def _matching(tokens: list[_Token], position: int) -> int:
    depth = 0
    for index in range(position, len(tokens)):
        depth += (tokens[index].text == "{") - (tokens[index].text == "}")
        if depth == 0:
            return index
    return len(tokens) - 1


def _tokens(text: str) -> Iterator[_Token]:
    continued = False
    for number, line in enumerate(blank(text).splitlines(), start=1):
        is_directive = continued or line.lstrip().startswith("#")
        continued = is_directive and line.endswith("\\")
        if not is_directive:
            for match in _TOKEN.finditer(line):
                yield _Token(match.group(), number)
