"""What a search page says above its results about the words that were typed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Understood:
    """components/understood.html. `reading` is the query in the other keyboard layout, "" where it is fine as typed.

    `switch_url` turns that reading off, or on again where only what was `typed` is searched (`exact`). Of `total`
    results only the first `complete` hold all words.
    """

    lines: tuple[str, ...] = ()
    typed: str = ""
    reading: str = ""
    exact: bool = False
    switch_url: str = ""
    total: int = 0
    complete: int = 0
    advanced_url: str = ""
    help_url: str = ""
