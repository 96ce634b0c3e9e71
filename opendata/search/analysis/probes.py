"""Beginnings by which a page is known that may hold a form of a word, without analysing it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from opendata.search.analysis import russian
from opendata.search.analysis.snowball import english_beginning

LETTERS = 3
"""Letters of a Kazakh beginning; each stands for several."""
MAX_BEGINNINGS = 48

# What a letter of the skeleton stands for in Kazakh Cyrillic and on a Russian keyboard.
_CYRILLIC = {
    **dict(zip("bvdjzlmrtfc", "бвджзлмртфч", strict=True)),
    "a": "аә",
    "g": "гғ",
    "e": "еэ",
    "i": "ыіий",
    "k": "кқ",
    "n": "нң",
    "o": "оө",
    "p": "п",
    "s": "сц",
    "u": "уұү",
    "h": "хһ",
    "w": "шщ",
}
_VOICED = {"k": "кқгғ", "p": "пб"}


def of(word: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Beginnings (lower case, ё as е) one of which every form of a folded `word` with these keys has."""
    kinds = {key[0] for key in keys}
    found = [word] if kinds == {"X"} else []
    if "R" in kinds:
        found += russian.beginnings(word)
    if "E" in kinds:
        found.append(english_beginning(word))
    for key in keys:
        if key.startswith("S:"):
            found += [*_of_skeleton(key[2:]), word[:LETTERS]]
    return tuple(dict.fromkeys(found))


def _of_skeleton(stem: str) -> list[str]:
    """The beginnings of `stem` in Cyrillic; я and ю are two letters in the skeleton."""
    size = LETTERS
    while True:
        beginnings = [
            "".join(letters)
            for spelling in _spellings(stem[:size])
            for letters in product(*(_letters(one, last=place == len(stem) - 1) for place, one in enumerate(spelling)))
        ]
        if len(beginnings) <= MAX_BEGINNINGS or size == 1:
            return beginnings
        size -= 1


def _spellings(start: str) -> list[str]:
    joined = start.replace("ia", "я").replace("iu", "ю")
    return [start] if joined == start else [start, joined]


def _letters(letter: str, *, last: bool) -> str:
    """What `letter` may be; the last of a stem is voiced before some endings: кітап, кітаб-."""
    return (_VOICED.get(letter) if last else None) or _CYRILLIC.get(letter, letter)
