"""Recognises what was typed with the keyboard switched to the wrong layout: pfrjy is закон, 0fpf0 is қазақ."""

from __future__ import annotations

import re
from functools import lru_cache

from opendata.search.analysis.language import CACHE_SIZE, mean_scores
from opendata.search.analysis.models import ENGLISH, FOLDED, KAZAKH, LATIN, RUSSIAN

MARGIN = 1.0
"""By how much the mean logarithm of the other reading must be better."""
MIN_LETTERS = 4

# The keys of an English (US) keyboard and what they are on a Russian one; on a Kazakh one the digits are letters too.
_ENGLISH = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё"
_DIGITS = "2345890-="
_KAZAKH = "әіңғүұқөһ"
_TO_RUSSIAN = str.maketrans(_ENGLISH, _RUSSIAN)
_TO_KAZAKH = str.maketrans(_ENGLISH + _DIGITS, _RUSSIAN + _KAZAKH)
TO_ENGLISH = str.maketrans(_RUSSIAN + _KAZAKH, _ENGLISH + _DIGITS)

_TYPED_ENGLISH = re.compile(rf"[{re.escape(_ENGLISH + _DIGITS)}]+")
_TYPED_RUSSIAN = re.compile(f"[{_RUSSIAN}]+")
_CODE = re.compile(r"\d{3}|^[\d\W]+$")
_EDGES = ",.;'`[]"


def retyped(chunk: str) -> str:
    """What `chunk` (a piece of a query without blanks) says in the layout that was meant; "" where it is fine."""
    return _retyped(chunk.lower()) if MIN_LETTERS <= len(chunk) <= 64 else ""


@lru_cache(CACHE_SIZE)
def _retyped(chunk: str) -> str:
    if _TYPED_RUSSIAN.fullmatch(chunk):
        reading = chunk.translate(TO_ENGLISH)
        better = reading.isalpha() and mean_scores(reading)[ENGLISH] - _cyrillic(chunk) >= MARGIN
        return reading if better else ""
    if not _TYPED_ENGLISH.fullmatch(chunk) or _CODE.search(chunk):
        return ""
    readings = {chunk.translate(_TO_KAZAKH), chunk.translate(_TO_RUSSIAN), chunk.rstrip(",.;").translate(_TO_KAZAKH)}
    words = [one for one in readings if one.isalpha() and len(one) >= MIN_LETTERS]
    score, best = max(((_cyrillic(one), one) for one in words), default=(0.0, ""))
    return best if best and score - _latin(chunk) >= MARGIN else ""


def _cyrillic(word: str) -> float:
    found = mean_scores(word)
    return max(found[KAZAKH], found[FOLDED], found[RUSSIAN])


def _latin(chunk: str) -> float:
    found = mean_scores(chunk.strip(_EDGES))
    return max(found[LATIN], found[ENGLISH])
