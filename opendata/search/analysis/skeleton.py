"""One coarse alphabet for Kazakh in every script: Cyrillic, all Latin alphabets so far, and Russian keyboards.

The Latin alphabets of 2017, 2018, 2019 and 2021 contradict each other, so words are not turned back into Cyrillic:
both sides are turned into what they have in common.
"""

from __future__ import annotations

import re

_CYRILLIC = str.maketrans(
    {
        **dict(zip("абвгдежзийклмнопрстуфхцчшщыэ", "abvgdejziiklmnoprstufhscwwie", strict=True)),
        **dict(zip("әғқңөұүһіё", "agknouuhie", strict=True)),
        **dict.fromkeys("ъь'"),
        "ю": "iu",
        "я": "ia",
    }
)
_LATIN = {
    **dict.fromkeys(("sh", "ş", "s'"), "w"),
    **dict.fromkeys(("ch", "c'", "tş"), "c"),
    "zh": "j",
    **dict.fromkeys(("gh", "g'", "ğ", "ǵ"), "g"),
    **dict.fromkeys(("kh", "x"), "h"),
    **dict.fromkeys(("ng'", "n'", "ñ", "ń", "ŋ"), "n"),
    "ts": "s",
    **dict.fromkeys(("a'", "ä", "á"), "a"),
    **dict.fromkeys(("o'", "ö", "ó"), "o"),
    **dict.fromkeys(("u'", "ū", "ü", "ú", "ý", "w", "y'"), "u"),
    **dict.fromkeys(("i'", "ı", "ï", "í", "y"), "i"),
    "q": "k",
    "é": "e",
    "'": "",
}
_LATIN_LETTER = re.compile("|".join(sorted(map(re.escape, _LATIN), key=len, reverse=True)))
_HAS_CYRILLIC = re.compile("[а-яёәғқңөұүһі]")
_REPEATED_I = re.compile("ii+")
_NG = re.compile("ng(?!')")


def skeleton(word: str) -> str:
    """The skeleton of a folded word of any script; digits and the letters of other languages stay."""
    if _HAS_CYRILLIC.search(word):
        found = word.translate(_CYRILLIC)
    else:
        found = _LATIN_LETTER.sub(lambda match: _LATIN[match.group()], word)
    return _REPEATED_I.sub("i", found) if "ii" in found else found


def readings(word: str) -> tuple[str, ...]:
    """What a folded word that is asked for may stand for: in Latin letters, ng may be н and г, or ң."""
    return tuple(dict.fromkeys((word, _NG.sub("ŋ", word))))
