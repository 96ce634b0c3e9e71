"""Filters, facet counts and order over the columns of an index, the same for every engine that uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendata.search.columns import Columns, Mask, Numbers, Pairs, Vocabularies, Vocabulary
from opendata.search.filters import FILTERS, FilterKind, years
from opendata.search.index import FacetCount

MAX_FACET_VALUES = 1_000
"""Values of one facet that are given; the chosen ones always are."""
FEW = 4
"""One document in so many, or fewer, is looked at by itself."""

Chosen = Mapping[str, tuple[str, ...]]
Scores = NDArray[np.float64]


class Counting:
    """The columns of one state of an index, and what is computed from them at most once."""

    def __init__(self, columns: Columns, vocabularies: Vocabularies) -> None:
        self.columns = columns
        self._vocabularies = vocabularies

    @cached_property
    def _title_ranks(self) -> Numbers:
        # Equal titles get equal ranks, so that the next rule decides between them.
        places = {title: place for place, title in enumerate(sorted(set(self.columns.titles)))}
        return np.array([places[title] for title in self.columns.titles], dtype=np.int64)

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
        mask = np.zeros(len(self.columns), dtype=np.bool_)
        if wanted:
            chosen = np.zeros(len(vocabulary.shown), dtype=np.bool_)
            chosen[wanted] = True
            mask[pairs.docs[chosen[pairs.ordinals]]] = True
        return mask

    def facets(
        self, matched: Mask, masks: Mapping[str, Mask], filters: Chosen, names: Sequence[str]
    ) -> dict[str, tuple[FacetCount, ...]]:
        """Counts by name, each with all other filters on: what choosing the value would give."""
        every = _Base(np.logical_and.reduce([matched, *masks.values()]))
        counted = {}
        for name in names:
            base = every
            if name in masks:
                base = _Base(np.logical_and.reduce([matched, *(mask for other, mask in masks.items() if other != name)]))
            counted[name] = self._count(name, base, filters.get(name, ()))
        return counted

    def _count(self, name: str, base: _Base, chosen: Sequence[str]) -> tuple[FacetCount, ...]:
        vocabulary = self._vocabularies.by_name[name]
        counts = base.count(self.columns.pairs[name])
        found = _most_frequent(counts, vocabulary)
        first = [FacetCount(vocabulary.shown[n], count) for n, count in zip(found, counts[found].tolist(), strict=True)]
        return (*first, *_chosen_but_absent(first, counts, vocabulary, chosen, FILTERS[name].kind))

    def top(self, docs: Numbers, scores: Scores | None, order: str, last: int) -> Numbers:
        """The first `last` of `docs` in the order asked for; ties go to the newest issued, then to the smallest id.

        `scores` are those of `docs`.
        """
        columns = self.columns
        ids = columns.ids[docs]
        keys = [self._first_key(docs, scores, order), -columns.issued[docs], ids[:, 0], ids[:, 1]]
        return docs[_smallest(keys, np.arange(len(docs)), last)]

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
        column = {"-modified": columns.modified, "-downloads": columns.downloads}.get(order, columns.issued)
        return -column[docs]


def _smallest(keys: Sequence[NDArray[Any]], places: Numbers, last: int) -> Numbers:
    """The `last` of `places` whose rows are smallest, in order: by the first key, where that is equal by the second…"""
    if len(places) <= FEW * last or len(keys) == 1:
        return places[np.lexsort([key[places] for key in reversed(keys)])][:last]
    first = keys[0][places]
    bound = np.partition(first, last - 1)[last - 1]
    less = places[first < bound]
    return np.concatenate([
        _smallest(keys, less, len(less)) if len(less) else less,
        _smallest(keys[1:], places[first == bound], last - len(less)),
    ])


class _Base:
    """Documents that are counted, by mask or one by one, whichever is less work."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        docs = np.flatnonzero(mask)
        self._few = docs if len(docs) * FEW < len(mask) else None

    def count(self, pairs: Pairs) -> Numbers:
        """How many of the documents have each value."""
        ordinals = pairs.ordinals[self._mask[pairs.docs]] if self._few is None else pairs.of_docs(self._few)
        return np.bincount(ordinals)


def _most_frequent(counts: Numbers, vocabulary: Vocabulary) -> list[int]:
    """Ordinals by falling count, then by value, at most MAX_FACET_VALUES."""
    in_order = vocabulary.in_order(len(counts))
    of_all = in_order[in_order < len(counts)] if len(in_order) > len(counts) else in_order
    sorted_counts = counts[of_all]
    found = np.flatnonzero(sorted_counts)
    if len(found) > MAX_FACET_VALUES:
        values = sorted_counts[found]
        least = np.partition(values, -MAX_FACET_VALUES)[-MAX_FACET_VALUES]
        more, equal = found[values > least], found[values == least]
        found = np.sort(np.concatenate([more, equal[: MAX_FACET_VALUES - len(more)]]))
    ordinals: list[int] = of_all[found[np.argsort(-sorted_counts[found], kind="stable")]].tolist()
    return ordinals


def _ordinals_of_years(vocabulary: Vocabulary, values: Sequence[str]) -> list[int]:
    ranges = [span for value in values if (span := years(value)) is not None]
    return [
        ordinal
        for ordinal, shown in enumerate(vocabulary.shown)
        if shown.isdigit() and any(first <= int(shown) <= last for first, last in ranges)
    ]


def _chosen_but_absent(
    first: Sequence[FacetCount], counts: Numbers, vocabulary: Vocabulary, chosen: Sequence[str], kind: FilterKind
) -> Iterator[FacetCount]:
    # A range of years is no value of the facet, so it cannot be missing from it.
    present = {one.value.casefold() for one in first} if chosen else set()
    for value in chosen:
        if value.casefold() in present or (kind is FilterKind.YEARS and not value.isdigit()):
            continue
        ordinal = vocabulary.find(value)
        if ordinal is not None and ordinal < len(counts) and counts[ordinal]:
            yield FacetCount(vocabulary.shown[ordinal], int(counts[ordinal]))
        else:
            yield FacetCount(value, 0)
