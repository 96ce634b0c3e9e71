"""Measures compared records, puts them in order, and shows why each is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from opendata.catalog.records import StudyRecord
from opendata.search.resemblance import Compared, Flags, Given, Run, formulas, runs_of
from opendata.search.wordstream import WordReader, Words
from opendata.services.results import Card
from opendata.services.similar_passages import Side, first_places, matches
from opendata.services.similar_results import Record, Similar
from opendata.services.similar_texts import Pages

MOST_SHOWN = 10
"""Records with passages in common, and as many on the same subject."""
PASSAGES = 3
"""Passages shown of a record."""
LONG_PASSAGE = 12
"""Telling words in a row for which a record is shown that does not resemble closely."""
SAME_SUBJECT = 0.3
"""Share of the telling words for which a record without passages in common is shown."""
COMMON_SHOWN = 12
"""Telling words that are named."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that is compared."""

    record: Record
    pages: Pages
    compared: Compared


@dataclass(frozen=True, slots=True)
class _Measured:
    """A candidate with its figures. `density`: how much the record is about the telling words, for its length."""

    candidate: Candidate
    similar: Similar
    runs: tuple[Run, ...]
    held: NDArray[np.int64]
    density: float


class Ranking:
    """Puts candidates in order for one given text."""

    def __init__(self, reader: WordReader, pages: Pages, given: Given, telling: Mapping[int, float]) -> None:
        """`telling`: the numbers of the words that say most about the given text, and their worth."""
        self._reader, self._pages, self._given = reader, pages, given
        self._telling = np.array(list(telling), dtype=np.uint64)
        self._worth = np.array(list(telling.values()))

    def ranked(self, found: Sequence[Candidate]) -> tuple[list[Similar], list[Similar]]:
        """Those with passages in common, the closest first; then others that are on the same subject."""
        formula = formulas(self._given, [one.compared for one in found], [_study(one.record) for one in found])
        measured = [self._measured(one, formula) for one in found]
        same_words = [one for one in measured if one.similar.close or _longest(one) >= LONG_PASSAGE]
        same_words = sorted(same_words, key=lambda one: -one.similar.closeness)[:MOST_SHOWN]
        taken = set(map(id, same_words))
        others = [one for one in measured if id(one) not in taken and one.similar.telling >= SAME_SUBJECT]
        others = sorted(others, key=lambda one: -one.density)[:MOST_SHOWN]
        return [self._shown(one, formula) for one in same_words], [self._shown(one, formula) for one in others]

    def _measured(self, one: Candidate, formula: Flags) -> _Measured:
        compared = one.compared
        held = compared.held & ~formula
        counts = _counts(compared.words, self._telling)
        whole = float(self._worth.sum()) or 1.0
        # A long record has many words without being about them, so what counts is how often for its length.
        usual = 1 + len(compared.words) / 1_000
        similar = Similar(
            card=Card(one.record, None),
            share=self._given.share(held),
            reverse=compared.share(formula, self._given),
            words=self._given.words_in(held),
            telling=float(self._worth[counts > 0].sum()) / whole,
        )
        density = float((self._worth * counts / (counts + usual)).sum()) / whole
        return _Measured(one, similar, tuple(runs_of(self._given, compared, formula)), counts, density)

    def _shown(self, one: _Measured, formula: Flags) -> Similar:
        """With the passages that stand in both, and the telling words."""
        compared = one.candidate.compared
        given = Side(self._reader, self._pages, self._given.words, self._given.covered(compared.held & ~formula))
        found = Side(self._reader, one.candidate.pages, compared.words, compared.covered(formula))
        numbers = self._telling[one.held > 0]
        common = (given.surface(place) for place in first_places(self._given.words, numbers))
        similar = one.similar
        return Similar(
            similar.card,
            similar.share,
            similar.reverse,
            similar.words,
            similar.telling,
            tuple(islice(dict.fromkeys(common), COMMON_SHOWN)),
            matches(given, found, one.runs[:PASSAGES]),
        )


def _study(record: Record) -> UUID | None:
    """The study that a record is, or belongs to: what its records have in common is its own."""
    if isinstance(record, StudyRecord):
        return record.id
    return record.study.id if record.study else None


def _longest(one: _Measured) -> int:
    return one.runs[0].length if one.runs else 0


def _counts(words: Words, numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How often each of the numbers stands in the text."""
    known, counts = np.unique(words.numbers, return_counts=True)
    if not len(known):
        return np.zeros(len(numbers), dtype=np.int64)
    places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where(known[places] == numbers, counts[places], 0)
