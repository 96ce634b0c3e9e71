"""Answers a selection from one state of an index: which documents, in what order, with what facets."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from opendata.search.boolean import EVERYTHING, SearchQueryError
from opendata.search.columns import Mask, Numbers, Vocabulary
from opendata.search.conditions import COUNTS, INSTANTS, Conditions, column_of, number_of
from opendata.search.counting import Base, foremost, smallest
from opendata.search.executor import Scores
from opendata.search.index import FacetCount
from opendata.search.selection import ALL_VALUES, FacetWanted, Key, Order, Selection
from opendata.search.whoosh_state import State
from opendata.search.words_of_fields import TEXTS

SCORE_STEPS = 1e6
"""Scores are compared as whole numbers of so many a unit."""
LAST = np.iinfo(np.int64).max
"""What has no value comes last, in either direction."""
UNSORTABLE = frozenset([*TEXTS, "tags", "groups", "res_format"]) - {"title"}


class WhooshSelected:
    """`Selected` over one state."""

    def __init__(
        self,
        state: State,
        docs: Numbers,
        total: int,
        keys: Sequence[_SortKey],
        facets: dict[str, tuple[FacetCount, ...]],
    ) -> None:
        self._state, self._docs, self._keys = state, docs, keys
        self.total, self.facets = total, facets

    def __len__(self) -> int:
        return len(self._docs)

    def id(self, place: int) -> UUID:
        """See Selected."""
        return self._state.counting.columns.uuid(int(self._docs[place]))

    def key(self, place: int) -> Key:
        """See Selected."""
        doc = int(self._docs[place])
        return (*(key.shown(doc) for key in self._keys), self.id(place).hex)


class _SortKey(ABC):
    """Numbers by document that sort as asked for, and back: what a number stands for."""

    def __init__(self, order: Order) -> None:
        self.descending = order.descending

    @abstractmethod
    def numbers(self, docs: Numbers) -> Numbers:
        """Of these documents; smaller ones come first."""

    @abstractmethod
    def shown(self, doc: int) -> float | int | str | None:
        """The value as a cursor has it."""

    @abstractmethod
    def number_of(self, value: float | int | str | None) -> int:
        """The number that a value of a cursor has now."""


class _ByNumber(_SortKey):
    """An instant or a count."""

    def __init__(self, order: Order, values: NDArray[Any]) -> None:
        super().__init__(order)
        self._values = values

    def numbers(self, docs: Numbers) -> Numbers:
        found = self._of(docs)
        return -found if self.descending else found

    def shown(self, doc: int) -> int:
        return int(self._of(np.array([doc]))[0])

    def _of(self, docs: Numbers) -> Numbers:
        found: Numbers = self._values[docs]
        return found

    def number_of(self, value: float | int | str | None) -> int:
        if not isinstance(value, int):
            raise _bad_cursor()
        return -value if self.descending else value


class _ByScore(_ByNumber):
    """How well the words match, in whole steps."""

    def _of(self, docs: Numbers) -> Numbers:
        return np.round(self._values[docs] * SCORE_STEPS).astype(np.int64)


class _ByText(_SortKey):
    """A field of values: the first one of each document. Ranks are doubled, so that others find a place between."""

    def __init__(self, order: Order, state: State) -> None:
        super().__init__(order)
        column = column_of(state, "title_string" if order.field == "title" else order.field)
        self._ordinals = np.full(state.size, -1, np.int64)
        self._vocabulary = column.vocabulary if column else Vocabulary()
        self._ranks = self._vocabulary.ranks()
        if column:
            sizes = column.pairs.sizes
            held = np.ones(state.size, np.bool_) if sizes is None else sizes > 0
            self._ordinals[held] = column.pairs.ordinals[column.pairs.starts[:-1][held]]

    def numbers(self, docs: Numbers) -> Numbers:
        ordinals = self._ordinals[docs]
        if not len(self._ranks):
            return np.full(len(docs), LAST)
        ranks = 2 * self._ranks[ordinals]
        return np.where(ordinals < 0, LAST, -ranks if self.descending else ranks)

    def shown(self, doc: int) -> str | None:
        ordinal = int(self._ordinals[doc])
        return None if ordinal < 0 else self._vocabulary.shown[ordinal]

    def number_of(self, value: float | int | str | None) -> int:
        if value is None:
            return int(LAST)
        if not isinstance(value, str):
            raise _bad_cursor()
        shown = sorted(self._vocabulary.shown[: len(self._ranks)])
        place = bisect_left(shown, value)
        rank = 2 * place if place < len(shown) and shown[place] == value else 2 * place - 1
        return -rank if self.descending else rank


def select(state: State, selection: Selection, now: dt.datetime) -> WhooshSelected:
    """See SearchIndex.select."""
    conditions = Conditions(state, now)
    mask = state.datasets
    if selection.where != EVERYTHING:
        mask = mask & conditions.holds(selection.where)
    scores: Scores | None = None
    if selection.words != EVERYTHING:
        found, scores = conditions.scored(selection.words)
        mask = mask & found
    base = Base(mask)
    docs = base.docs
    keys = [_sort_key(state, order, scores) for order in selection.order]
    facets = {name: _facet(state, base, name, wanted) for name, wanted in selection.facets.items()}
    following = docs if selection.after is None else _after(state, docs, keys, selection.after)
    return WhooshSelected(state, _ordered(state, following, keys, selection.last), len(docs), keys, facets)


def _sort_key(state: State, order: Order, scores: Scores | None) -> _SortKey:
    if order.field == "score":
        return _ByScore(order, np.zeros(state.size, np.float32) if scores is None else scores)
    if order.field in INSTANTS or order.field in COUNTS:
        return _ByNumber(order, number_of(state, order.field))
    if order.field in UNSORTABLE:
        raise SearchQueryError(f"Cannot sort by {order.field!r}, of which a dataset may have several.", "sort")
    return _ByText(order, state)


def _ordered(state: State, docs: Numbers, keys: Sequence[_SortKey], last: int) -> Numbers:
    if last <= 0 or not len(docs):
        return docs[:0]
    ids = state.counting.columns.ids
    parts: list[Callable[[Numbers], NDArray[Any]]] = [
        *(partial(_numbers, key, docs) for key in keys),
        lambda places: ids[docs[places], 0],
        lambda places: ids[docs[places], 1],
    ]
    return docs[smallest(parts, np.arange(len(docs)), last)]


def _numbers(key: _SortKey, docs: Numbers, places: Numbers) -> Numbers:
    return key.numbers(docs[places])


def _after(state: State, docs: Numbers, keys: Sequence[_SortKey], after: Key) -> Numbers:
    """Those of `docs` that come after this place in the order."""
    if len(after) != len(keys) + 1 or not isinstance(after[-1], str):
        raise _bad_cursor()
    try:
        last = UUID(hex=after[-1]).int
    except ValueError:
        raise _bad_cursor() from None
    ids = state.counting.columns.ids[docs]
    later: Mask = np.zeros(len(docs), np.bool_)
    level: Mask = np.ones(len(docs), np.bool_)
    columns: list[tuple[NDArray[Any], Any]]
    columns = [(key.numbers(docs), key.number_of(value)) for key, value in zip(keys, after[:-1], strict=True)]
    columns += [(ids[:, 0], np.uint64(last >> 64)), (ids[:, 1], np.uint64(last & 0xFFFFFFFFFFFFFFFF))]
    for numbers, value in columns:
        later |= level & (numbers > value)
        level &= numbers == value
    return docs[later]


def _facet(state: State, base: Base, name: str, wanted: FacetWanted) -> tuple[FacetCount, ...]:
    column = column_of(state, name)
    if column is None or not wanted.limit:
        return ()
    ranks = column.vocabulary.ranks()
    counts = base.count(column.pairs, len(ranks))
    limit = len(counts) if wanted.limit <= ALL_VALUES else wanted.limit
    shown = column.vocabulary.shown
    if wanted.mincount <= 0:
        order = np.lexsort([ranks, -counts[: len(ranks)]])[:limit]
        return tuple(FacetCount(shown[ordinal], int(counts[ordinal])) for ordinal in order.tolist())
    counts = np.where(counts >= wanted.mincount, counts, 0)
    return tuple(FacetCount(shown[ordinal], int(counts[ordinal])) for ordinal in foremost(counts, ranks, limit))


def _bad_cursor() -> SearchQueryError:
    return SearchQueryError("The cursor is none of this search: ask for its first page again.", "next")
