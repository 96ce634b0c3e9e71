"""Words in a row and words near each other, by their positions in the records' own texts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from opendata.search.columns import Numbers
from opendata.search.plan import OneWord
from opendata.search.postings import IN_TEXT, Docs, Postings
from opendata.search.ranking import NEAR, NEAR_DISTANCE
from opendata.search.whoosh_state import Segment, State

_ROW_BITS = 32
"""A place is the number of the document, then that many bits of position."""

Places = NDArray[np.int64]


def in_a_row(segment: Segment, keys: Sequence[str]) -> tuple[Docs, Docs]:
    """Documents of the segment that hold `keys` next to each other; others that hold them all in report text."""
    nothing = np.zeros(0, np.int64)
    found: list[Postings] = []
    for key in keys:
        postings = segment.postings(key.encode("utf-8", "replace"))
        if postings is None:
            return nothing, nothing
        found.append(postings)
    docs = found[0].docs
    for postings in sorted(found, key=len):
        docs = np.intersect1d(docs, postings.docs, assume_unique=True)
        if not len(docs):
            return nothing, nothing
    together = np.ones(len(docs), np.bool_)
    row: Places | None = None
    for offset, postings in enumerate(found):
        rows = np.searchsorted(postings.docs, docs)
        counts = postings.counts[rows]
        together &= (counts == 0) | (counts >= IN_TEXT)
        places = places_of(postings, rows, docs) - offset
        row = places if row is None else np.intersect1d(row, places, assume_unique=True)
    assert row is not None
    sure = np.unique(row >> _ROW_BITS)
    return sure, np.setdiff1d(docs[together], sure, assume_unique=True)


def places_of(postings: Postings, rows: Numbers, docs: Docs) -> Places:
    """The places of these rows of the postings, as documents `docs`, in order."""
    sizes = (postings.counts & ~np.uint8(IN_TEXT)).astype(np.int64)
    ends = np.cumsum(sizes)
    sizes = sizes[rows]
    firsts = ends[rows] - sizes
    news = np.cumsum(sizes)
    total = int(news[-1]) if len(news) else 0
    at = np.repeat(firsts - news + sizes, sizes) + np.arange(total)
    return (np.repeat(docs, sizes) << _ROW_BITS) + postings.places[at] + (1 << 16)


def nearness(state: State, words: Sequence[OneWord], docs: Numbers) -> NDArray[np.float64]:
    """By what share the score of each of `docs`, which are in order, rises because the words stand near each other."""
    bonus = np.zeros(len(docs))
    if len(words) < 2 or not len(docs):
        return bonus
    places = [_word_places(state, word, docs) for word in words]
    for left, right in pairwise(places):
        bonus += NEAR * _closeness(left, right, len(docs))
    return bonus / (len(words) - 1)


def _closeness(left: Places, right: Places, size: int) -> NDArray[np.float64]:
    """One over the smallest distance of the two words in each document; zero where they are far apart."""
    best = np.zeros(size)
    if not len(left) or not len(right):
        return best
    at = np.searchsorted(right, left)
    for other in (np.minimum(at, len(right) - 1), np.maximum(at - 1, 0)):
        distance = np.abs(right[other] - left)
        near = distance <= NEAR_DISTANCE
        np.maximum.at(best, left[near] >> _ROW_BITS, 1 / np.maximum(distance[near], 1))
    return best


def _word_places(state: State, word: OneWord, docs: Numbers) -> Places:
    """Where the word stands in `docs`, which are counted from zero there."""
    found = []
    for base, segment in state.parts:
        first, last = np.searchsorted(docs, (base, base + segment.size))
        mine = docs[first:last] - base
        for key in word.keys if len(mine) else ():
            postings = segment.postings(key.encode("utf-8", "replace"))
            if postings is None:
                continue
            rows = np.minimum(np.searchsorted(postings.docs, mine), len(postings) - 1)
            held = postings.docs[rows] == mine
            found.append(places_of(postings, rows[held], np.arange(first, last)[held]))
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
