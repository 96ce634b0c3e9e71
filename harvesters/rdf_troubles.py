"""What could not be read of a document of RDF: where, and why; and how a triple is handed on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from harvesters.rdf_terms import written
from opendata.errors import Problem

Triple = tuple[str, str, str]
"""Subject, predicate and object in N-Triples."""
MOST = 1_000
"""Errors after which a document is given up."""
_SHOWN = 100
_PLACE = re.compile(r"^Parser error (?:at|between) .*?: ", re.DOTALL)


@dataclass
class Troubles:
    """Collects the problems of one document: `count` of them, the first 100 kept."""

    count: int = 0
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int, reason: str, code: str = "rdf-broken", value: str = "") -> None:
        """Something at `line` (0 where nobody knows) cannot be read."""
        self.count += 1
        if len(self.problems) < _SHOWN:
            why = _PLACE.sub("", reason)[:300]
            message = f"line {line}: {why}" if line else why
            self.problems.append(Problem(code, message, row=str(line) if line else "", value=value[:500]))

    def mended(self, what: str) -> None:
        """Something was repaired on the way, and nothing is lost by it."""
        if len(self.problems) < _SHOWN:
            self.problems.append(Problem("rdf-mended", what, severity="warning"))

    @property
    def is_full(self) -> bool:
        """Whether there are so many that the rest is not worth reading."""
        return self.count >= MOST


Unreadable = (SyntaxError, MemoryError)
"""What pyoxigraph raises: MemoryError for a single text or name of more than 16 MB."""


def reason(error: BaseException) -> str:
    """Why, in the parser's words."""
    return str(getattr(error, "msg", "") or error)


def triple(quad: Any) -> Triple:
    """A triple or quad of pyoxigraph as text; which graph it is in does not matter here."""
    return written(quad.subject), written(quad.predicate), written(quad.object)
