"""Which keywords say the same in Kazakh, Russian and English, learnt from records that give them in several languages.

Publishers list the same keywords once per language, mostly in the same order. Where two lists of a record are equally
long, keywords at the same place are a pair; of other lists every two may be. A pair counts that stands in two records
at least, in most of those that have either word, and of which neither word has a better partner.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from typing import NamedTuple

import numpy as np

from opendata.search.analysis import Analyser, QueryToken
from opendata.search.analysis.words import fold
from opendata.search.arrays import Array, Arrays, Strings, pack_strings

LANGUAGES = ("kk", "ru", "en")
LEAST_RECORDS = 2
LEAST_DICE = 0.4
"""Twice the records of both, over the records of the one and those of the other."""
MOST_WORDS = 5
"""Of a keyword; longer ones are sentences."""

_MOST_LISTED = 20
_MOST_SPELLINGS = 8
_KIND = {"kk": "S:", "ru": "R:", "en": "E:"}


class Word(NamedTuple):
    """A keyword with its language (kk, ru or en)."""

    text: str
    language: str


Listed = Sequence[Word]


def mine(records: Iterable[Listed]) -> list[tuple[Word, Word]]:
    """The pairs that the keyword lists of these records show, each once, in the order of the languages."""
    counted = _Counted()
    for record in records:
        counted.add(record)
    aligned = counted.best(counted.aligned, set())
    taken = {(word, other.language) for pair in aligned for word, other in (pair, pair[::-1])}
    return aligned + counted.best(counted.together, taken)


class _Counted:
    """In how many records words stand, and stand together. The spelling met first is kept."""

    def __init__(self) -> None:
        self._spelt: dict[tuple[str, str], Word] = {}
        self._alone: Counter[tuple[Word, str]] = Counter()
        self.aligned: Counter[tuple[Word, Word]] = Counter()
        self.together: Counter[tuple[Word, Word]] = Counter()

    def add(self, record: Listed) -> None:
        """Count one record."""
        lists = {language: self._listed(record, language) for language in LANGUAGES}
        for one, other in combinations(LANGUAGES, 2):
            mine, others = lists[one], lists[other]
            if not mine or not others:
                continue
            self._alone.update((word, other) for word in mine)
            self._alone.update((word, one) for word in others)
            if len(mine) == len(others):
                self.aligned.update(zip(mine, others, strict=True))
            self.together.update(product(mine, others))

    def _listed(self, record: Listed, language: str) -> list[Word]:
        words = (word for word in record if word.language == language)
        return [self._spelt.setdefault((fold(word.text), language), word) for word in islice(words, _MOST_LISTED)]

    def best(self, pairs: Counter[tuple[Word, Word]], taken: set[tuple[Word, str]]) -> list[tuple[Word, Word]]:
        """The pairs that count, without words that have a partner in that language already."""
        found: dict[tuple[Word, str], tuple[float, Word]] = {}
        likely = []
        for (one, other), records in pairs.items():
            if records < LEAST_RECORDS or fold(one.text) == fold(other.text):
                continue
            if (one, other.language) in taken or (other, one.language) in taken:
                continue
            alone = self._alone[one, other.language] + self._alone[other, one.language]
            if (dice := 2 * records / alone) >= LEAST_DICE:
                likely.append((dice, one, other))
        for dice, one, other in sorted(likely, key=lambda pair: -pair[0]):
            found.setdefault((one, other.language), (dice, other))
            found.setdefault((other, one.language), (dice, one))
        return [
            (one, other)
            for _, one, other in likely
            if found[one, other.language][1] == other and found[other, one.language][1] == one
        ]


def collect(pairs: Iterable[tuple[Word, Word]], analyser: Analyser) -> dict[str, Array]:
    """The arrays of a list of pairs, found by any form of either word."""
    partners: dict[Word, list[Word]] = {}
    for one, other in pairs:
        partners.setdefault(one, []).append(other)
        partners.setdefault(other, []).append(one)
    found = sorted(
        (hash_, other.language, other.text)
        for word, others in partners.items()
        if (hash_ := _stored(word, analyser))
        for other in others
    )
    return {
        "hashes": np.array([hash_ for hash_, _, _ in found], dtype=np.uint64),
        **pack_strings("languages", (language for _, language, _ in found)),
        **pack_strings("texts", (text for _, _, text in found)),
    }


def _stored(word: Word, analyser: Analyser) -> int:
    """The hash of the word's forms; 0 for one that is too long or empty."""
    kind = _KIND[word.language]
    tokens = list(analyser.index_keys(word.text, word.language))
    keys = [next((key for key in token.keys if key.startswith(kind)), token.keys[-1]) for token in tokens]
    return _hash(kind, keys) if 1 <= len(keys) <= MOST_WORDS else 0


def _hash(kind: str, keys: Sequence[str]) -> int:
    return int.from_bytes(hashlib.blake2b(" ".join((kind, *keys)).encode(), digest_size=8).digest(), "little")


class Pairs:
    """The pairs, by what was typed."""

    def __init__(self, arrays: Arrays) -> None:
        self._hashes = arrays["hashes"]
        self._texts, self._languages = Strings(arrays, "texts"), Strings(arrays, "languages")

    def __len__(self) -> int:
        return len(self._hashes)

    def partners(self, tokens: Sequence[QueryToken]) -> dict[str, list[tuple[str, ...]]]:
        """By language, keywords that together say the same as these words of a query; none unless every word has one.

        The words are taken in the longest runs that are keywords. Of several runs only the best partners are given.
        """
        found: list[dict[str, list[str]]] = []
        start = 0
        while start < len(tokens):
            if tokens[start].common and not self._run(tokens, start):
                start += 1
                continue
            length, partners = self._run(tokens, start) or (0, {})
            if not length:
                return {}
            found.append(partners)
            start += length
        return _joined(found)

    def _run(self, tokens: Sequence[QueryToken], start: int) -> tuple[int, dict[str, list[str]]] | None:
        for length in range(min(MOST_WORDS, len(tokens) - start), 0, -1):
            if partners := self._of(tokens[start : start + length]):
                return length, partners
        return None

    def _of(self, tokens: Sequence[QueryToken]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for hash_ in _asked(tokens):
            start, end = (int(np.searchsorted(self._hashes, np.uint64(hash_), side)) for side in ("left", "right"))
            for place in range(start, end):
                texts = found.setdefault(self._languages[place], [])
                if self._texts[place] not in texts:
                    texts.append(self._texts[place])
        return found


def _asked(tokens: Sequence[QueryToken]) -> Iterator[int]:
    """The hashes under which a keyword of these words may stand: in one language all of it."""
    for kind in _KIND.values():
        keys = [[key for key in token.keys if key.startswith(kind)] or _plain(token) for token in tokens]
        if all(keys):
            yield from (_hash(kind, way) for way in islice(product(*keys), _MOST_SPELLINGS))


def _plain(token: QueryToken) -> list[str]:
    """A word that has no stem in any language stands as it is."""
    return [token.surface] if all(key.startswith("X:") for key in token.keys) else []


def _joined(runs: Sequence[Mapping[str, Sequence[str]]]) -> dict[str, list[tuple[str, ...]]]:
    languages = [language for language in LANGUAGES if runs and all(language in run for run in runs)]
    if len(runs) == 1:
        return {language: [(text,) for text in runs[0][language]] for language in languages}
    return {language: [tuple(run[language][0] for run in runs)] for language in languages}
