"""How much of one text stands in another in the same words and the same order, and where.

Texts are compared by runs of SHINGLE telling words (see wordstream): a word counts as found when it belongs to a run
that stands in the other text too. Forms of words, line breaks and what stands between do not matter. Runs that records
share which have little else in common are formulas (forms, title pages, references to laws) and count nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opendata.search.wordstream import Numbers, Words

Flags = NDArray[np.bool_]

SHINGLE = 4
"""Telling words in a row that must be equal."""
FORMULA = 4
"""A run that stands in so many records that are no versions of each other says nothing about any of them."""
MOST_RUNS = 10
"""Stretches in common that are told."""
SAME_FAMILY = 0.5
"""Share of the runs of the shorter of two records that stand in the other when they are versions of one text."""
GAP = SHINGLE + 2
"""Runs of one stretch begin at most this many words apart and one: up to three words between them may differ."""
_SHORT, _SKETCH = 4_000, 8
"""Of a text of so many runs or more, one in so many is looked at to tell versions of one text."""
_FACTORS = tuple(np.uint64(factor) for factor in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 1))


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row that stand in both texts: where they begin, and how many words long they are on each side."""

    given: int
    other: int
    length: int
    other_length: int


def shingles(words: Words) -> Numbers:
    """A number for every run of SHINGLE words, in order; none for a shorter text."""
    size = len(words) - SHINGLE + 1
    if size < 1:
        return np.zeros(0, dtype=np.uint64)
    found = np.zeros(size, dtype=np.uint64)
    for place, factor in enumerate(_FACTORS):
        found = (found ^ (found >> np.uint64(29))) * factor + words.numbers[place : place + size]
    return found * _FACTORS[0]


class Given:
    """The text that others are compared with: its runs, each once."""

    def __init__(self, words: Words, weights: NDArray[np.float64] | None = None) -> None:
        """`weights`: what each word is worth; the same for all when it is not given."""
        self.words = words
        runs = shingles(words)
        self.values, self.first, self.places, counts = np.unique(
            runs, return_index=True, return_inverse=True, return_counts=True
        )
        # What a text repeats (running heads, the rows of tables) counts once in all.
        self._parts = np.ones(len(words))
        self._parts[: len(runs)] /= counts[self.places]
        self._worth = np.ones(len(words)) if weights is None else weights
        self._weights = self._worth * self._parts

    def compare(self, other: Words) -> Compared:
        """Which runs of this text stand in `other`, and the other way round."""
        runs = shingles(other)
        at = np.searchsorted(self.values, runs)
        at[at == len(self.values)] = 0
        inside = self.values[at] == runs if len(self.values) else np.zeros(len(runs), dtype=np.bool_)
        held = np.zeros(len(self.values), dtype=np.bool_)
        held[at[inside]] = True
        return Compared(other, runs, np.where(inside, at, -1), held)

    def covered(self, held: Flags) -> Flags:
        """Which words belong to a run of `held`."""
        return _covered(held[self.places], len(self.words))

    def words_in(self, held: Flags) -> int:
        """How many words belong to runs of `held`, what is repeated counted once."""
        return round(float(self._parts[self.covered(held)].sum()))

    def worth_of(self, numbers: Numbers) -> NDArray[np.float64]:
        """What words of other texts are worth: as much as here, and as much as the usual word where it is not here."""
        usual = float(self._worth.mean()) if len(self._worth) else 1.0
        known, first = np.unique(self.words.numbers, return_index=True)
        if not len(known):
            return np.full(len(numbers), usual)
        at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
        return np.where(known[at] == numbers, self._worth[first[at]], usual)

    def share(self, held: Flags) -> float:
        """How much of this text belongs to runs of `held`, from 0 to 1."""
        whole = float(self._weights.sum())
        return float(self._weights[self.covered(held)].sum()) / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class Compared:
    """Another text beside the given one. `at` is the run of the given text that each of its own runs equals, or -1;
    `held` tells for each run of the given text whether it stands here."""

    words: Words
    runs: Numbers
    at: NDArray[np.int64]
    held: Flags

    def covered(self, formulas: Flags) -> Flags:
        """Which words of this text belong to runs of the given one that are no formulas."""
        inside = self.at >= 0
        inside[inside] = ~formulas[self.at[inside]]
        return _covered(inside, len(self.words))

    def share(self, formulas: Flags, given: Given) -> float:
        """How much of this text stands in the given one, from 0 to 1; what is repeated counts once."""
        if not len(self.words):
            return 0.0
        parts = given.worth_of(self.words.numbers)
        _values, places, counts = np.unique(self.runs, return_inverse=True, return_counts=True)
        parts[: len(self.runs)] /= counts[places]
        return float(parts[self.covered(formulas)].sum() / parts.sum())


