"""Answers searches: the words by Whoosh, filters, facets and order by our columns. One state per process and area."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from whoosh import query as whoosh_query
from whoosh.filedb.filestore import FileStorage
from whoosh.index import _DEF_INDEX_NAME, TOC
from whoosh.reading import EmptyReader
from whoosh.scoring import BM25F
from whoosh.searching import SearchContext, Searcher

from opendata.errors import SearchUnavailable
from opendata.search.analysis import Analyser
from opendata.search.columns import Columns, Facts, Mask, Numbers, Vocabularies, joined, read_columns
from opendata.search.counting import Counting
from opendata.search.index import Hit, Results, Wanted
from opendata.search.parser import parse
from opendata.search.query import SearchQuery
from opendata.search.whoosh_area import REBUILD, Area
from opendata.search.whoosh_compile import Compiler
from opendata.search.whoosh_schema import WEIGHTS

OPEN_ATTEMPTS = 5
"""A rebuild or merge may remove files between reading which are live and opening them; then it is tried anew."""

Scores = NDArray[np.float64]


class State:
    """The index as it stood at one commit. Immutable; `lock` because Whoosh's readers keep a place in their files."""

    def __init__(self, searcher: Searcher, counting: Counting, live: Mask) -> None:
        self._searcher = searcher
        self.counting = counting
        self.live = live
        self._lock = threading.Lock()

    def run(self, compiled: whoosh_query.Query | None, *, scored: bool) -> tuple[Mask, Scores | None]:
        """Which documents match, and their scores by document number (None when not scored)."""
        if compiled is None:
            return self.live, None
        matched = np.zeros(len(self.live), dtype=np.bool_)
        scores = np.zeros(len(self.live)) if scored else None
        with self._lock:
            for searcher, base in self._searcher.leaf_searchers():
                matcher = compiled.matcher(searcher, SearchContext(weighting=searcher.weighting))
                docs, values = _drain(matcher, scored=scored)
                matched[base + docs] = True
                if scores is not None:
                    scores[base + docs] = values
        return matched & self.live, scores

    def holders(self, key: str) -> Mask:
        """Which live documents hold `key`."""
        found = np.zeros(len(self.live), dtype=np.bool_)
        with self._lock:
            for searcher, base in self._searcher.leaf_searchers():
                reader = searcher.reader()
                for field in WEIGHTS:
                    if (field, key.encode()) in reader:
                        found[base + np.array(list(reader.postings(field, key.encode()).all_ids()))] = True
        return found & self.live

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Every word as it stands, with about how many documents hold it."""
        counts: Counter[str] = Counter()
        with self._lock:
            reader = self._searcher.reader()
            for field in WEIGHTS:
                for term in reader.expand_prefix(field, "X:"):
                    counts[term.decode()] += reader.doc_frequency(field, term)
        yield from sorted(counts.items())


def _drain(matcher: Any, *, scored: bool) -> tuple[NDArray[np.int64], list[float]]:
    docs: list[int] = []
    values: list[float] = []
    while matcher.is_active():
        docs.append(matcher.id())
        if scored:
            values.append(matcher.score())
        matcher.next()
    return np.array(docs, dtype=np.int64), values


class Reader:
    """The newest state of an area, renewed when another one was committed, in this process or another."""

    def __init__(self, area: Area, analyser: Analyser) -> None:
        self._area = area
        self._analyser = analyser
        self._vocabularies = Vocabularies()
        self._columns: dict[str, Columns] = {}
        self._lock = threading.Lock()
        self._key: tuple[str, int] | None = None
        self._state: State | None = None

    def state(self) -> State:
        """The newest state. SearchUnavailable when it cannot be read."""
        with self._lock:
            for attempt in range(OPEN_ATTEMPTS):
                folder = self._area.live()
                try:
                    return self._newest(folder)
                except Exception as error:
                    # A commit may take away the very files that were about to be opened. They come as OSError, as
                    # whatever decoding meets in half of a file, or as SearchUnavailable of the area.
                    if attempt < OPEN_ATTEMPTS - 1:
                        continue
                    if isinstance(error, SearchUnavailable):
                        raise
                    raise SearchUnavailable(f"The search index in {folder} cannot be read. {REBUILD}") from error
            raise AssertionError("the last attempt returns or raises")

    def _newest(self, folder: Path) -> State:
        generation = TOC._latest_generation(FileStorage(str(folder)), _DEF_INDEX_NAME)
        key = (folder.name, generation)
        if self._state is None or key != self._key:
            self._state, self._key = self._read(folder), key
        return self._state

    def _read(self, folder: Path) -> State:
        reader = self._area.open(folder).reader()
        leaves = [] if isinstance(reader, EmptyReader) else [leaf for leaf, _base in reader.leaf_readers()]
        parts = {leaf.segment().segment_id(): self._columns_of(leaf) for leaf in leaves}
        self._columns = parts
        live = [_live(leaf) for leaf in leaves]
        counting = Counting(joined(list(parts.values())), self._vocabularies)
        mask = np.concatenate(live) if live else np.zeros(0, dtype=np.bool_)
        return State(Searcher(reader, weighting=BM25F()), counting, mask)

    def _columns_of(self, leaf: Any) -> Columns:
        # A segment never changes but for its deletions, so its columns are read once.
        known = self._columns.get(leaf.segment().segment_id())
        if known is not None:
            return known
        rows = (Facts(*leaf.stored_fields(doc)["facts"]) for doc in range(leaf.doc_count_all()))
        with self._vocabularies.lock:
            return read_columns(rows, self._vocabularies)

    def search(self, query: SearchQuery, facets: Wanted) -> Results:
        """The page of hits, the exact total and the facets."""
        state = self.state()
        order = query.order
        wanted, unwanted = Compiler(self._analyser).compile(parse(query.q))
        try:
            matched, scores = state.run(wanted, scored=order == "relevance")
            if unwanted is not None:
                matched = matched & ~state.run(unwanted, scored=False)[0]
        except Exception as error:
            raise SearchUnavailable(f"The search index could not answer: {error!r}. {REBUILD}") from error
        counting = state.counting
        masks = counting.masks(query.filters)
        docs: Numbers = np.flatnonzero(np.logical_and.reduce([matched, *masks.values()]))
        ordered = counting.order(docs, None if scores is None else scores[docs], order)
        page = ordered[query.offset : query.offset + query.size]
        return Results(
            total=len(docs),
            hits=tuple(_hit(counting.columns, int(doc), scores) for doc in page),
            facets=counting.facets(matched, masks, query.filters, facets),
        )

    def like(self, weights: Mapping[str, float], limit: int, without: Collection[UUID]) -> tuple[Hit, ...]:
        """The documents that hold most of the keys by weight and rarity."""
        state = self.state()
        scores = np.zeros(len(state.live))
        for key, weight in weights.items():
            holders = state.holders(key)
            if holders.any():
                scores += holders * weight * (np.log(len(holders) / (1 + holders.sum())) + 1)
        best = [int(doc) for doc in np.argsort(-scores, kind="stable")[: limit + len(without)] if scores[doc] > 0]
        hits = (_hit(state.counting.columns, doc, scores) for doc in best)
        return tuple(hit for hit in hits if hit.id not in without)[:limit]


def _live(leaf: Any) -> Mask:
    live = np.ones(leaf.doc_count_all(), dtype=np.bool_)
    live[[doc for doc in range(len(live)) if leaf.is_deleted(doc)]] = False
    return live


def _hit(columns: Columns, doc: int, scores: Scores | None) -> Hit:
    return Hit(columns.uuid(doc), columns.kinds[doc], 0.0 if scores is None else round(float(scores[doc]), 6))
