"""Filters, facet counts and order over the columns of an index, the same for every engine that uses them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from opendata.search.columns import Columns, Mask, Numbers, Pairs, Vocabularies, Vocabulary
from opendata.search.filters import FILTERS, FilterKind, years
from opendata.search.index import FacetCount, Wanted

MAX_FACET_VALUES = 1_000
"""Values of one facet that are given where nobody says how many; the chosen ones always are."""
FEW = 6
"""One document in so many, or fewer, is looked at by itself."""

Chosen = Mapping[str, tuple[str, ...]]
Scores = NDArray[np.float64]
Key = Callable[[Numbers], NDArray[Any]]
"""What is sorted by, of the documents at these places."""


class Counting:
    """The columns of one state of an index, and what is computed from them at most once (`live` is always its own)."""

    def __init__(self, columns: Columns, vocabularies: Vocabularies) -> None:
        self.columns = columns
        self._vocabularies = vocabularies
        self._known: dict[str, Numbers] = {}

    def afresh(self) -> Counting:
        """The same columns, to be asked with another `live`."""
        made = copy(self)
        made._known = {}
        return made

    @cached_property
    def _title_ranks(self) -> Numbers:
        # Equal titles get equal ranks, so that the next rule decides between them.
        titles = list(self.columns.titles)
        places = {title: place for place, title in enumerate(sorted(set(titles)))}
        return np.array([places[title] for title in titles], dtype=np.int64)

    def vocabulary(self, name: str) -> Vocabulary:
        """The values of a column."""
        return self._vocabularies.by_name[name]

    def masks(self, filters: Chosen) -> dict[str, Mask]:
        """Per filter with values, which documents it lets through. Names that are no filters are ignored."""
        return {name: self.mask(name, values) for name, values in filters.items() if values and name in FILTERS}

    def mask(self, name: str, values: Sequence[str]) -> Mask:
        """Which documents have any of the values of the filter `name`."""
        pairs, vocabulary = self.columns.pairs[name], self._vocabularies.by_name[name]
        if FILTERS[name].kind is FilterKind.YEARS:
            wanted = _ordinals_of_years(vocabulary, values)
        else:
            wanted = [found for value in values if (found := vocabulary.find(value)) is not None]
        if not wanted:
            return np.zeros(len(self.columns), dtype=np.bool_)
        chosen = np.zeros(len(vocabulary.shown), dtype=np.bool_)
        chosen[wanted] = True
        return pairs.having(chosen)

    def facets(
        self, matched: Mask, masks: Mapping[str, Mask], filters: Chosen, wanted: Wanted
    ) -> dict[str, tuple[FacetCount, ...]]:
        """Counts by name, each with all other filters on: what choosing the value would give."""
        limits = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted, MAX_FACET_VALUES)
        every = Base(np.logical_and.reduce([matched, *masks.values()]))
        counted = {}
        for name, limit in limits.items():
            others = [mask for other, mask in masks.items() if other != name]
            base = Base(np.logical_and.reduce([matched, *others])) if name in masks else every
            counted[name] = self._count(name, base, filters.get(name, ()), limit)
        return counted

    def _count(self, name: str, base: Base, chosen: Sequence[str], limit: int) -> tuple[FacetCount, ...]:
        vocabulary = self._vocabularies.by_name[name]
        ranks = vocabulary.ranks()
        counts = base.count(self.columns.pairs[name], len(ranks))
        first = foremost(counts, ranks, limit)
        shown = tuple(FacetCount(vocabulary.shown[ordinal], int(counts[ordinal])) for ordinal in first)
        if FILTERS[name].kind is FilterKind.YEARS:
            # A range of years is no value of the facet, so it cannot be missing from it.
            chosen = [value for value in chosen if value.isdigit()]
        present = {one.value.casefold() for one in shown} if chosen else ()
        missing = ((value, vocabulary.find(value)) for value in chosen if value.casefold() not in present)
        # Another state of the index may have met the value after these ranks were read: then nothing here has it.
        known = ((value, -1 if place is None or place >= len(counts) else place) for value, place in missing)
        return (*shown, *(FacetCount(value, int(counts[place]) if place >= 0 else 0) for value, place in known))

    def every(self, name: str, live: Mask) -> tuple[FacetCount, ...]:
        """Every value of the column that documents of `live` have, most frequent first."""
        counts, shown = self._totals(name, live), self._vocabularies.by_name[name].shown
        found = [FacetCount(shown[ordinal], int(counts[ordinal])) for ordinal in np.flatnonzero(counts).tolist()]
        return tuple(sorted(found, key=lambda one: (-one.count, one.value)))

    def counts_of(self, name: str, values: Collection[str], live: Mask) -> dict[str, int]:
        """How many documents of `live` have each value."""
        counts, vocabulary = self._totals(name, live), self._vocabularies.by_name[name]
        ordinals = {value: vocabulary.find(value) for value in values}
        return {value: 0 if one is None or one >= len(counts) else int(counts[one]) for value, one in ordinals.items()}

    def _totals(self, name: str, live: Mask) -> Numbers:
        # Asked for with every letter that somebody types, and the same as long as the state is.
        known = self._known.get(name)
        if known is None:
            size = len(self._vocabularies.by_name[name].shown)
            known = self._known[name] = Base(live).count(self.columns.pairs[name], size)
        return known

    def top(self, docs: Numbers, scores: Scores | None, order: str, last: int) -> Numbers:
        """The first `last` of `docs` in the order asked for; ties go to the newest issued, then to the smallest id.

        `scores` are those of `docs`.
        """
        columns = self.columns
        keys: list[Key] = [
            lambda places: self._first_key(docs[places], None if scores is None else scores[places], order),
            lambda places: -columns.issued[docs[places]],
            lambda places: columns.ids[docs[places], 0],
            lambda places: columns.ids[docs[places], 1],
        ]
        return docs[smallest(keys, np.arange(len(docs)), last)]

    def behind(self, docs: Numbers, after: UUID | None, most: int) -> Numbers:
        """The first `most` of `docs` in the order of ids, behind `after`."""
        ids = self.columns.ids
        if after is not None:
            high, low = np.uint64(after.int >> 64), np.uint64(after.int & 0xFFFFFFFFFFFFFFFF)
            docs = docs[(ids[docs, 0] > high) | ((ids[docs, 0] == high) & (ids[docs, 1] > low))]
        keys: list[Key] = [lambda places: ids[docs[places], 0], lambda places: ids[docs[places], 1]]
        return docs[smallest(keys, np.arange(len(docs)), most)]

    def _first_key(self, docs: Numbers, scores: Scores | None, order: str) -> NDArray[Any]:
        columns = self.columns
        if order == "relevance":
            return -scores if scores is not None else np.zeros(len(docs))
        if order in ("title", "-title"):
            return self._title_ranks[docs] * (1 if order == "title" else -1)
        if order == "issued":
            # A record without a date is not the oldest: it comes last in both directions.
            issued = columns.issued[docs]
            return np.where(issued == 0, np.iinfo(np.int64).max, issued)
        return -{"-modified": columns.modified, "-downloads": columns.downloads}.get(order, columns.issued)[docs]


def smallest(keys: Sequence[Key], places: Numbers, last: int) -> Numbers:
    """The `last` of `places` whose rows are smallest, in order: by the first key, where that is equal by the second…"""
    if len(places) <= 4 * last or len(keys) == 1:
        return places[np.lexsort([key(places) for key in reversed(keys)])][:last]
    first = keys[0](places)
    bound = np.partition(first, last - 1)[last - 1]
    less = places[first < bound]
    head = smallest(keys, less, len(less)) if len(less) else less
    return np.concatenate([head, smallest(keys[1:], places[first == bound], last - len(less))])


class Base:
    """Documents that are counted, by mask or one by one, whichever is less work."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self.docs: Numbers = np.flatnonzero(mask)
        """Their numbers."""
        self._are_few = len(self.docs) * FEW < len(mask)

    def count(self, pairs: Pairs, size: int) -> Numbers:
        """How many of the documents have each of `size` values at least."""
        one_by_one = self._are_few or pairs.single
        return np.bincount(pairs.of_docs(self.docs) if one_by_one else pairs.of_mask(self._mask), minlength=size)


def foremost(counts: Numbers, ranks: Numbers, limit: int) -> list[int]:
    """The ordinals with the most, at most `limit` of them; equal ones by rank. None that has nothing."""
    found = np.flatnonzero(counts)
    order = ranks[found] - counts[found] * len(ranks)
    if len(found) > limit:
        best = np.argpartition(order, limit)[:limit] if limit else np.zeros(0, dtype=np.int64)
        found, order = found[best], order[best]
    ordinals: list[int] = found[np.argsort(order)].tolist()
    return ordinals


def _ordinals_of_years(vocabulary: Vocabulary, values: Sequence[str]) -> list[int]:
    ranges = [span for value in values if (span := years(value)) is not None]
    return [
        ordinal
        for ordinal, shown in enumerate(vocabulary.shown)
        if shown.isdigit() and any(first <= int(shown) <= last for first, last in ranges)
    ]
