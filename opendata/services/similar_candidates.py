"""Which records may resemble a text: those that hold the telling words of its parts.

A shortened or revised copy shares parts of its text only, so telling words are taken from everywhere in it, and its
stretches are asked for on their own besides the whole.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from opendata.search.index import Hit, SearchIndex
from opendata.search.wordstream import Numbers, WordReader, Words

MOST_KEYS = 6_000
"""Different stems of a text that are looked up in the index."""
PART = 300
"""Words of a part of which telling ones are taken."""
MOST_PARTS = 60
ASKED = 300
"""Telling words by which records are looked for, in all."""
STRETCHES = 6
FROM_WHOLE, FROM_STRETCH = 24, 5
"""Records taken for the whole text, and for each stretch of it."""
TELLING = 40
"""Words that stand for what a text is about."""
BEGINNING = 150
"""Words at its beginning (title and abstract) that are asked for like a stretch."""


@dataclass(frozen=True)
class Rarity:
    """How rare the words of a text are in the catalogue: `keys` by number, and in how many records each stands."""

    documents: int
    keys: Mapping[int, str]
    frequencies: Mapping[int, int]

    def of(self, number: int) -> float:
        """From about 0 (stands everywhere) up. What no record holds counts as what few do: it may be misread."""
        return self._idf(self.frequencies.get(number, 0))

    def _idf(self, frequency: int) -> float:
        held = max(frequency, 2.0, self.documents / 500)
        return math.log(1 + max(0.0, self.documents - held + 0.5) / (held + 0.5)) + 0.05

    def weights(self, words: Words) -> NDArray[np.float64]:
        """What each word is worth."""
        distinct = words.distinct
        values = np.array([self.of(int(number)) for number in distinct])
        return values[np.searchsorted(distinct, words.numbers)] if len(distinct) else values

    def telling(self, numbers: Numbers, most: int) -> dict[int, float]:
        """The words that tell most of this part of a text: often here, rare elsewhere, and known to the index."""
        found, counts = np.unique(numbers, return_counts=True)
        worth = {
            int(number): (1 + math.log(count)) * self.of(int(number))
            for number, count in zip(found, counts, strict=True)
            if self.frequencies.get(int(number))
        }
        return {number: worth[number] for number in sorted(worth, key=lambda one: (-worth[one], one))[:most]}


def rarity(index: SearchIndex, reader: WordReader, words: Words) -> Rarity:
    """How rare the words are now; of a text with very many different ones, for as many as are looked up."""
    keys = reader.keys(words)
    asked = dict(sorted(keys.items())[:MOST_KEYS])
    found = index.frequencies(asked.values())
    frequencies = {number: found[key] for number, key in asked.items()}
    return Rarity(max(1, index.status().documents), keys, frequencies)


def candidates(index: SearchIndex, words: Words, rare: Rarity, without: Collection[UUID]) -> list[Hit]:
    """Records that may resemble the text, the likeliest first: those like all of it, then those like its stretches."""
    parts = _parts(words)
    each = max(3, ASKED // len(parts))
    telling = [rare.telling(part, each) for part in parts]
    hits = list(_like(index, telling, rare, FROM_WHOLE, without))
    if len(parts) > 1:
        size = math.ceil(len(parts) / STRETCHES)
        for start in range(0, len(parts), size):
            hits += _like(index, telling[start : start + size], rare, FROM_STRETCH, without)
    hits += _like(index, [rare.telling(words.numbers[:BEGINNING], 60)], rare, FROM_STRETCH, without)
    return list({hit.id: hit for hit in hits}.values())


def _parts(words: Words) -> list[Numbers]:
    """The text in parts of the same length, PART words or longer."""
    count = max(1, min(MOST_PARTS, len(words) // PART))
    return np.array_split(words.numbers, count)


def _like(
    index: SearchIndex, telling: list[dict[int, float]], rare: Rarity, limit: int, without: Collection[UUID]
) -> tuple[Hit, ...]:
    weights: defaultdict[str, float] = defaultdict(float)
    for part in telling:
        for number, worth in part.items():
            weights[rare.keys[number]] += worth
    return index.like(weights, limit=limit, without=without) if weights else ()
