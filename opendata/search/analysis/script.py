"""Repairs words whose letters come from the wrong script: і typed as the Latin i, ә as the schwa of phonetics."""

from __future__ import annotations

import re

# Letters that fonts and old encodings used for Kazakh ones: Latin schwa and barred o, and those of other alphabets.
_STAND_INS = str.maketrans("əӕɵѳӊҥӷҕӄҡҟїӏƏӔƟѲӉҤӶҔӃҠҞЇӀ", "әәөөңңғғқққііӘӘӨӨҢҢҒҒҚҚҚІІ")
_HAS_STAND_IN = re.compile("[əӕɵѳӊҥӷҕӄҡҟїӏƏӔƟѲӉҤӶҔӃҠҞЇӀ]")

_LATIN = "aceopxyikmtbh" + "ACEOPXYIKMTBH"
_CYRILLIC = "асеорхуікмтвһ" + "АСЕОРХУІКМТВН"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_TWINS_LATIN = frozenset(_LATIN)
_TWINS_CYRILLIC = frozenset(_CYRILLIC)

_LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f]")
_CYRILLIC_LETTER = re.compile(r"[\u0400-\u04ff]")


def repair(word: str) -> str:
    """`word` (of any case) in one script where it is clear which is meant; words of one script are left alone."""
    cyrillic = _CYRILLIC_LETTER.findall(word)
    if not cyrillic:
        return word
    if _HAS_STAND_IN.search(word):
        word = word.translate(_STAND_INS)
        cyrillic = _CYRILLIC_LETTER.findall(word)
    latin = _LATIN_LETTER.findall(word)
    return word.translate(_meant(latin, cyrillic)) if latin else word


def _meant(latin: list[str], cyrillic: list[str]) -> dict[int, int]:
    """How to write a word of both scripts; an empty table where that is not clear."""
    only_cyrillic = not _TWINS_CYRILLIC.issuperset(cyrillic)
    if _TWINS_LATIN.issuperset(latin) and (len(cyrillic) >= len(latin) or only_cyrillic):
        return _TO_CYRILLIC
    if not only_cyrillic:
        return _TO_LATIN
    return _TO_CYRILLIC if len(cyrillic) >= len(latin) else {}
