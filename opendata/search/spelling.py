"""Which words of the index are like a mistyped one: a dictionary of deletes, as arrays that processes share.

Two words at most two changes apart have a common remainder when up to two letters are left out of each. Only the first
seven letters are taken for that, which keeps the dictionary small; the words that share a remainder are then compared
in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendata.search.analysis.language import has_kazakh_letters
from opendata.search.arrays import Array, Arrays, Strings, pack_strings

MIN_LETTERS = 4
"""Shorter words are like too many others."""
LONG_LETTERS = 8
"""From so many letters on a word may have two changes."""
MAX_WORDS = 200_000
LEAST_RECORDS = 2
"""A word of a single record may itself be mistyped."""

_BEGINNING = 7
_SHORTEST, _LONGEST = 3, 40
_COMPARED = 2_000
_WORD = re.compile(r"X:([^\W\d_]+(?:'[^\W\d_]+)*)")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_FACTOR, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)

Hashes = NDArray[np.uint64]


class Near(NamedTuple):
    """A word of the index that is like the one asked for; `records` held it when the dictionary was made."""

    word: str
    records: int
    changes: int


def collect(vocabulary: Iterable[tuple[str, int]]) -> dict[str, Array]:
    """The arrays of a dictionary of the words ("X:" keys with their records) that are worth suggesting."""
    found = [(match[1], records) for key, records in vocabulary if (match := _word(key)) and records >= LEAST_RECORDS]
    if len(found) > MAX_WORDS:
        found = sorted(sorted(found, key=lambda one: -one[1])[:MAX_WORDS])
    words = [word for word, _ in found]
    records = np.array([count for _, count in found], dtype=np.uint32)
    lengths = np.array([len(word) for word in words], dtype=np.uint8)
    return {**_buckets(words, lengths), "records": records, "lengths": lengths, **pack_strings("words", words)}


def _word(key: str) -> re.Match[str] | None:
    return _WORD.fullmatch(key) if _SHORTEST <= len(key) - 2 <= _LONGEST else None


def _buckets(words: list[str], lengths: Array) -> dict[str, Array]:
    """The numbers of the words by the first bits of the hashes of their remainders, about two to a bucket."""
    parts = [np.zeros(0, dtype=np.uint64)]
    letters = _letters(words)
    for length in range(_SHORTEST, LONG_LETTERS + 1):
        chosen = np.flatnonzero(lengths >= length if length == LONG_LETTERS else lengths == length)
        numbers = chosen.astype(np.uint64)
        parts += [(hashes << np.uint64(32)) | numbers for hashes in _remainders(letters[chosen], length)]
    found = np.concatenate(parts)
    bits = max(1, len(found).bit_length() - 2)
    number = np.uint64(0xFFFFFFFF)
    found = np.unique((found >> np.uint64(64 - bits) << np.uint64(32)) | (found & number))
    starts = np.searchsorted(found, np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(32))
    return {"starts": starts.astype(np.uint32), "entries": (found & number).astype(np.uint32)}


def _letters(words: list[str]) -> Hashes:
    """The first letters of each word as a row of code points."""
    joined = "".join(word[:_BEGINNING].ljust(_BEGINNING, "\0") for word in words)
    return np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).reshape(-1, _BEGINNING).astype(np.uint64)


def _remainders(letters: Hashes, length: int) -> Iterator[Hashes]:
    """32-bit hashes of what remains of each row's word of that length (LONG_LETTERS: or more), once per way."""
    for kept in _ways(length):
        hashes = np.full(len(letters), len(kept) + 1, dtype=np.uint64)
        for place in kept:
            hashes = (hashes ^ letters[:, place]) * _FACTOR
            hashes ^= hashes >> np.uint64(29)
        yield (hashes * _MIX) >> np.uint64(32)


@cache
def _ways(length: int) -> tuple[tuple[int, ...], ...]:
    letters = range(min(length, _BEGINNING))
    fewest = len(letters) - _changes(length)
    return tuple(kept for count in range(fewest, len(letters) + 1) for kept in combinations(letters, count))


def _changes(length: int) -> int:
    return 2 if length >= LONG_LETTERS else 1


class Speller:
    """The dictionary. Words are folded, as the keys of the index are."""

    def __init__(self, arrays: Arrays) -> None:
        self._starts, self._entries = arrays["starts"], arrays["entries"]
        self._records, self._lengths = arrays["records"], arrays["lengths"]
        self._words = Strings(arrays, "words")

    def words(self) -> list[str]:
        """Every word of the dictionary."""
        return [self._words[place] for place in range(len(self._words))]

    def near(self, word: str, limit: int = 5) -> tuple[Near, ...]:
        """The words nearest to `word`, best first; none for one that is too short or has more than letters."""
        if not (MIN_LETTERS <= len(word) <= _LONGEST and _WORD.fullmatch(f"X:{word}")):
            return ()
        most = _changes(len(word))
        found = []
        for place in self._candidates(word):
            other = self._words[place]
            if other != word and (changes := distance(word, other, most)) <= most:
                found.append(Near(other, int(self._records[place]), changes))
        return tuple(sorted(found, key=lambda near: _cost(word, near))[:limit])

    def _candidates(self, word: str) -> list[int]:
        """Numbers of the words that share a bucket with one of its remainders, and are about as long."""
        hashes = np.concatenate(list(_remainders(_letters([word]), min(len(word), LONG_LETTERS))))
        bits = (len(self._starts) - 1).bit_length() - 1
        buckets = np.unique(hashes >> np.uint64(32 - bits)).tolist()
        runs = [self._entries[self._starts[bucket] : self._starts[bucket + 1]] for bucket in buckets]
        places = np.unique(np.concatenate(runs))
        apart = np.abs(self._lengths[places].astype(np.int16) - len(word))
        places = places[apart <= _changes(len(word))]
        if len(places) > _COMPARED:
            places = places[np.argsort(-self._records[places].astype(np.int64))[:_COMPARED]]
        return [int(place) for place in places]


def _cost(word: str, near: Near) -> float:
    """What speaks against a word: its changes, another alphabet, another first letter, how rare it is."""
    cost = near.changes - 0.25 * float(np.log10(near.records))
    cost += 0.5 * (has_kazakh_letters(word) != has_kazakh_letters(near.word))
    cost += 2.0 * (bool(_CYRILLIC.search(word)) != bool(_CYRILLIC.search(near.word)))
    return cost + 0.4 * (word[0] != near.word[0])


def distance(one: str, other: str, most: int) -> int:
    """Letters inserted, left out, replaced or swapped with a neighbour between two words; `most` + 1 for more."""
    before, row = [0], list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i] + [0] * len(other)
        for j, wanted in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row[j] = cost
        if min(row) > most:
            return most + 1
        before = above
    return min(row[-1], most + 1)
