"""Letters of Kazakh and what the rules ask of them: harmony, and the class of the letter that a suffix follows."""

from __future__ import annotations

from collections.abc import Mapping

BACK = frozenset("аоұыяё")
FRONT = frozenset("әеөүіэ")
VOWELS = BACK | FRONT | frozenset("уюи")

CLASSES = "VGLNZT"
"""Vowel; glide or р; л; nasal; з or ж; any other, б в г ғ д among them, which behave as voiceless in loanwords."""
CLASS_BITS: Mapping[str, int] = {name: 1 << place for place, name in enumerate(CLASSES)}
_MEMBERS: Mapping[str, str] = {"V": "аәеёоөыіэяұү", "G": "рйуию", "L": "л", "N": "мнң", "Z": "зж"}
LETTER_CLASS: Mapping[str, str] = {letter: name for name, letters in _MEMBERS.items() for letter in letters}


def class_of(word: str) -> str:
    """The class of the last letter of `word`; a soft or hard sign has the class of the letter before it."""
    return LETTER_CLASS.get(word.rstrip("ьъ")[-1:], "T")


def harmony(word: str) -> str:
    """Back ("b") or front ("f") by the last vowel that is either; "" where there is none, or anything may follow."""
    # Names in -ев and words that end softly take endings of both kinds.
    if word.endswith(("ь", "ев", "ёв")):
        return ""
    for letter in reversed(word):
        if letter in BACK:
            return "b"
        if letter in FRONT:
            return "f"
    return ""
