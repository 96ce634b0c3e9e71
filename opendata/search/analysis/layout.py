"""Recognises what was typed with the keyboard switched to the wrong layout: pfrjy is закон, 0fpf0 is қазақ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from opendata.search.analysis.language import CACHE_SIZE, mean_scores
from opendata.search.analysis.models import ENGLISH, FOLDED, KAZAKH, LATIN, RUSSIAN

MARGIN = 1.0
"""By how much the mean logarithm of the other reading must be better."""
MIN_LETTERS = 4
MAX_LETTERS = 64
MINUS_MARGIN = -0.6
"""As MARGIN, for a minus before a word that may be the letter ө of a Kazakh one."""
MINUS_LOSS = -0.5
"""By how much a word may become less likely with that letter, where the minus may as well leave the word out."""

# The keys of an English (US) keyboard and what they are on a Russian one; on a Kazakh one the digits are letters too.
_ENGLISH = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё"
_DIGITS = "2345890-="
_KAZAKH = "әіңғүұқөһ"
TO_RUSSIAN = str.maketrans(_ENGLISH, _RUSSIAN)
_TO_KAZAKH = str.maketrans(_ENGLISH + _DIGITS, _RUSSIAN + _KAZAKH)
TO_ENGLISH = str.maketrans(_RUSSIAN + _KAZAKH, _ENGLISH + _DIGITS)

_TYPED_ENGLISH = re.compile(rf"[{re.escape(_ENGLISH + _DIGITS)}]+")
_TYPED_RUSSIAN = re.compile(f"[{_RUSSIAN}]+")
_CODE = re.compile(r"\d{3}|^[\d\W]+$")
_FRONT = re.compile("ө(?:[бгджзйклмнңпрстушх]+[әеіи])*[бгджзйклмнңпрстушх]*")
"""Words with ө have front vowels alone, no two of them in a row, and nothing of the letters of Russian words."""
_EDGES = ",.;'`[]"
# Capital letters that stand on keys of punctuation.
_CAPITALS = str.maketrans('{}:"<>~', "[];',.`")


def retyped(chunk: str) -> str:
    """What `chunk` (a piece of a query without blanks) says in the layout that was meant; "" where it is fine."""
    if not MIN_LETTERS <= len(chunk) <= MAX_LETTERS:
        return ""
    return _retyped(chunk[0].translate(_CAPITALS) + chunk[1:].lower() if chunk[0] in '{}:"<>~' else chunk.lower())


def retyped_all(chunks: Sequence[str]) -> tuple[str, ...]:
    """As `retyped`, for the pieces of one query: where all long ones say more in the other layout, so do short ones."""
    found = tuple(map(retyped, chunks))
    if not any(found) or any(not one and _is_long_word(chunk) for one, chunk in zip(found, chunks, strict=True)):
        return found
    to_cyrillic = next(one for one in found if one)[0] > "\u0400"
    return tuple(one or _short(chunk, to_cyrillic=to_cyrillic) for one, chunk in zip(found, chunks, strict=True))


def letter_of_minus(word: str, *, first: bool) -> str:
    """What "-" and `word` say on a Kazakh keyboard, where the minus is the letter ө: -pty is өзен; "" for a minus.

    `first`: nothing stands before it, and nobody begins a search with what they do not want. What holds digits may be a
    code (-w20x, -p53) and is a word only where it sounds like one.
    """
    typed = word.lower()
    if not 3 <= len(typed) < MAX_LETTERS or not _TYPED_ENGLISH.fullmatch(typed) or _CODE.search(typed):
        return ""
    plain = typed.translate(_TO_KAZAKH)
    if any(map(str.isdigit, typed)) and not _FRONT.fullmatch(f"ө{plain}"):
        return ""
    if not plain.isalpha() or (score := _cyrillic(f"ө{plain}")) - _latin(typed) < MINUS_MARGIN:
        return ""
    return f"ө{plain}" if first or score - _cyrillic(plain) >= MINUS_LOSS else ""


def _is_long_word(chunk: str) -> bool:
    return sum(map(str.isalpha, chunk)) >= MIN_LETTERS and not _CODE.search(chunk)


def _short(chunk: str, *, to_cyrillic: bool) -> str:
    typed = chunk.lower()
    if len(typed) >= MIN_LETTERS or not any(map(str.isalpha, typed)):
        return ""
    reading = typed.translate(_TO_KAZAKH if to_cyrillic else TO_ENGLISH)
    return reading if reading.isalpha() and reading != typed else ""


@lru_cache(CACHE_SIZE)
def _retyped(chunk: str) -> str:
    if _TYPED_RUSSIAN.fullmatch(chunk):
        reading = chunk.translate(TO_ENGLISH)
        better = reading.isalpha() and mean_scores(reading)[ENGLISH] - _cyrillic(chunk) >= MARGIN
        return reading if better else ""
    if not _TYPED_ENGLISH.fullmatch(chunk) or _CODE.search(chunk):
        return ""
    return _hyphenated(chunk) or _cyrillic_reading(chunk)


def _hyphenated(chunk: str) -> str:
    """The reading of long words joined by hyphens. Kazakh has the letter of that key in first syllables, as a rule."""
    parts = chunk.split("-")
    found = tuple(map(retyped, parts)) if len(parts) > 1 else ()
    return "-".join(found) if all(found) else ""


def _cyrillic_reading(chunk: str) -> str:
    readings = {chunk.translate(_TO_KAZAKH), chunk.translate(TO_RUSSIAN), chunk.rstrip(",.;").translate(_TO_KAZAKH)}
    words = [one for one in readings if one.isalpha() and len(one) >= MIN_LETTERS]
    score, best = max(((_cyrillic(one), one) for one in words), default=(0.0, ""))
    return best if best and score - _latin(chunk) >= MARGIN else ""


def _cyrillic(word: str) -> float:
    found = mean_scores(word)
    return max(found[KAZAKH], found[FOLDED], found[RUSSIAN])


def _latin(chunk: str) -> float:
    found = mean_scores(chunk.strip(_EDGES) or chunk)
    return max(found[LATIN], found[ENGLISH])
