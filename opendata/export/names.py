"""Personal names in parts, as programs for references want them. What cannot be told apart stays in one piece."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from opendata.catalog.values import Contributor

_INITIAL = re.compile(r"(?:[^\W\d_]{1,2}\.-?)+")
_PATRONYMIC = re.compile(r"\w+(?:вич|вна|ична|ұлы|улы|қызы|кызы|vich|vna|uly|qyzy|kyzy)", re.IGNORECASE)
_FAMILY = re.compile(
    r"\w+(?:ов|ова|ев|ева|ёв|ёва|ин|ина|ын|ына|ский|ская|цкий|цкая|енко|чук|швили|дзе|ян"
    r"|ov|ova|ev|eva|yev|yeva|skiy|skaya|sky|enko)",
    re.IGNORECASE,
)
_CYRILLIC = re.compile("[\u0400-\u04ff]")


@dataclass(frozen=True, slots=True)
class Name:
    """A person by `family` and `given` (names or initials, patronymic too), or a body or unparted name: `literal`."""

    family: str = ""
    given: str = ""
    literal: str = ""

    @property
    def initials(self) -> str:
        """The given names by their first letters: "И. П."; "" where there are none."""
        return " ".join(f"{part[0].upper()}." for part in re.split(r"[\s.\-]+", self.given) if part)

    def __str__(self) -> str:
        return self.literal or f"{self.family} {self.given}".strip()


def name_of(who: Contributor) -> Name:
    """The name of a contributor in parts."""
    return Name(literal=who.name) if who.is_organization else parted(who.name)


@lru_cache(maxsize=4096)
def parted(name: str) -> Name:
    """A person's name in parts: "Иванов И. И.", "И. И. Иванов", "Иванов Иван Иванович", "Smith, John", "John Smith"."""
    flat = " ".join(name.split())
    family, comma, given = flat.partition(",")
    if comma:
        return Name(family.strip(), given.strip()) if given.strip() and "," not in given else Name(literal=flat)
    words = flat.split(" ")
    if len(words) == 1 or len(words) > 4:
        return Name(literal=flat)
    return _of_words(words) or Name(literal=flat)


def _of_words(words: list[str]) -> Name | None:
    # "Иванов И.И." and "Иванов И. И." are the same, and initials never begin a family name.
    initials = [bool(_INITIAL.fullmatch(word)) for word in words]
    if not initials[0] and all(initials[1:]):
        return Name(words[0], " ".join(words[1:]))
    if not initials[-1] and all(initials[:-1]):
        return Name(words[-1], " ".join(words[:-1]))
    if len(words) == 3 and _PATRONYMIC.fullmatch(words[2]):
        return Name(words[0], " ".join(words[1:]))
    if len(words) == 3 and _PATRONYMIC.fullmatch(words[1]):
        return Name(words[2], " ".join(words[:2]))
    return _by_family(words)


def _by_family(words: list[str]) -> Name | None:
    """By the ending of a family name; in Latin letters the last word, where no ending tells."""
    first, last = bool(_FAMILY.fullmatch(words[0])), bool(_FAMILY.fullmatch(words[-1]))
    if first and not last:
        return Name(words[0], " ".join(words[1:]))
    if last and not first:
        return Name(words[-1], " ".join(words[:-1]))
    if _CYRILLIC.search(" ".join(words)):
        return None
    return Name(words[-1], " ".join(words[:-1]))
