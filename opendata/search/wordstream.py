"""Texts as rows of numbers, one for the stem of each word that means something, so that long texts are compared fast.

The stem is the first key that the analysis of the index gives, so that forms of a word, and Kazakh in any script, come
out as one number. Common words, numbers and single letters are left out: what is left is what a text says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from opendata.search.analysis import Analyser
from opendata.search.analysis.common import COMMON
from opendata.search.analysis.language import SAMPLE, UNSURE, place_of
from opendata.search.analysis.models import ENGLISH, FOLDED, KAZAKH, LATIN, RUSSIAN
from opendata.search.analysis.paragraphs import LONGEST
from opendata.search.analysis.skeleton import skeleton

Numbers = NDArray[np.uint64]

PIECE_CHARACTERS = 3_000
"""Characters of a page that are taken to be in one language."""
_MOST_REMEMBERED = 400_000
_LONGEST_WORD = 64
_HINTS = {KAZAKH: "kk", FOLDED: "kk", RUSSIAN: "ru", ENGLISH: "en"}
_PLACES = {"kk": KAZAKH, "ru": RUSSIAN, "en": ENGLISH}
_PART = r"[^\W\d_](?:[^\W\d_]|['’\u0300-\u036f\u02d8\u00ad\u200b-\u200d])*"
_WORD = re.compile(rf"{_PART}(?:[-\u2010\u2011][ \t]*\r?\n[ \t]*{_PART})?")
_BROKEN = re.compile(r"[-\u2010\u2011][ \t]*\r?\n[ \t]*")
_BLANK = re.compile(r"\s")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a page, counted from 0, in one language: where it stands there, in characters."""

    page: int
    start: int
    end: int


class Words:
    """The words of a text in order; for each piece of it, at which word it begins."""

    def __init__(self, numbers: Numbers, pieces: Sequence[Piece], begins: Sequence[int]) -> None:
        self.numbers = numbers
        self.pieces = tuple(pieces)
        self._begins = np.asarray(begins, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.numbers)

    def piece_of(self, word: int) -> tuple[int, int]:
        """Which piece a word stands in, and at which word that piece begins."""
        place = int(np.searchsorted(self._begins, word, side="right")) - 1
        return place, int(self._begins[place])

    @cached_property
    def distinct(self) -> Numbers:
        """Every number once, in order."""
        return np.unique(self.numbers)


class _Memory:
    """Stems that were found: number by word, for each language, and the key that a number stands for."""

    def __init__(self) -> None:
        self.numbers: dict[int, dict[str, int]] = {place: {} for place in (*_HINTS, LATIN)}
        self.keys: dict[int, str] = {}

    @property
    def full(self) -> bool:
        return sum(map(len, self.numbers.values())) > _MOST_REMEMBERED


class WordReader:
    """Makes `Words` by one analysis. It remembers the stems of words, within bounds, and may be shared by threads."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._memory = _Memory()

    def read(self, pages: Iterable[str], language: str = "") -> Words:
        """The words of the pages; `language` (kk, ru, en) is a hint for texts too short to tell."""
        parts: list[Numbers] = []
        where: list[Piece] = []
        begins: list[int] = []
        size = 0
        for number, page in enumerate(pages):
            for start, end in _cut(page):
                known, found = self._known(page[start:end], language)
                numbers = np.array([known[word] for word in found], dtype=np.uint64)
                parts.append(numbers[numbers > 0])
                where.append(Piece(number, start, end))
                begins.append(size)
                size += len(parts[-1])
        return Words(np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64), where, begins)

    def keys(self, words: Words) -> dict[int, str]:
        """The index key of every distinct number of `words`; some may be missing when the memory was emptied."""
        known = self._memory.keys
        return {number: known[number] for number in map(int, words.distinct) if number in known}

    def spans(self, text: str, language: str = "") -> list[tuple[int, int]]:
        """(start, end) of the words of one piece of a page; as many as `read` counts for it."""
        known, _words = self._known(text, language)
        return [match.span() for match in _WORD.finditer(text) if known.get(match.group().lower())]

    def _known(self, text: str, language: str) -> tuple[dict[str, int], list[str]]:
        """The numbers of (at least) the words of a piece, 0 for one that says nothing; and its words in order."""
        if self._memory.full:
            self._memory = _Memory()
        memory, place = self._memory, place_of(text)
        if len(text) < UNSURE and place != KAZAKH:
            place = _PLACES.get(language, place)
        place = RUSSIAN if place is None else place
        known, words = memory.numbers[place], [word.lower() for word in _WORD.findall(text)]
        missing = {word for word in words if word not in known}
        if missing:
            self._learn(memory, place, missing, text)
        return known, words

    def _learn(self, memory: _Memory, place: int, words: Iterable[str], text: str) -> None:
        """Find the stems of words. The analysis sees them behind a part of their text, which tells the language."""
        known = memory.numbers[place]
        sample = " ".join(text[:SAMPLE].split()) + " "
        for batch in _batches(sorted(words)):
            known.update(dict.fromkeys(batch, 0))
            line, starts = sample, {}
            for word in batch:
                starts[len(line)] = word
                line += _whole(word) + " "
            for token in self._analyser.index_keys(line, _HINTS.get(place, "")):
                word_here = starts.get(token.start)
                if word_here is not None and (key := _telling(token.keys, place)):
                    known[word_here] = number = _number(key)
                    memory.keys[number] = key


@lru_cache(2)
def reader_of(analyser: Analyser) -> WordReader:
    """The reader of this analysis, with all that it remembers."""
    return WordReader(analyser)


def _cut(page: str) -> Iterator[tuple[int, int]]:
    """(start, end) of stretches of a page that are short enough to be in one language; cut at blanks."""
    start = 0
    while len(page) - start > PIECE_CHARACTERS:
        blank = _BLANK.search(page, start + PIECE_CHARACTERS)
        if blank is None:
            break
        yield start, blank.end()
        start = blank.end()
    yield start, len(page)


def _batches(words: Sequence[str]) -> Iterator[list[str]]:
    """The words in parts that fit into one paragraph of the analysis, behind the sample."""
    batch: list[str] = []
    size = 0
    for word in words:
        if batch and size + len(word) > LONGEST - SAMPLE - 2 * _LONGEST_WORD:
            yield batch
            batch, size = [], 0
        batch.append(word)
        size += len(word) + 1
    if batch:
        yield batch


def _whole(word: str) -> str:
    """A word without the line break that divides it, and without what nobody sees."""
    return _INVISIBLE.sub("", _BROKEN.sub("", word))[:_LONGEST_WORD]


def _telling(keys: Sequence[str], place: int) -> str:
    """The key that stands for a word, "" where the word says nothing."""
    surface = keys[-1].partition(":")[2]
    if len(surface) < 2 or surface in COMMON or (place == LATIN and skeleton(surface) in _common_skeletons()):
        return ""
    return keys[0]


@cache
def _common_skeletons() -> frozenset[str]:
    """Common words as they may come in Latin letters."""
    return frozenset(map(skeleton, COMMON))


def _number(key: str) -> int:
    """A number for a key, never 0 and always the same."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) | 1
