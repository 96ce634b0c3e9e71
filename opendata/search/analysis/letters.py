"""Letters of Kazakh and what the rules ask of them: harmony, and the class of the letter that a suffix follows."""

from __future__ import annotations

from collections.abc import Mapping

BACK = frozenset("аоұыяё")
FRONT = frozenset("әеөүіэ")
NEUTRAL = frozenset("ую" + "и")
VOWELS = BACK | FRONT | NEUTRAL

CLASSES = "VGLNZT"
"""Vowel; glide or р; л; nasal; з or ж; any other, б в г ғ д among them, which behave as voiceless in loanwords."""
_MEMBERS: Mapping[str, str] = {"V": "аәеёоөыіэяұү", "G": "рйуию", "L": "л", "N": "мнң", "Z": "зж"}
_CLASS: Mapping[str, str] = {letter: name for name, letters in _MEMBERS.items() for letter in letters}
CLASS_BITS: Mapping[str, int] = {name: 1 << place for place, name in enumerate(CLASSES)}
_BITS: Mapping[str, int] = {letter: CLASS_BITS[name] for letter, name in _CLASS.items()}
_OTHER = CLASS_BITS["T"]


def class_of(word: str) -> str:
    """The class of the last letter of `word`; a soft or hard sign has the class of the letter before it."""
    return _CLASS.get(word.rstrip("ьъ")[-1:], "T")


def class_bit(word: str) -> int:
    """As `class_of`, as a bit of CLASS_BITS."""
    last = word[-1]
    if last in "ьъ":
        last = word.rstrip("ьъ")[-1:]
    return _BITS.get(last, _OTHER)


def harmony(word: str) -> str:
    """ "b" or "f" by the last vowel that is back or front; "" where there is none."""
    for letter in reversed(word):
        if letter in BACK:
            return "b"
        if letter in FRONT:
            return "f"
    return ""
