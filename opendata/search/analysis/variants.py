"""How Kazakh is written elsewhere than in its own Cyrillic: on Russian keyboards and in Latin alphabets.

The models are counted in texts turned into these, and searches for words written so are measured with them.
"""

from __future__ import annotations

from collections.abc import Mapping

_PLAIN = dict(zip("абвгдежзийклмнопрстуфхһцэ", "abvgdejzijklmnoprstufhhse", strict=True)) | {
    "ё": "e",
    "ь": "",
    "ъ": "",
    "щ": "şş",
    "ю": "iu",
    "я": "ia",
    "ц": "ts",
}
_DIGRAPHS = {"ш": "sh", "щ": "shsh", "ч": "ch", "ж": "zh", "ы": "y", "і": "i", "ю": "yu", "я": "ya", "й": "y", "и": "i"}

LATIN_ALPHABETS: Mapping[str, Mapping[str, str]] = {
    "2021": _PLAIN | dict(zip("әөүғұңшқыі", "äöüğūŋşqyı", strict=True)) | {"ч": "tş", "и": "i", "й": "i", "і": "ı"},
    "2018": _PLAIN
    | dict(zip("әөүғңқшуыі", "áóúǵńqsýyi", strict=True))
    | {"ш": "sh", "ч": "ch", "ұ": "u", "щ": "sh"}
    | {"и": "ı", "й": "ı"},
    "2017": _PLAIN
    | {"ә": "a'", "ө": "o'", "ү": "u'", "ғ": "g'", "ң": "n'", "қ": "q", "ш": "s'", "ч": "c'", "щ": "s'", "ұ": "u"}
    | {"у": "y'", "ы": "y", "і": "i", "и": "i'", "й": "i'"},
    "sh zh kh": _PLAIN
    | _DIGRAPHS
    | {"ә": "a", "ө": "o", "ү": "u", "ұ": "u", "ғ": "g", "қ": "k", "ң": "n", "х": "kh", "һ": "h"},
    "gh ng w": _PLAIN
    | _DIGRAPHS
    | {"ә": "a", "ө": "o", "ү": "u", "ұ": "u", "ғ": "gh", "қ": "q", "ң": "ng", "у": "w", "ж": "j", "х": "h"},
}
"""The alphabets that were decreed, by year, and two that people use without one; lower case."""

_FOLD = dict(zip("әғқңөұүһ", "агкноуух", strict=True))
RUSSIAN_KEYBOARD: Mapping[str, Mapping[str, str]] = {"и": _FOLD | {"і": "и"}, "ы": _FOLD | {"і": "ы"}}
"""Kazakh letters as those who have none write them; і is written и or ы."""


def written(word: str, letters: Mapping[str, str]) -> str:
    """A lower-case Kazakh word in other letters."""
    return "".join(letters.get(letter, letter) for letter in word)
