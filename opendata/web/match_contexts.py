"""What the desk's pages of matches may use."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.services.match_lists import ComparedField, MatchLine
from opendata.web.contexts import Pagination


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A pair in the list, with why it was proposed in words."""

    line: MatchLine
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatchesContext:
    """desk/matches.html."""

    rows: tuple[MatchRow, ...]
    total: int
    decided: bool
    pagination: Pagination
    done: str = ""


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A field of both records, with its name in words."""

    label: str
    field: ComparedField


@dataclass(frozen=True, slots=True)
class MatchContext:
    """desk/match.html. `refused` says why the last decision could not be carried out."""

    line: MatchLine
    reasons: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    refused: str = ""
