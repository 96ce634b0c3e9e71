"""Beginnings by which a page is known that may hold a form of a word, without analysing it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product

from opendata.search.analysis import russian
from opendata.search.analysis.language import has_kazakh_letters, mean_scores
from opendata.search.analysis.models import FOLDED, RUSSIAN
from opendata.search.analysis.skeleton import skeleton
from opendata.search.analysis.snowball import english_beginning
from opendata.search.analysis.variants import RUSSIAN_KEYBOARD, written

CACHE_SIZE = 4_096
"""Words remembered: a new one takes a millisecond, and one search asks for the same words several times."""
MAX_BEGINNINGS = 48
"""Beginnings of one word; rather than more, shorter ones."""
_SURE_RUSSIAN = 0.5
"""By how much the mean logarithm of a word must be better as Russian for Kazakh words like it to be left out."""

_CYRILLIC = re.compile("[а-яәғқңөұүһі]")
_VOICED = frozenset("pk")
_FROM_RUSSIAN_KEYBOARD: Mapping[str, str] = {
    letters[0]: letters for letters in ("аә", "гғ", "кқ", "нң", "оө", "уұү", "хһ", "ыі", "иі")
}
_FROM_SKELETON: Mapping[str, str] = {
    **dict(zip("bvdjzlmprtfc", "бвджзлмпртфч", strict=True)),
    **dict(zip("ageiknosuhw", ("аә", "гғ", "еэ", "ыіий", "кқ", "нң", "оө", "сц", "уұү", "хһ", "шщ"), strict=True)),
}


@lru_cache(CACHE_SIZE)
def of(word: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Beginnings (lower case, ё as е) one of which every form of a folded `word` with these keys has.

    Kazakh in Latin letters is looked for only as it was typed: its alphabets are too many.
    """
    return tuple(dict.fromkeys(_of(word, keys))) or (word,)


def _of(word: str, keys: tuple[str, ...]) -> Iterator[str]:
    kinds = {key[0] for key in keys}
    if "R" in kinds:
        yield from russian.beginnings(word)
    if "E" in kinds:
        yield english_beginning(word)
    for key in keys:
        if key.startswith("S:"):
            yield from _of_kazakh(word, key[2:], cyrillic=bool(_CYRILLIC.search(word)))


def _of_kazakh(word: str, stem: str, *, cyrillic: bool) -> Iterator[str]:
    shared = _shared(skeleton(word), stem)
    begin = word[: max(size for size in range(len(word) + 1) if len(skeleton(word[:size])) <= shared)]
    if not cyrillic:
        yield begin
        for start in _spellings(stem[:shared]):
            yield from _expanded(start, _FROM_SKELETON)
    elif has_kazakh_letters(word):
        yield begin
        yield from (written(begin, letters) for letters in RUSSIAN_KEYBOARD.values())
    elif not _is_surely_russian(word):
        yield from _expanded(begin, _FROM_RUSSIAN_KEYBOARD)


def _shared(whole: str, stem: str) -> int:
    """How many letters of `stem` every form begins with: its last one may be voiced, кітап is кітаб-."""
    size = next((n for n, (a, b) in enumerate(zip(whole, stem, strict=False)) if a != b), min(len(whole), len(stem)))
    return size - 1 if 1 < size == len(stem) and stem[-1] in _VOICED else size


def _is_surely_russian(word: str) -> bool:
    found = mean_scores(word)
    return found[RUSSIAN] - found[FOLDED] >= _SURE_RUSSIAN


def _spellings(start: str) -> set[str]:
    """я and ю are two letters in the skeleton."""
    return {start, start.replace("ia", "я").replace("iu", "ю")}


def _expanded(start: str, letters: Mapping[str, str]) -> list[str]:
    """Every way to write `start`, or as much of it as has few enough ways."""
    count, size = 1, 0
    for letter in start:
        count *= len(letters.get(letter, letter))
        if count > MAX_BEGINNINGS:
            break
        size += 1
    return ["".join(found) for found in product(*(letters.get(letter, letter) for letter in start[:size]))]
