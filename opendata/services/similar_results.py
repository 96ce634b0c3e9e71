"""What a comparison of a text with the catalogue comes to.

Two measures, which must not be taken for each other. `share` is how much of the given text stands in a record in the
same words and the same order, and `reverse` how much of the record stands in the given text: copies, versions and
extracts have a high one. `telling` is how many of the words that say most about the given text stand in the record at
all: a record on the same subject has many, and need not have a sentence in common with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from opendata.catalog.records import DatasetRecord, ResourceRecord, StudyRecord
from opendata.search.marking import Piece
from opendata.services.results import Card

CLOSE = 0.2
"""Share from which a record resembles closely: chosen and judged by benchmarks/similar.py."""
LEAST_WORDS = 8
"""Telling words in common below which no share is close: titles are alike."""
LEAST_WORDS_OF_RECORD = 20
"""The same where most of the record stands in the text, and not the other way round: forms are alike."""

Record = DatasetRecord | StudyRecord


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands: in a file, or (without one) in a text or in what the catalogue says of a record. `page`
    counts from 1 and is 0 where there are no pages."""

    resource: ResourceRecord | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that stands in both texts, some `words` telling ones long; what is the same is marked on both sides.

    `q` holds some of its words, to be marked on the page.
    """

    words: int
    given: tuple[Piece, ...]
    given_place: Place
    found: tuple[Piece, ...]
    found_place: Place
    q: str = ""


@dataclass(frozen=True, slots=True)
class Similar:
    """A record beside the given text; see the module for the measures, each from 0 to 1.

    `words` telling words of the text belong to passages in common; `common` are some of the telling words that stand
    in the record too.
    """

    card: Card
    share: float
    reverse: float
    words: int
    telling: float
    common: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()

    @property
    def closeness(self) -> float:
        """The larger share, of those that enough words speak for."""
        mine = self.share if self.words >= LEAST_WORDS else 0.0
        return max(mine, self.reverse if self.words >= LEAST_WORDS_OF_RECORD else 0.0)

    @property
    def close(self) -> bool:
        """Whether a warning is due."""
        return self.closeness >= CLOSE


@dataclass(frozen=True, slots=True)
class Similarity:
    """The answer: records with passages in common, the closest first, then those on the same subject.

    `words` telling words were compared with `compared` records, of those that the index proposed as `candidates`.
    `cut`: the end of the text was left out; `unfinished`: some records were not compared, or not in full, because that
    would have taken too long. `record`: what was asked for, where that was a record. `seconds`: how long steps took.
    """

    words: int
    compared: int
    same_words: tuple[Similar, ...] = ()
    same_subject: tuple[Similar, ...] = ()
    cut: bool = False
    unfinished: bool = False
    record: Record | None = None
    candidates: tuple[UUID, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def close(self) -> tuple[Similar, ...]:
        """Those that a warning is due for."""
        return tuple(one for one in self.same_words if one.close)
