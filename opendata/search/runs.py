"""Strings in any number in little memory: sorted runs on disk, merged when they are read."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

MOST_HELD = 200_000
"""Strings in memory, some 100 bytes each, before they are put away."""


class Runs:
    """Takes strings without line breaks, each as often as one likes; `name` begins the names of its files."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._held: set[str] = set()
        self._files: list[Path] = []

    def add(self, lines: Iterable[str]) -> None:
        """Some more."""
        self._held.update(lines)
        if len(self._held) >= MOST_HELD:
            self._put_away()

    def close(self) -> tuple[Path, ...]:
        """The files that hold them all, to be read with `merged`."""
        if self._held:
            self._put_away()
        return tuple(self._files)

    def _put_away(self) -> None:
        path = self._folder / f"{self._name}-{len(self._files)}.run"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in sorted(self._held))
        self._files.append(path)
        self._held = set()


def merged(files: Iterable[Path]) -> Iterator[str]:
    """Each string of all the files once, in order."""
    return (line for line, _same in groupby(heapq.merge(*map(_lines, files))))


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line[:-1]
