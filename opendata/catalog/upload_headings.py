"""What a heading of somebody's own table is taken for, how sure that is, and what it might be otherwise.

Sure are the names of the template, known spellings, and what somebody said of the heading before. A heading that is
only like a known one is taken where a letter or two differ, and that is said; everything looser is a proposal for a
person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache

from opendata.catalog.upload_columns import SHEETS, Column, column_of, named, plain, spellings

KEPT = "+"
"""Said of a heading: its values are kept as a further field."""
Told = Mapping[str, str]
"""What people said: the name of a column, "" to leave the heading out, or KEPT, by the folded heading."""

LONGEST = 200
"""Characters of a heading that are compared."""
_CERTAIN, _CLEAR, _LIKELY = 0.92, 0.06, 0.75
_SHORTEST = 8
"""A shorter word that is like another one is another word: контракт, контакт."""

_GENERIC = frozenset(
    (
        "дата", "номер", "название", "наименование", "имя", "год", "годы", "срок", "сроки", "период", "сумма", "вид",
        "тип", "начало", "окончание", "завершение", "статус", "этап", "объем", "организация", "ответственный", "язык",
        "date", "number", "name", "title", "year", "years", "period", "type", "kind", "status", "start", "end",
        "күні", "нөмірі", "атауы", "жылы", "жыл", "түрі", "мерзімі", "кезең", "сомасы", "басталуы", "аяқталуы",
    )
)  # fmt: skip
"""Words that mean something only together with what stands above or beside them."""
_UNITS = frozenset(
    (
        "тг", "тнг", "тенге", "теңге", "kzt", "руб", "рублей", "usd", "eur", "тыс", "тысяч", "мың", "млн", "миллионов",
        "млрд", "в", "шт", "дд", "мм", "гггг", "при", "наличии", "бар", "болса", "обязательно", "thousand",
        "million", "if", "any",
    )
)  # fmt: skip
"""Words after the name of a column that say how it is filled in, not what it is."""


class Why(StrEnum):
    """Why a heading is taken for a column."""

    TOLD = "remembered"
    NAME = "name"
    SYNONYM = "synonym"
    GUESS = "guess"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a heading is taken for: `column`, or none, with its values left out (`dropped`) or kept as a further field.
    `like` are columns that it may mean instead, the likeliest first; nothing is taken for them.
    """

    column: Column | None = None
    why: Why = Why.UNKNOWN
    dropped: bool = False
    like: tuple[Column, ...] = ()


def meaning(sheet: str, heading: str, told: Told | None = None) -> Meaning:
    """What `heading` means in a sheet of that kind. "above: below" is a heading of two lines."""
    words = plain(heading)[:LONGEST]
    if not words:
        return Meaning(dropped=True)
    said = (told or {}).get(words)
    if said is not None:
        return _told(sheet, said)
    return _meaning(sheet, heading[: LONGEST * 2])


def sure(sheet: str, heading: str, told: Told | None = None) -> Column | None:
    """The column where nothing is guessed; for finding the row of headings."""
    said = (told or {}).get(plain(heading)[:LONGEST])
    return _told(sheet, said).column if said is not None else _known(sheet, heading[: LONGEST * 2])


def _told(sheet: str, said: str) -> Meaning:
    if said in ("", KEPT):
        return Meaning(why=Why.TOLD, dropped=not said)
    try:
        return Meaning(named(sheet, said), Why.TOLD)
    except KeyError:  # a column of an earlier release
        return Meaning()


@lru_cache(maxsize=4096)
def _known(sheet: str, heading: str) -> Column | None:
    exact = column_of(sheet, heading)
    return exact or next(filter(None, (column_of(sheet, one) for one in _variants(heading))), None)


@lru_cache(maxsize=4096)
def _meaning(sheet: str, heading: str) -> Meaning:
    column = _known(sheet, heading)
    if column is not None:
        own = {plain(column.name), *(plain(one.value) for one in column.heading.values())}
        return Meaning(column, Why.NAME if plain(heading) in own else Why.SYNONYM)
    found = _alike(sheet, plain(heading))
    best = found[0] if found else None
    if best is not None and best[0] >= _CERTAIN and _is_clear(found) and not _is_known_elsewhere(sheet, heading):
        return Meaning(best[1], Why.GUESS)
    return Meaning(like=tuple(dict.fromkeys(column for _, column in found))[:3])


def _variants(heading: str) -> Iterator[str]:
    """The heading without what does not name it: a number before, brackets, units after; the lower line of two."""
    bare = re.sub(r"^\s*\d{1,3}(?:\.\d+)*[.)\s]+", "", heading)
    yield bare
    yield _without_units(bare)
    without = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", bare)
    if plain(without) not in _GENERIC:
        yield _without_units(without)
    above, parted, below = bare.rpartition(":")
    if parted and plain(above) and plain(below) not in _GENERIC:
        yield below
    if parted and not plain(below):
        yield above


def _without_units(heading: str) -> str:
    words = plain(heading).split()
    while len(words) > 1 and words[-1] in _UNITS:
        words.pop()
    return " ".join(words)


def _alike(sheet: str, words: str) -> list[tuple[float, Column]]:
    """Columns with a spelling that is like `words` or stands in them, the likeliest first."""
    found: dict[str, tuple[float, Column]] = {}
    for spelling, column in spellings(sheet).items():
        if column.kind == "ignored":
            continue
        score = _likeness(words, spelling)
        if score >= _LIKELY and score > found.get(column.name, (0.0, column))[0]:
            found[column.name] = (score, column)
    return sorted(found.values(), key=lambda one: -one[0])


def _likeness(words: str, spelling: str) -> float:
    if len(spelling) >= 5 and spelling not in _GENERIC and f" {spelling} " in f" {words} ":
        return _LIKELY + 0.1 * len(spelling) / len(words)
    if min(len(words), len(spelling)) < _SHORTEST:
        return 0.0
    matcher = SequenceMatcher(None, words, spelling, autojunk=False)
    if matcher.real_quick_ratio() < _LIKELY or matcher.quick_ratio() < _LIKELY:
        return 0.0
    return matcher.ratio()


def _is_clear(found: list[tuple[float, Column]]) -> bool:
    return len(found) == 1 or found[0][0] - found[1][0] >= _CLEAR


def _is_known_elsewhere(sheet: str, heading: str) -> bool:
    """Whether it names a column of another sheet: then it is that word, not a slip of the pen."""
    return any(column_of(other, heading) for other in SHEETS if other != sheet)
