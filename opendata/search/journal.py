"""What is changed while an index is built anew, kept beside the new build until it has caught up.

A change is one file, put in place whole, so that a writer that is killed leaves no half of one.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from opendata.search.document import SearchDocument

FOLDER = "changes"


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: the documents written, and every id that was replaced or removed."""

    documents: Sequence[SearchDocument]
    gone: Collection[UUID]


def note(build: Path, change: Change) -> None:
    """Keep a change for `build`. One writer at a time; to be called before the change is committed."""
    folder = build / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{len(_names(folder)):08}"
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        pickle.dump(change, file, protocol=pickle.HIGHEST_PROTOCOL)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def changes(build: Path, start: int) -> Iterator[Change]:
    """The changes from number `start` on, in order."""
    folder = build / FOLDER
    for name in _names(folder)[start:]:
        with (folder / name).open("rb") as file:
            yield pickle.load(file)  # noqa: S301 - our own file of a moment ago


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*") if not path.suffix) if folder.exists() else []
