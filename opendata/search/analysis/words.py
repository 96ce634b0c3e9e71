"""Finds words in raw text and folds them, keeping where they stand, so that the text itself can be marked."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from opendata.search.analysis.script import repair

_IGNORED = "\u00ad\u200b-\u200d\u2060\ufeff"
_COMBINING = "\u0300-\u036f\u02d8"
_APOSTROPHE = "'’ʼ‘ʻ`´"
_LOWER = "a-zа-яёәғқңөұүһі"
_RUN = rf"[^\W_](?:[^\W_]|[{_COMBINING}{_IGNORED}])*(?:[{_APOSTROPHE}][^\W\d_](?:[^\W_]|[{_COMBINING}{_IGNORED}])*)*"
_BREAK = r"[-\u2010\u2011\u00ad][ \t]*\r?\n[ \t]*"
_WORD = rf"{_RUN}(?:{_BREAK}(?=[{_LOWER}]){_RUN})?"
_JOIN = r"(?:\)?[-\u2010\u2011./:_]|\()"

COMPOUND = re.compile(rf"{_WORD}(?:{_JOIN}{_WORD}){{0,40}}\)?")
"""A word, or words held together without a space: codes, numbers, addresses, compounds. Ends with ) only after a (."""
_WORD_OF = re.compile(_WORD)
_BROKEN = re.compile(rf"(?<=[^\W_]){_BREAK}(?=[{_LOWER}])")
_IGNORED_RUN = re.compile(f"[{_IGNORED}]")
_BREVE = re.compile("и[\u02d8\u0306]")
_GLUED = re.compile(r"([^\W\d_]{1,4})(\d{3,})")
_LETTERS = re.compile(r"[^\W\d_]+")
_MAY_NEED_REPAIR = re.compile("[A-Za-zƏəƟɵѳѲӕӔӊӉҥҤӷӶҕҔӄӃҡҠҟҞїЇӏӀ]")
_APOSTROPHES = str.maketrans(_APOSTROPHE, "'" * len(_APOSTROPHE))

MAX_WORD = 64
"""Characters of a word that count; longer runs are no words."""
MAX_PARTS = 8
"""A code of more parts has no key as a whole."""


class FoldedWord(NamedTuple):
    """A word within a compound: where it stands there, and its folded spellings: itself, then its parts."""

    start: int
    end: int
    spellings: tuple[str, ...]


class Compound(NamedTuple):
    """What COMPOUND found: `whole` folded (and its end) when it has several words, else ""; and its words."""

    whole: str
    end: int
    words: tuple[FoldedWord, ...]

    @property
    def is_code(self) -> bool:
        """Whether it is a code, number or address rather than a compound of words."""
        return bool(self.whole) and any(map(str.isdigit, self.whole))


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, no invisible characters, words in one script, lower case, ё as е."""
    # The spacing breve of some PDFs must be caught before NFKC turns it into a space and a combining one.
    text = _BREVE.sub("й", _IGNORED_RUN.sub("", text).replace("И\u02d8", "Й")).translate(_APOSTROPHES)
    text = _repaired(unicodedata.normalize("NFKC", text)).lower().replace("ё", "е")
    return unicodedata.normalize("NFC", text)


def _repaired(text: str) -> str:
    if text.isascii() or not _MAY_NEED_REPAIR.search(text):
        return text
    return _LETTERS.sub(lambda match: repair(match.group()), text)


def take_apart(raw: str) -> Compound:
    """The words of what COMPOUND matched."""
    words = tuple(FoldedWord(match.start(), match.end(), _spellings(match.group())) for match in _WORD_OF.finditer(raw))
    if not 2 <= len(words) <= MAX_PARTS:
        return Compound("", words[-1].end if words else 0, words)
    opened = "(" in raw and raw.endswith(")")
    end = len(raw) if opened or not raw.endswith(")") else len(raw) - 1
    whole = fold(_BROKEN.sub("", raw[:end]))
    return Compound(whole if len(whole) <= MAX_WORD else "", end, words)


def _spellings(raw: str) -> tuple[str, ...]:
    halves = _BROKEN.split(raw)
    word = fold("".join(halves))[:MAX_WORD]
    parts = [fold(half)[:MAX_WORD] for half in halves] if len(halves) > 1 else []
    glued = _GLUED.fullmatch(word)
    return tuple(dict.fromkeys([word, *parts, *(glued.groups() if glued else ())]))
