"""The plain analysis: Snowball stems for Russian and English, words as they stand for Kazakh."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import snowballstemmer

from opendata.search.analysis.common import COMMON
from opendata.search.analysis.contract import QueryToken, Token
from opendata.search.analysis.words import COMPOUND, MAX_WORD, Compound, FoldedWord, fold, take_apart

CACHE_SIZE = 65_536
"""Distinct words remembered. Pure-Python Snowball makes some 60,000 stems a second; nine words in ten repeat."""

_RUSSIAN = re.compile(r"[а-я]+")
_ENGLISH = re.compile(r"[a-z]+(?:'[a-z]+)?")

# A Snowball stemmer keeps the word that it works on in itself, so two threads must not share it at one moment.
_stemming = threading.Lock()
_LANGUAGES = {"R": "russian", "E": "english"}


@lru_cache
def _stemmer(kind: str) -> Any:
    return snowballstemmer.stemmer(_LANGUAGES[kind])


@lru_cache(CACHE_SIZE)
def _stem_key(word: str) -> str:
    """The key of the stem of a folded word, "" where no stemmer is for it or the word is a common one."""
    if word in COMMON:
        return ""
    kind = "R" if _RUSSIAN.fullmatch(word) else "E" if _ENGLISH.fullmatch(word) else ""
    if not kind:
        return ""
    with _stemming:
        return f"{kind}:{_stemmer(kind).stemWord(word)}"


_Parts = tuple[tuple[int, int, int, tuple[str, ...]], ...]


def _parts(raw: str) -> _Parts:
    # Very long runs are no words of a language; remembering them would let one hostile file fill the memory.
    return _remembered_parts(raw) if len(raw) <= 2 * MAX_WORD else _parts_anew(raw)


def _parts_anew(raw: str) -> _Parts:
    """Position, start, end and keys of each token of a compound, counted from its beginning."""
    compound = take_apart(raw)
    whole = [(0, compound.words[0].start, compound.end, (f"X:{compound.whole}",))] if compound.whole else []
    return (*whole, *((n, word.start, word.end, _index_keys(word)) for n, word in enumerate(compound.words)))


_remembered_parts = lru_cache(CACHE_SIZE)(_parts_anew)


def _index_keys(word: FoldedWord) -> tuple[str, ...]:
    stems = filter(None, map(_stem_key, word.spellings))
    return tuple(dict.fromkeys((*stems, *(f"X:{spelling}" for spelling in word.spellings))))


class PlainAnalyser:
    """See the module. Stateless but for its caches."""

    version = "plain-1"

    def index_keys(self, text: str, language: str = "") -> Iterator[Token]:  # noqa: ARG002 (its letters tell enough here)
        """The words of `text`. Keys of a word: its stem where there is one, then the word as it stands."""
        base = 0
        for match in COMPOUND.finditer(text):
            offset = match.start()
            tokens = _parts(match.group())
            for position, start, end, keys in tokens:
                yield Token(base + position, offset + start, offset + end, keys)
            base += tokens[-1][0] + 1

    def query_tokens(self, text: str) -> tuple[QueryToken, ...]:
        """The words of a piece of a query; a compound of plain words comes as those words."""
        tokens: list[QueryToken] = []
        for match in COMPOUND.finditer(text):
            compound = take_apart(match.group())
            words = tuple(_query_token(word.spellings[0]) for word in compound.words)
            tokens.extend((_code(compound, words),) if compound.is_code else words)
        return tuple(tokens)

    def query_keys(self, word: str) -> tuple[str, ...]:
        """The alternatives for one word: its stem where it has one, which stands beside every form, else the word."""
        tokens = self.query_tokens(word)
        return tokens[0].keys if len(tokens) == 1 else (f"X:{fold(word)}",)

    def prefix_key(self, text: str) -> str:
        """Beginnings are compared with the words as they stand."""
        return f"X:{fold(text)}"


def _query_token(word: str) -> QueryToken:
    stem, surface = _stem_key(word), f"X:{word}"
    return QueryToken(word, (stem or surface,), surface, word in COMMON, probes=(_probe(word, stem),))


def _probe(word: str, stem: str) -> str:
    """What every form of `word` begins with: in Russian Snowball only cuts, in English it rewrites ends (studi)."""
    kind, _colon, text = stem.partition(":")
    if kind != "E":
        return text or word
    shared = next((n for n, (a, b) in enumerate(zip(word, text, strict=False)) if a != b), min(len(word), len(text)))
    return word[: max(min(3, len(word)), shared - 1)]


def _code(compound: Compound, words: tuple[QueryToken, ...]) -> QueryToken:
    key = f"X:{compound.whole}"
    return QueryToken(compound.whole, (key,), key, parts=words, probes=words[0].probes)
