"""Searches as they are counted: in memory, without anything about who searched, handed over once a minute."""

from __future__ import annotations

import datetime as dt
import logging
import re
import threading
from collections.abc import Mapping
from typing import NamedTuple

from opendata.search.analysis.language import language_of
from opendata.search.analysis.words import fold
from opendata.store.searches import WORDS_CHARACTERS

log = logging.getLogger(__name__)

BANDS = (1000, 100, 10, 1)
"""Numbers of records found are kept as the lower end of a band; below the last one it is 0."""
MOST_KEYS = 10_000
"""Different searches of one process in one minute that are counted."""

_PERSONAL = re.compile(
    r"\S@\S"  # an e-mail address, or a name in some network
    r"|(?:\d[\s().\u2010-\u2015-]{0,3}){8,}\d"  # a telephone, an IIN, a card, a document: nine digits, however parted
    r"|\b\d{2,3}[\s-]\d{2}[\s-]\d{2}\b"  # a telephone of a town
)


class SearchKey(NamedTuple):
    """Searches that are counted together. `words` is "" where the words may not be kept; `found` is a band."""

    day: dt.date
    language: str
    query_language: str
    found: int
    words: str


def search_key(day: dt.date, language: str, q: str, found: int) -> SearchKey:
    """What is counted of a search for `q` that found so many records with all its words."""
    band = next((least for least in BANDS if found >= least), 0)
    return SearchKey(day, language, language_of(q), band, words_of(q))


def words_of(q: str) -> str:
    """The words in one spelling: case, ё, blanks and punctuation around them do not count.

    "" where they look like something personal (an e-mail address, a telephone, an IIN or another long number), where
    they are longer than WORDS_CHARACTERS, and where there is no letter or digit.
    """
    if _PERSONAL.search(q):
        return ""
    words = " ".join(fold(q).split()).strip(" .,;:!?")
    if len(words) > WORDS_CHARACTERS or _PERSONAL.search(words):
        return ""
    return words if any(map(str.isalnum, words)) else ""


class SearchTally:
    """Counts of one process. Every method may be called from any thread and waits for no disk and no database."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._counts: dict[SearchKey, int] = {}
        self._lock = threading.Lock()

    def add(self, counts: Mapping[SearchKey, int]) -> None:
        """Add `counts`. Beyond the most keys, searches are counted without their words."""
        with self._lock:
            for key, number in counts.items():
                if key not in self._counts and len(self._counts) >= self._most_keys:
                    key = key._replace(words="")
                self._counts[key] = self._counts.get(key, 0) + number

    def drain(self) -> dict[SearchKey, int]:
        """All counts since the last call, which are forgotten here."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return counts
