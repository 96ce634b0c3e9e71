"""Reads the query language of Solr, as far as CKAN's clients use it, into our own tree.

    clauses  = either { either }                     all of them must hold
    either   = both { ("OR" | "||") both }
    both     = unary { ("AND" | "&&") unary }
    unary    = { "NOT" | "!" | "-" | "+" } primary
    primary  = [ field ":" ] ( "(" clauses ")" | phrase | range | comparison | word ) [ "~" number ] [ "^" number ]

Solr lets a bare OR group beside a required clause become optional, so that `organization:a OR organization:b` next to
a date finds everything: here such a group holds, as those who write it mean. Boosts and fuzziness are read and ignored;
what reaches into the engine (local parameters, `_query_`) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from opendata.search.boolean import (
    EVERYTHING,
    All,
    AnyOf,
    Exists,
    Node,
    Not,
    Range,
    SearchQueryError,
    Term,
    Wildcard,
    both,
)

MAX_CHARACTERS = 50_000
MAX_LEAVES = 1_000
"""Conditions in one query: a list of ids is the longest that is in use."""
MAX_DEPTH = 20
MAX_WILDCARDS = 8
DEFAULT_FIELD = "text"

_TOKENS = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<phrase>"(?:[^"\\]|\\.)*")
    | (?P<range>[\[{]\s*(?P<first>"(?:[^"\\]|\\.)*"|(?:[^\s\\\]}]|\\.)+)\s+TO\s+
        (?P<last>"(?:[^"\\]|\\.)*"|(?:[^\s\\\]}]|\\.)+)\s*[\]}])
    | (?P<operator>&&|\|\||[()!+-])
    | (?P<suffix>[~^][0-9.]*)
    | (?P<field>(?:[^\s:()"\[\]{}\\~^]|\\.)+):(?!\s)
    | (?P<word>(?:[^\s()"\[\]{}\\^~:]|\\.|:)+)
    """,
    re.VERBOSE,
)
_WORD_OPERATORS = {"AND": "&&", "OR": "||", "NOT": "!"}
_COMPARISON = re.compile(r"(?P<sign>[<>]=?)(?P<value>.+)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WILD = re.compile(r"(?<!\\)(?:\\\\)*[*?]")


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of the query; `kind` is a name of a group, or the operator itself."""

    kind: str
    text: str
    match: re.Match[str]


def parse(text: str, parameter: str = "q") -> Node:
    """The tree of a query; everything for an empty one. SearchQueryError names `parameter` and what cannot be read."""
    if len(text) > MAX_CHARACTERS:
        raise SearchQueryError(f"A query has {MAX_CHARACTERS} characters at most.", parameter)
    if not text.strip():
        return EVERYTHING
    return _Parser(list(_tokens(text, parameter)), parameter).query()


def _tokens(text: str, parameter: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None or text.startswith("{!", at):
            raise SearchQueryError(f"Cannot read the query from {text[at : at + 30]!r} on.", parameter)
        at = match.end()
        kind, found = match.lastgroup or "", match.group()
        if match["range"] is not None:
            kind = "range"
        elif kind == "operator":
            # Within a word a sign is a letter: signs count only where a condition begins.
            kind = found
        elif kind == "word" and found in _WORD_OPERATORS:
            kind = _WORD_OPERATORS[found]
        if kind != "space":
            yield _Token(kind, match["field"] if kind == "field" else found, match)


class _Parser:
    """Recursive descent over the tokens; counts what it makes."""

    def __init__(self, tokens: list[_Token], parameter: str) -> None:
        self._tokens, self._parameter = tokens, parameter
        self._at = self._leaves = self._wildcards = 0

    def query(self) -> Node:
        """All of it."""
        found = self._clauses(DEFAULT_FIELD, 0)
        if self._at < len(self._tokens):
            self._refuse(f"There is one {self._tokens[self._at].text!r} too many.")
        return found

    def _clauses(self, field: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self._refuse(f"Brackets stand {MAX_DEPTH} deep at most.")
        found = []
        while self._peek() not in ("", ")"):
            found.append(self._either(field, depth))
        if not found:
            self._refuse("There is nothing between the brackets." if depth else "There is nothing in the query.")
        return both(*found)

    def _either(self, field: str, depth: int) -> Node:
        found = [self._both(field, depth)]
        while self._takes("||"):
            found.append(self._both(field, depth))
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def _both(self, field: str, depth: int) -> Node:
        found = [self._unary(field, depth)]
        while self._takes("&&"):
            found.append(self._unary(field, depth))
        return found[0] if len(found) == 1 else All(tuple(found))

    def _unary(self, field: str, depth: int) -> Node:
        negative = False
        while (sign := self._peek()) in ("!", "-", "+"):
            self._at += 1
            negative ^= sign != "+"
        node = self._primary(field, depth)
        return Not(node) if negative else node

    def _primary(self, field: str, depth: int) -> Node:
        token = self._next("a condition")
        if token.kind == "field":
            return self._of_field(field, token, depth)
        if token.kind == "(":
            found = self._clauses(field, depth + 1)
            if not self._takes(")"):
                self._refuse("A bracket is not closed.")
        elif token.kind == "phrase":
            found = self._leaf(Term(field, _plain(token.text[1:-1]), quoted=True) if token.text != '""' else EVERYTHING)
        elif token.kind == "range":
            found = self._leaf(_range(field, token))
        elif token.kind == "word":
            found = self._word(field, token.text)
        else:
            self._refuse(f"Something is missing before {token.text!r}.")
        return self._suffixed(found)

    def _suffixed(self, found: Node) -> Node:
        """Boosts and fuzziness are passed over."""
        while self._takes("suffix"):
            pass
        return found

    def _of_field(self, outer: str, token: _Token, depth: int) -> Node:
        """What comes after a colon. Colons further on in one word, and those of a link, are letters of it."""
        here, value = self._at, ""
        while (
            self._peek() in ("field", "word")
            and self._tokens[self._at].match.start() == self._tokens[self._at - 1].match.end()
        ):
            value += self._tokens[self._at].match.group()
            self._at += 1
        if value.startswith("//"):
            return self._leaf(Term(outer, _plain(f"{token.text}:{value}")))
        if value:
            return self._suffixed(self._word(self._field(token.text), value))
        if self._peek() in ("field", "word"):
            self._refuse(f"There is a blank after {token.text + ':'!r}.")
        self._at = here
        return self._primary(self._field(token.text), depth)

    def _field(self, text: str) -> str:
        name = _plain(text)
        if name in ("_query_", "_val_"):
            self._refuse(f"{name!r} is no field.")
        return "*" if name == "*" else name

    def _word(self, field: str, text: str) -> Node:
        if compared := _COMPARISON.fullmatch(text):
            sign, value = compared["sign"], _plain(compared["value"])
            if field == DEFAULT_FIELD:
                self._refuse(f"{text!r} compares no field.")
            above, inclusive = sign[0] == ">", sign.endswith("=")
            ends = (value, None, inclusive, True) if above else (None, value, True, inclusive)
            return self._leaf(Range(field, *ends))
        if text == "*":
            return self._leaf(EVERYTHING if field in (DEFAULT_FIELD, "*") else Exists(field))
        if field == "*":
            self._refuse("A field is missing before the colon.")
        if _WILD.search(text):
            self._wildcards += 1
            if self._wildcards > MAX_WILDCARDS:
                self._refuse(f"At most {MAX_WILDCARDS} words may have * or ? in them.")
            return self._leaf(Wildcard(field, text))
        return self._leaf(Term(field, _plain(text)))

    def _leaf(self, node: Node) -> Node:
        self._leaves += 1
        if self._leaves > MAX_LEAVES:
            self._refuse(f"A query has {MAX_LEAVES} conditions at most.")
        return node

    def _peek(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _takes(self, kind: str) -> bool:
        if self._peek() != kind:
            return False
        self._at += 1
        return True

    def _next(self, wanted: str) -> _Token:
        if self._at == len(self._tokens):
            self._refuse(f"The query ends where {wanted} should stand.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _refuse(self, message: str) -> NoReturn:
        raise SearchQueryError(message, self._parameter)


def _range(field: str, token: _Token) -> Range:
    first, last = (_end(token.match[name]) for name in ("first", "last"))
    return Range(field, first, last, token.text[0] == "[", token.text[-1] == "]")


def _end(text: str) -> str | None:
    if text == "*":
        return None
    return _plain(text[1:-1] if text[0] == '"' else text)


def _plain(text: str) -> str:
    """Without the backslashes that make signs plain."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
