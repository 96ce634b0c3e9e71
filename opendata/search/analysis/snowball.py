"""Snowball's stems of Russian and English words."""

from __future__ import annotations

import threading
from functools import cache, lru_cache
from typing import Any

import snowballstemmer

CACHE_SIZE = 65_536
"""Distinct words remembered by each analyser: nine words of running text in ten are among them."""

# A Snowball stemmer keeps the word that it works on in itself, so two threads must not share it at one moment.
_stemming = threading.Lock()


@cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer(language)


@lru_cache(CACHE_SIZE)
def english_stem(word: str) -> str:
    """The stem of a folded English word."""
    return _stem("english", word)


@lru_cache(CACHE_SIZE)
def russian_stem(word: str) -> str:
    """The stem of a folded Russian word."""
    return _stem("russian", word)


def _stem(language: str, word: str) -> str:
    with _stemming:
        return str(_stemmer(language).stemWord(word))


def english_beginning(word: str) -> str:
    """What every form of a folded English word begins with: Snowball rewrites ends (studies is studi)."""
    stem = english_stem(word)
    shared = next((n for n, (a, b) in enumerate(zip(word, stem, strict=False)) if a != b), min(len(word), len(stem)))
    return word[: max(min(3, len(word)), shared - 1)]
