"""Which language words are in: by Kazakh letters first, then by triples of letters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from opendata.search.analysis.models import CLASSES, ENGLISH, FOLDED, KAZAKH, LATIN, MISSING, RUSSIAN, model

CACHE_SIZE = 65_536
KAZAKH_SHARE = 0.015
"""Share of letters that only Kazakh has from which on a text is Kazakh."""
SAMPLE = 500
"""Characters of a paragraph that are looked at."""
UNSURE = 60
"""Characters of a text below which somebody who knows its language is asked first."""

_KAZAKH = re.compile("[әғқңөұүһі]")
_CYRILLIC = re.compile("[а-яёәғқңөұүһі]")
_NOT_CYRILLIC = re.compile("[^а-яёәғқңөұүһі]+")
_APOSTROPHE = re.compile("[’ʼ‘ʻ`´]")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_NAMES = {KAZAKH: "kk", FOLDED: "kk", LATIN: "kk", RUSSIAN: "ru", ENGLISH: "en"}
MAX_LETTERS = 64

Scores = tuple[float, ...]


def has_kazakh_letters(word: str) -> bool:
    """Whether a lower-case word has a letter that Russian has not."""
    return _KAZAKH.search(word) is not None


@lru_cache(CACHE_SIZE)
def scores(word: str) -> Scores:
    """The sum of logarithms of the word's triples in each class of `models`, then the number of triples."""
    padded, triples = f"^{word[:MAX_LETTERS]}$", model()
    found = [triples.get(padded[place : place + 3]) for place in range(len(padded) - 2)]
    known = [one for one in found if one is not None]
    missing = (len(found) - len(known)) * MISSING
    return (*(missing + sum(one[n] for one in known) for n in range(len(CLASSES))), float(len(found)))


def mean_scores(word: str) -> Scores:
    """The mean logarithm of the word's triples in each class."""
    found = scores(word)
    return tuple(one / found[-1] for one in found[:-1])


def language_of(text: str) -> str:
    """The language of a paragraph, a title or a few words: kk, ru or en; "" where there are no letters."""
    place = place_of(text)
    return "" if place is None else _NAMES[place]


def place_of(text: str) -> int | None:
    """As `language_of`, as a place in CLASSES, which tells scripts apart too; None where there are no letters."""
    # Asked for every paragraph of every text, so nothing is done letter by letter that can be done at once.
    return _place(_WORD.findall(_APOSTROPHE.sub("'", text[:SAMPLE].lower())))


def _place(words: list[str]) -> int | None:
    joined = "".join(words)
    cyrillic = len(_NOT_CYRILLIC.sub("", joined))
    if not joined:
        return None
    if 2 * cyrillic < len(joined):
        return _better(LATIN, ENGLISH, (word for word in words if not _CYRILLIC.search(word)))
    if len(_KAZAKH.findall(joined)) >= KAZAKH_SHARE * cyrillic:
        return KAZAKH
    return _better(FOLDED, RUSSIAN, (word for word in words if _CYRILLIC.search(word)))


def _better(one: int, other: int, words: Iterable[str]) -> int:
    found = list(map(scores, words))
    return one if sum([each[one] - each[other] for each in found]) > 0 else other


_APOSTROPHES = str.maketrans("’ʼ‘ʻ`´", "''''''")