def _covered(begins: Flags, size: int) -> Flags:
    """Which of `size` words belong to runs that begin where `begins` says."""
    found = np.zeros(size, dtype=np.bool_)
    for place in range(SHINGLE):
        found[place : place + len(begins)] |= begins
    return found


def formulas(given: Given, others: Sequence[Compared], groups: Sequence[Hashable] = ()) -> Flags:
    """Which runs of the given text stand in FORMULA records or more that have nothing to do with each other.

    Versions of one text count as one, and so do records of one group (of one study); None is no group.
    """
    counts = np.zeros(len(given.values), dtype=np.int64)
    for family in _families(others, groups or [None] * len(others)):
        counts += np.logical_or.reduce([others[one].held for one in family])
    return counts >= FORMULA


def _families(others: Sequence[Compared], groups: Sequence[Hashable]) -> list[list[int]]:
    """The texts that belong together, by their places."""
    whole = [np.unique(other.runs) for other in others]
    family = list(range(len(others)))
    for one in range(len(others)):
        for two in range(one):
            if family[one] == family[two] or not (others[one].held.any() and others[two].held.any()):
                continue
            akin = groups[one] is not None and groups[one] == groups[two]
            if akin or _versions(whole[one], whole[two]):
                old, new = family[one], family[two]
                family = [new if name == old else name for name in family]
    return [[place for place, name in enumerate(family) if name == one] for one in dict.fromkeys(family)]


def _versions(one: Numbers, two: Numbers) -> bool:
    """Whether most runs of the shorter text (of a long one: of a fixed part of its runs) stand in the other."""
    short, long = sorted((one, two), key=len)
    looked_at = short if len(short) < _SHORT else short[short % np.uint64(_SKETCH) == 0]
    at = np.minimum(np.searchsorted(long, looked_at), len(long) - 1)
    return bool(len(looked_at)) and float((long[at] == looked_at).mean()) >= SAME_FAMILY


def runs_of(given: Given, other: Compared, formulas: Flags) -> list[Run]:
    """Stretches that stand in both texts, the longest first, none twice; up to GAP other words in a row may differ."""
    places = np.flatnonzero(other.at >= 0)
    places = places[~formulas[other.at[places]]]
    found: list[Run] = []
    stretch: list[tuple[int, int]] = []
    for pair in zip(given.first[other.at[places]].tolist(), places.tolist(), strict=True):
        if stretch and not (0 < pair[1] - stretch[-1][1] <= GAP + 1 and 0 < pair[0] - stretch[-1][0] <= GAP + 1):
            found.append(_run(stretch))
            stretch = []
        stretch.append(pair)
    if stretch:
        found.append(_run(stretch))
    return _apart(sorted(found, key=lambda run: (-run.length, run.given)))


def _run(stretch: Sequence[tuple[int, int]]) -> Run:
    (given, other), (last_given, last_other) = stretch[0], stretch[-1]
    return Run(given, other, last_given - given + SHINGLE, last_other - other + SHINGLE)


def _apart(runs: Sequence[Run]) -> list[Run]:
    """The first MOST_RUNS that no longer one overlaps in the given text."""
    kept: list[Run] = []
    for run in runs:
        if all(run.given + run.length <= one.given or one.given + one.length <= run.given for one in kept):
            kept.append(run)
            if len(kept) == MOST_RUNS:
                break
    return kept
