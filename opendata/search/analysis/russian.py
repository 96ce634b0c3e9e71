"""Russian words to their dictionary forms: pymorphy3, or Snowball's stems where it is not installed."""

from __future__ import annotations

import importlib
from functools import cache, lru_cache
from importlib import metadata
from typing import Any

from opendata.search.analysis.snowball import CACHE_SIZE, russian_stem

DICTIONARY = "pymorphy3-dicts-ru"
_COMMON_ENOUGH = 3
"""Letters that the forms of a word must share to be looked for by them."""


def version() -> str:
    """Which dictionary is used; read from the installed packages, the dictionary itself stays unread."""
    try:
        return f"{DICTIONARY}-{metadata.version(DICTIONARY)}" if metadata.version("pymorphy3") else ""
    except metadata.PackageNotFoundError:
        return "snowball"


@cache
def _morphology() -> Any:
    # Loaded at the first Russian word: it takes 0.3 s and 21 MB, which a process that never searches can save.
    return importlib.import_module("pymorphy3").MorphAnalyzer(lang="ru") if version() != "snowball" else None


@lru_cache(CACHE_SIZE)
def lemmas(word: str) -> tuple[str, ...]:
    """The dictionary forms that a folded word may be of, the likeliest first; some 9,000 new words a second."""
    morphology = _morphology()
    if morphology is None:
        return (russian_stem(word),)
    return tuple(dict.fromkeys(_fold(form) for form in morphology.normal_forms(word)))


def is_known(word: str) -> bool:
    """Whether a folded word stands in the dictionary; any word does where there is none."""
    morphology = _morphology()
    return morphology is None or bool(morphology.word_is_known(word))


def beginnings(word: str) -> tuple[str, ...]:
    """Beginnings one of which every form of a folded word has: рек of река; ид and шел of идти."""
    morphology = _morphology()
    if morphology is None:
        return (russian_stem(word),)
    found: dict[str, None] = {}
    for parse in morphology.parse(word):
        found.update(dict.fromkeys(_shared([_fold(form.word) for form in parse.lexeme])))
    return tuple(found) or (word,)


def _shared(forms: list[str]) -> list[str]:
    """What all begin with; where that is next to nothing (идти and шел, удобный and поудобнее), what each sort does."""
    whole = _common(forms)
    if len(whole) >= _COMMON_ENOUGH:
        return [whole]
    sorts: dict[str, list[str]] = {}
    for form in forms:
        sorts.setdefault(form[:_COMMON_ENOUGH], []).append(form)
    return [_common(sort) for sort in sorts.values()]


def _common(forms: list[str]) -> str:
    first, last = min(forms), max(forms)
    size = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:size]


def _fold(form: str) -> str:
    return str(form).replace("ё", "е")
