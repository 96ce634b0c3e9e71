"""Words that are looked for in all texts of a record, in its title or in its description alone.

Which field a word stands in is told by its position: the index keeps where title and description of every document end.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from opendata.search.boolean import Exists, Leaf, Range, SearchQueryError, Term, Wildcard
from opendata.search.columns import Mask, Numbers
from opendata.search.executor import Executor, Scores
from opendata.search.parser import MAX_TERMS, MIN_PREFIX_LETTERS, Phrase, Prefix, Word
from opendata.search.plan import Beginning, InARow, OneWord, Part, Planner
from opendata.search.postings import IN_TEXT, Postings
from opendata.search.whoosh_state import Segment, State

TEXTS = {"text": (), "title": ("", "title_end"), "notes": ("notes_start", "notes_end")}
"""Fields of words, with the numbers between which their positions are; "" is the very beginning."""


class FieldWords:
    """Looks for words over one state of an index; counts those of one query."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._executor = Executor(state)
        self._planner = Planner(state.analyser)
        self.with_common = False

    def mask(self, leaf: Leaf, scores: Scores | None) -> Mask | None:
        """Which documents have the words in that field; `scores` of them are added to. None where no word counts."""
        if isinstance(leaf, Exists):
            return np.ones(self._state.size, np.bool_)
        if isinstance(leaf, Range) or not isinstance(leaf, Term | Wildcard):
            raise SearchQueryError("Words have no ranges.")
        parts = self._parts(leaf)
        if not parts:
            return None
        masks = [self._of_part(part, leaf.field, scores) for part in parts]
        held: Mask = np.logical_and.reduce(masks)
        return held

    def _parts(self, leaf: Term | Wildcard) -> tuple[Part, ...]:
        if isinstance(leaf, Wildcard):
            return self._planner.leaf(Prefix(_beginning(leaf.pattern)), common=True)
        if self._planner.left <= 0:
            raise SearchQueryError(f"A query has {MAX_TERMS} words at most.")
        if leaf.quoted:
            return self._planner.leaf(Phrase(leaf.text), common=True)
        return self._planner.words(Word(leaf.text), common=self.with_common)

    def _of_part(self, part: Part, field: str, scores: Scores | None) -> Mask:
        found = self._executor.own_scores(part)
        mask: Mask = found > 0
        if TEXTS[field]:
            mask &= self._within(part, field)
            found *= mask
        if scores is not None:
            scores += found
        return mask

    def _within(self, part: Part, field: str) -> Mask:
        """Documents that have it between the positions of the field."""
        first, last = TEXTS[field]
        starts = self._state.numbers(first) if first else np.zeros(self._state.size, np.int64)
        ends = self._state.numbers(last)
        mask = np.zeros(self._state.size, np.bool_)
        for base, segment in self._state.parts:
            for found, places in _rows(segment, part):
                docs = found + base
                inside = (places >= starts[docs]) & (places < ends[docs])
                mask[docs[inside]] = True
        return mask


def _rows(segment: Segment, part: Part) -> Iterator[tuple[Numbers, Numbers]]:
    """Documents of the segment and positions at which the part stands, in pieces."""
    if isinstance(part, InARow):
        yield from _in_a_row(segment, part.keys)
    elif isinstance(part, Beginning):
        for found, _term in segment.beginning(part.key.encode("utf-8", "replace")):
            yield from _places(segment, found)
    elif isinstance(part, OneWord):
        for key in part.keys:
            yield from _places(segment, key.encode("utf-8", "replace"))
        if part.parts:
            yield from _in_a_row(segment, part.parts)


def _places(segment: Segment, key: bytes) -> Iterator[tuple[Numbers, Numbers]]:
    postings = segment.postings(key)
    if postings is not None and len(postings.places):
        yield np.repeat(postings.docs, _sizes(postings)), postings.places.astype(np.int64)


def _in_a_row(segment: Segment, keys: tuple[str, ...]) -> Iterator[tuple[Numbers, Numbers]]:
    """Where the keys stand one after the other: the positions of the first."""
    row: Numbers | None = None
    for offset, found in enumerate(map(partial(_coded, segment), keys)):
        shifted = found - offset
        row = shifted if row is None else np.intersect1d(row, shifted, assume_unique=True)
    if row is not None and len(row):
        yield row >> 32, (row & 0xFFFFFFFF) - _SHIFT


_SHIFT = 1 << 16


def _coded(segment: Segment, key: str) -> Numbers:
    """Document and position of a key in one number each, in order."""
    for docs, places in _places(segment, key.encode("utf-8", "replace")):
        return np.unique((docs << 32) + places + _SHIFT)
    return np.zeros(0, np.int64)


def _sizes(postings: Postings) -> Numbers:
    return (postings.counts & ~np.uint8(IN_TEXT)).astype(np.int64)


def _beginning(pattern: str) -> str:
    """The word that the pattern begins with; words have no other patterns."""
    word = pattern[:-1]
    if not pattern.endswith("*") or "*" in word or "?" in word or len(word) < MIN_PREFIX_LETTERS:
        raise SearchQueryError(
            f"Cannot look for {pattern[:60]!r}: in texts, * stands at the end of a word, after {MIN_PREFIX_LETTERS} "
            "letters or more. Fields of values take * and ? anywhere."
        )
    return word.replace("\\", "")
