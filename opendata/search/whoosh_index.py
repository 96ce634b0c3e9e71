"""The embedded search engine: Whoosh over two areas that share nothing, so that no public query can see the desk's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from uuid import UUID

import numpy as np

from opendata.errors import SearchUnavailable
from opendata.search import whoosh_writer
from opendata.search.analysis import Analyser
from opendata.search.document import SearchDocument
from opendata.search.index import AREAS, FacetCount, Hit, IndexStatus, Keep, Outdated, Progress, Results, Wanted
from opendata.search.query import SearchQuery
from opendata.search.selecting import WhooshSelected
from opendata.search.selection import Selection
from opendata.search.whoosh_area import Area, byte_size
from opendata.search.whoosh_reader import Reader


class WhooshIndex:
    """`SearchIndex` in a folder. Any number of processes and threads may read; writers wait for each other."""

    def __init__(self, path: Path, analyser: Analyser | None = None, processes: int = 0) -> None:
        """`analyser`: instead of the usual one and its mined stems; `processes`: how many rebuild, 0 for one a core."""
        self._processes = processes
        self._areas = {name: Area(path / name, analyser) for name in AREAS}
        self._readers = {name: Reader(area) for name, area in self._areas.items()}

    def create(self) -> None:
        """Make empty indexes for areas that have none."""
        for area in self._areas.values():
            if not area.exists():
                whoosh_writer.create(area)

    def search(
        self,
        query: SearchQuery,
        *,
        area: str = "public",
        facets: Wanted = (),
        only: Collection[UUID] | None = None,
    ) -> Results:
        """See SearchIndex."""
        return self._readers[area].search(query, facets, only)

    def select(self, selection: Selection, now: dt.datetime, *, area: str = "public") -> WhooshSelected:
        """See SearchIndex."""
        return self._readers[area].select(selection, now)

    def analyser(self, *, area: str = "public") -> Analyser:
        """See SearchIndex."""
        found = self._areas[area]
        return found.made(found.live()).analyser

    def like(
        self,
        weights: Mapping[str, float],
        *,
        area: str = "public",
        limit: int = 20,
        without: Collection[UUID] = (),
        postings: int | None = None,
        share: float = 0.0,
    ) -> tuple[Hit, ...]:
        """See SearchIndex."""
        return self._readers[area].like(weights, limit, without, postings, share)

    def frequencies(self, keys: Collection[str], *, area: str = "public") -> dict[str, int]:
        """See SearchIndex."""
        state = self._readers[area].state()
        return {key: state.frequency(key) for key in keys}

    def vocabulary(self, beginning: str = "X:", *, area: str = "public") -> Iterator[tuple[str, int]]:
        """See SearchIndex."""
        return self._readers[area].whole().vocabulary(beginning)

    def values(self, name: str, *, area: str = "public") -> tuple[FacetCount, ...]:
        """See SearchIndex."""
        state = self._readers[area].state()
        return state.counting.every(name, state.live)

    def counts(self, name: str, values: Collection[str], *, area: str = "public") -> dict[str, int]:
        """See SearchIndex."""
        state = self._readers[area].state()
        return state.counting.counts_of(name, values, state.live)

    def hide(self, outdated: Callable[[], Outdated]) -> None:
        """See SearchIndex."""
        self._readers["public"].outdated = outdated

    def update(
        self,
        documents: Iterable[SearchDocument],
        remove: Iterable[UUID] = (),
        *,
        area: str = "public",
        keep: Keep | None = None,
    ) -> int:
        """See SearchIndex. Unavailable when another writer holds the index for too long."""
        return whoosh_writer.update(self._areas[area], documents, remove, keep)

    def rebuild(
        self,
        documents: Iterable[SearchDocument],
        *,
        area: str = "public",
        progress: Progress | None = None,
        keep: Keep | None = None,
    ) -> int:
        """See SearchIndex. `documents` are taken one at a time; of several with one id the first counts."""
        from opendata.search.whoosh_rebuild import rebuild  # what answers searches never builds

        return rebuild(self._areas[area], documents, self._processes, progress, keep)

    def fingerprints(self, *, area: str = "public") -> dict[UUID, str]:
        """See SearchIndex."""
        state = self._readers[area].whole()
        columns = state.counting.columns
        return {columns.uuid(doc): columns.fingerprint(doc) for doc in map(int, np.flatnonzero(state.live))}

    def version(self, *, area: str = "public") -> str:
        """See SearchIndex."""
        return self._readers[area].version()

    def status(self, *, area: str = "public") -> IndexStatus:
        """See SearchIndex."""
        found = self._areas[area]
        live = found.live()
        version, current = found.version(live)
        return IndexStatus(found.documents() if current else 0, version, "whoosh", byte_size(live), current)

    def check(self) -> None:
        """See SearchIndex."""
        for name, reader in self._readers.items():
            try:
                reader.whole()
            except SearchUnavailable as error:
                raise SearchUnavailable(f"{name}: {error.message}") from error
