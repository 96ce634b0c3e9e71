"""Takes the keys of documents as they come and gives the postings of each key, in order, however many there are."""

from __future__ import annotations

import heapq
import marshal
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendata.search.document_keys import DocumentKeys
from opendata.search.postings import IN_TEXT, Postings

MOST_POSTINGS = 4_000_000
"""Postings held in memory, some 20 bytes each, before they are sorted to disk."""
_RUN_PART = 10_000

Listed = tuple[bytes, Postings]


def merged(sources: Sequence[Iterable[Listed]]) -> Iterator[Listed]:
    """One list per key from several sources, each in order of keys; a later source has the higher documents."""
    if len(sources) == 1:
        yield from sources[0]
        return
    for key, group in groupby(heapq.merge(*sources, key=itemgetter(0)), itemgetter(0)):
        parts = [postings for _key, postings in group]
        yield key, parts[0] if len(parts) == 1 else _one_after_the_other(parts)


def _one_after_the_other(parts: Sequence[Postings]) -> Postings:
    return Postings(
        np.concatenate([part.docs for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.places for part in parts]),
    )


class _Numbers(dict[str, int]):
    """Numbers keys as they come."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


@dataclass(frozen=True, slots=True)
class _Run:
    """Sorted postings: of key n those from `bounds[n]` to `bounds[n + 1]`, and as for `places_bounds`."""

    keys: Iterable[bytes]
    bounds: Sequence[int]
    places_bounds: Sequence[int]
    arrays: Postings

    def __iter__(self) -> Iterator[Listed]:
        docs, weights, counts, places = (
            self.arrays.docs,
            self.arrays.weights,
            self.arrays.counts,
            self.arrays.places,
        )
        start = first = 0
        for number, key in enumerate(self.keys, 1):
            end, last = self.bounds[number], self.places_bounds[number]
            yield key, Postings(docs[start:end], weights[start:end], counts[start:end], places[first:last])
            start, first = end, last


class Pool:
    """Takes the keys of documents and gives postings sorted by key; many are kept in sorted runs on disk meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs: list[_Run] = []
        self._empty()

    def _empty(self) -> None:
        self._numbers = _Numbers()
        self._keys, self._weights, self._counts, self._places = array("I"), array("f"), array("B"), array("I")
        self._docs: list[tuple[int, int]] = []

    def add(self, doc: int, found: DocumentKeys) -> None:
        """The keys of one more document; documents come in order of their numbers."""
        self._docs.append((doc, len(found.keys)))
        self._keys.extend(map(self._numbers.__getitem__, found.keys))
        self._weights.frombytes(found.weights.tobytes())
        self._counts.frombytes((found.counts | (found.in_text * np.uint8(IN_TEXT))).tobytes())
        self._places.frombytes(found.positions.tobytes())
        if len(self._keys) >= MOST_POSTINGS:
            self._runs.append(self._put_away(self._sorted()))
            self._empty()

    def sorted_runs(self) -> list[Iterable[Listed]]:
        """Everything, once: runs in the order of their documents, each in the order of its keys."""
        runs: list[Iterable[Listed]] = [*self._runs, self._sorted()]
        self._empty()
        return runs

    def cleanup(self) -> None:
        """Forget them all. The runs go with the writer's temporary folder."""
        self._runs = []
        self._empty()

    def _sorted(self) -> _Run:
        keys = [key.encode("utf-8") for key in self._numbers]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        ranks = np.empty(len(keys), np.uint32)
        ranks[order] = np.arange(len(keys), dtype=np.uint32)
        by_key = ranks[np.frombuffer(self._keys, np.uint32)]
        way = np.argsort(by_key, kind="stable")
        numbers, sizes = (np.array([pair[n] for pair in self._docs], np.int64) for n in (0, 1))
        counts = np.frombuffer(self._counts, np.uint8)
        starts = _ends(counts)[:-1]
        counts = counts[way]
        ends = _ends(counts)
        gathered = np.repeat(starts[way] - ends[:-1], np.diff(ends)) + np.arange(ends[-1])
        bounds = np.searchsorted(by_key[way], np.arange(len(keys) + 1))
        arrays = Postings(
            np.repeat(numbers, sizes)[way],
            np.frombuffer(self._weights, np.float32)[way],
            counts,
            np.frombuffer(self._places, np.uint32)[gathered],
        )
        return _Run([keys[n] for n in order], bounds.tolist(), ends[bounds].tolist(), arrays)

    def _put_away(self, run: _Run) -> _Run:
        """The same run, on disk."""
        name = self._folder / f"run-{len(self._runs)}"
        arrays = run.arrays
        saved = Postings(
            _saved(Path(f"{name}-docs.npy"), arrays.docs),
            _saved(Path(f"{name}-weights.npy"), arrays.weights),
            _saved(Path(f"{name}-counts.npy"), arrays.counts),
            _saved(Path(f"{name}-places.npy"), arrays.places),
        )
        keys = list(run.keys)
        with Path(f"{name}-keys").open("wb") as file:
            for start in range(0, len(keys), _RUN_PART):
                marshal.dump(keys[start : start + _RUN_PART], file)
        return _Run(_Keys(Path(f"{name}-keys")), array("q", run.bounds), array("q", run.places_bounds), saved)


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of a run on disk."""

    path: Path

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while True:
                try:
                    part = marshal.load(file)  # noqa: S302 - our own file of a moment ago
                except EOFError:
                    return
                yield from part


def _ends(counts: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where the positions of each posting end, with a zero before."""
    ends = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts & ~np.uint8(IN_TEXT), out=ends[1:], dtype=np.int64)
    return ends


def _saved(path: Path, values: NDArray[Any]) -> NDArray[Any]:
    np.save(path, values)
    found: NDArray[Any] = np.load(path, mmap_mode="r") if len(values) else values
    return found
