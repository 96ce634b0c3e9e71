"""Whether extracted text is no language at all.

A PDF whose fonts carry no Unicode map still "has text": its Cyrillic comes out shifted into other letters. The signs
are plain ones of letter statistics, so that no language has to be known: letters that no language uses so often,
accents on most Latin letters, Latin words without vowels, signs inside words. Texts of few words are never judged.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SAMPLE = 40_000
"""Characters looked at, taken evenly over the pages."""
FEWEST_LETTERS = 120
"""Below this nothing is said: a table of numbers with a few headings is no evidence."""

_INNER_SIGNS = re.compile(r"(?<=[A-Za-z])[\[\]^`\\{|}~@$](?=[A-Za-z])")
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]{4,}")
_LATIN_VOWELS = frozenset("aeiouyæøœıəɛɔ")
_ADDRESS = re.compile(r"://|www\.|@|_.*_|[/.=(){}<>]\w+[/.=(){}<>]")
_KNOWN_RARITIES = frozenset("əƏƒơưƠƯșțȘȚ")
"""Letters of Azerbaijani, Vietnamese and Romanian that stand among the rare ones."""


@dataclass(slots=True)
class _Counts:
    letters: int = 0
    rare: int = 0  # Latin letters of phonetics and other rarities
    lost: int = 0  # private use, replacement, control and unassigned characters
    latin: int = 0
    accented: int = 0  # of the Latin-1 block
    lower_latin: int = 0  # in words long enough for a vowel
    vowels: int = 0
    signs: int = 0


def is_garbled(pages: Iterable[str]) -> bool:
    """Whether the text of `pages`, taken together, is no language. False where there is too little to judge."""
    counts = _count(_sample(pages))
    if counts.letters + counts.lost < FEWEST_LETTERS:
        return False
    everything = counts.letters + counts.lost
    return (
        counts.lost > 0.3 * everything
        or counts.rare > 0.5 * everything
        or (counts.latin >= FEWEST_LETTERS and counts.accented > 0.5 * everything)
        or (counts.lower_latin > max(FEWEST_LETTERS, 0.6 * everything) and _has_no_vowels(counts))
    )


def _has_no_vowels(counts: _Counts) -> bool:
    share = counts.vowels / counts.lower_latin
    signs = counts.signs / counts.lower_latin
    return share < 0.17 or (share < 0.26 and signs > 1 / 40) or (share < 0.33 and signs > 1 / 12)


def _sample(pages: Iterable[str]) -> str:
    """The same share of every page, without web and file addresses."""
    texts = [page for page in pages if page]
    share = max(1, SAMPLE // max(1, len(texts)))
    return " ".join(run for text in texts for run in text[:share].split() if not _ADDRESS.search(run))


def _count(text: str) -> _Counts:
    counts = _Counts()
    for char, times in Counter(text).items():
        _count_character(char, times, counts)
    bare, counts.signs = _INNER_SIGNS.subn("", text)
    words = "".join(word for word in _LATIN_WORD.findall(bare) if not word.isupper())
    counts.lower_latin = len(words)
    for char, times in Counter(words.lower()).items():
        if unicodedata.normalize("NFD", char)[0] in _LATIN_VOWELS:
            counts.vowels += times
    return counts


def _count_character(char: str, times: int, counts: _Counts) -> None:
    code = ord(char)
    category = unicodedata.category(char)
    if category in ("Co", "Cn", "Cc") or code == 0xFFFD:
        counts.lost += times
    elif category.startswith("L"):
        counts.letters += times
        counts.latin += times if code <= 0x024F else 0
        counts.accented += times if 0x80 <= code <= 0xFF else 0
        counts.rare += times if 0x0180 <= code <= 0x02AF and char not in _KNOWN_RARITIES else 0
