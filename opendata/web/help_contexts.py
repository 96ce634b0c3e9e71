"""What pages suggest: other searches beside results, other records beside a record."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.values import Text
from opendata.services.suggestions import Piece


@dataclass(frozen=True, slots=True)
class CountedLink:
    """A search that leads on, and how many records it finds ("" as its address where it finds none)."""

    label: str
    url: str
    total: int


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """The search with words spelt otherwise, in pieces."""

    pieces: tuple[Piece, ...]
    url: str
    total: int


@dataclass(frozen=True, slots=True)
class OtherWordsChip:
    """Words that say the same: `url` searches for them too, or no more. `language` is the name of theirs, "" unknown.

    `code` is that of the language for the markup.
    """

    text: str
    url: str
    language: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class HelpContext:
    """components/suggestions.html. Every part may be empty."""

    correction: CorrectionView | None = None
    also_on: tuple[OtherWordsChip, ...] = ()
    also_offered: tuple[OtherWordsChip, ...] = ()
    words: tuple[CountedLink, ...] = ()
    without: tuple[CountedLink, ...] = ()
    other_layout: CountedLink | None = None


@dataclass(frozen=True, slots=True)
class AlikeLink:
    """A record on the same subject: `kind` in words, `year` 0 where unknown."""

    title: Text
    url: str
    kind: str
    year: int
