"""Turtle, statement by statement where it is broken, so that one missing quotation mark costs one statement.

The parser itself looks for the next full stop after an error. But after an unclosed string everything that was outside
is inside, and all of the rest is lost. So a document with an error is read again in pieces that end where lines do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph

from harvesters.rdf_terms import ADDRESSES
from harvesters.rdf_troubles import Triple, Troubles, Unreadable, reason, triple

_DIRECTIVE = re.compile(r"\s*(?:@prefix|@base|prefix\b|base\b)", re.IGNORECASE)
_PREFIX = re.compile(r"@?prefix\s+([\w.-]*:)", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)#[^\"'<>]*$")
_MAX_LINES = 500
_MAX_DIRECTIVES = 500
_TURTLE = pyoxigraph.RdfFormat.TURTLE


def triples(path: Path, base: str, troubles: Troubles) -> Iterator[Triple]:
    """Every triple that can be read; the lines of the others are named in `troubles`."""
    if _is_well_formed(path, base):
        for quad in pyoxigraph.parse(path=path, format=_TURTLE, base_iri=base, lenient=True):
            yield triple(quad)
    else:
        yield from _by_statements(path, base, troubles)


def _is_well_formed(path: Path, base: str) -> bool:
    """Whether the whole can be parsed: a second pass is cheap, and taking triples back is not."""
    try:
        for _ in pyoxigraph.parse(path=path, format=_TURTLE, base_iri=base, lenient=True):
            pass
    except Unreadable:
        return False
    return True


@dataclass
class _Piece:
    """Lines up to a full stop: where they begin in the document, and what is in them."""

    first: int = 1
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def ends(self) -> bool:
        """Whether a statement may end here: a full stop closes the line, and no long string is open."""
        last = _COMMENT.sub("", self.lines[-1]).rstrip()
        if len(self.lines) >= _MAX_LINES:
            return True
        if _DIRECTIVE.match(self.lines[0]) and not self.lines[0].lstrip().startswith("@"):
            return True
        return last.endswith(".") and not self.text.count('"""') % 2 and not self.text.count("'''") % 2


def _by_statements(path: Path, base: str, troubles: Troubles) -> Iterator[Triple]:
    # Sources forget to declare the prefixes that everybody knows.
    known = {f"{name}:": f"@prefix {name}: <{address}> .\n" for name, address in ADDRESSES.items()}
    for piece in _pieces(path):
        if troubles.is_full:
            return
        if _DIRECTIVE.match(piece.text):
            found = _PREFIX.search(piece.text)
            if len(known) < _MAX_DIRECTIVES and _is_directive(piece.text):
                known[found[1] if found else f"base {piece.first}"] = piece.text
            else:
                troubles.add(piece.first, "a prefix or base that cannot be read", value=piece.text.strip())
        else:
            yield from _statement("".join(known.values()), piece, base, troubles)


def _pieces(path: Path) -> Iterator[_Piece]:
    piece = _Piece()
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if not piece.lines and (not line.strip() or line.lstrip().startswith("#")):
                continue
            if not piece.lines:
                piece.first = number
            piece.lines.append(line)
            if piece.ends():
                yield piece
                piece = _Piece()
    if piece.lines:
        yield piece


def _is_directive(text: str) -> bool:
    try:
        return not list(pyoxigraph.parse(text.encode(), _TURTLE, base_iri="http://example.org/"))
    except SyntaxError:
        return False


def _statement(directives: str, piece: _Piece, base: str, troubles: Troubles) -> Iterator[Triple]:
    before = directives.count("\n")
    parser = pyoxigraph.parse((directives + piece.text).encode(), _TURTLE, base_iri=base, lenient=True)
    told = False
    while True:
        try:
            yield triple(next(parser))
        except StopIteration:
            return
        except Unreadable as error:
            if not told:
                line = piece.first + max(0, (getattr(error, "lineno", 0) or 0) - before - 1)
                troubles.add(line, reason(error), value=_line(piece, line))
            told = True
            if isinstance(error, MemoryError):
                return


def _line(piece: _Piece, number: int) -> str:
    at = min(number - piece.first, len(piece.lines) - 1)
    return piece.lines[at].strip()
