"""Whether extracted text is no language at all.

A PDF whose fonts carry no Unicode map still "has text": its Cyrillic comes out shifted into other letters. The signs
are plain ones of letter statistics, so that no language has to be known: letters that no language uses so often,
accents on most Latin letters, Latin words without vowels, signs inside words. Texts of few words are never judged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

SAMPLE = 200_000
"""Characters looked at, taken evenly over the pages."""
FEWEST_LETTERS = 120
"""Below this nothing is said: a table of numbers with a few headings is no evidence."""

_RUN = re.compile(r"\S+")
_INNER_SIGNS = re.compile(r"(?<=[A-Za-z])[\[\]^_`\\{|}~@$](?=[A-Za-z])")
_LATIN_VOWELS = frozenset("aeiouyæøœıəɛɔ")
_ADDRESS = re.compile(r"://|www\.|@|_.*_|[/.=(){}<>]\w+[/.=(){}<>]")


@dataclass(slots=True)
class _Counts:
    letters: int = 0
    rare: int = 0  # Latin letters of phonetics and other rarities, private use
    lost: int = 0  # replacement, control and unassigned characters
    latin: int = 0
    accented: int = 0  # of the Latin-1 block
    lower_latin: int = 0  # in words long enough for a vowel
    vowels: int = 0
    signs: int = 0


def is_garbled(pages: Iterable[str]) -> bool:
    """Whether the text of `pages`, taken together, is no language. False where there is too little to judge."""
    counts = _Counts()
    for run in _sample(pages):
        _count(run, counts)
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


def _sample(pages: Iterable[str]) -> Iterable[str]:
    """Runs of characters between white space, the same share of every page."""
    texts = [page for page in pages if page]
    share = max(1, SAMPLE // max(1, len(texts)))
    for text in texts:
        for match in _RUN.finditer(text[:share]):
            yield match.group()


def _count(run: str, counts: _Counts) -> None:
    if _ADDRESS.search(run):
        return
    latin_word = []
    for char in run:
        if char.isascii():
            if char.isalpha():
                counts.letters += 1
                counts.latin += 1
                latin_word.append(char)
        else:
            _count_beyond_ascii(char, counts, latin_word)
    word = "".join(latin_word)
    counts.signs += len(_INNER_SIGNS.findall(run))
    if len(word) >= 4 and not word.isupper():
        bare = unicodedata.normalize("NFD", word.lower())
        counts.lower_latin += len(word)
        counts.vowels += sum(1 for char in bare if char in _LATIN_VOWELS)


def _count_beyond_ascii(char: str, counts: _Counts, latin_word: list[str]) -> None:
    code = ord(char)
    category = unicodedata.category(char)
    if category in ("Co", "Cn", "Cc") or code == 0xFFFD:
        counts.lost += 1
    elif category.startswith("L"):
        counts.letters += 1
        if 0x0180 <= code <= 0x02AF and char not in "əƏƒơưƠƯșțȘȚ":
            counts.rare += 1
        if code <= 0x024F:
            counts.latin += 1
            latin_word.append(char)
            counts.accented += code <= 0xFF
