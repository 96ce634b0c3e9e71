"""The lists that help to search, in files beside the index: completion, spelling, keywords that say the same.

They are made now and then from the public index and the public records, by one process. What they name may have been
withdrawn since, so it is shown only after the live index, or the store, has said that it is still there.
"""

from __future__ import annotations

import time
from pathlib import Path

from opendata.search import arrays, completion, pairs, spelling
from opendata.search.arrays import Array, Watched

VERSION = 1
"""Raised when the arrays, or what they mean, change: files of another version are not read."""


class WordLists:
    """The lists in a folder. Reading one that was never made gives None."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._completer = Watched(self._file("completion"), completion.Completer)
        self._speller = Watched(self._file("spelling"), spelling.Speller)
        self._pairs = Watched(self._file("pairs"), pairs.Pairs)

    def completer(self) -> completion.Completer | None:
        """Titles, agencies, subjects, people and keywords by their beginnings."""
        return self._completer.get()

    def speller(self) -> spelling.Speller | None:
        """Words that are like a mistyped one."""
        return self._speller.get()

    def pairs(self) -> pairs.Pairs | None:
        """Keywords that say the same in another language."""
        return self._pairs.get()

    def save(self, **lists: dict[str, Array]) -> None:
        """Replace these lists ("completion", "spelling", "pairs")."""
        for name, made in lists.items():
            arrays.save(self._file(name), made)
        for one in (self._completer, self._speller, self._pairs):
            one.forget()

    def files(self) -> list[Path]:
        """The files that there are of this version."""
        return sorted(self._folder.glob(f"*-{VERSION}.arrays"))

    def age(self) -> float | None:
        """Seconds since the lists were made; None when they never were."""
        try:
            return max(0.0, time.time() - self._file("pairs").stat().st_mtime)
        except OSError:
            return None

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}-{VERSION}.arrays"
