"""Answers searches from the newest state of an area. One state per process and area."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from whoosh.filedb.filestore import FileStorage
from whoosh.index import _DEF_INDEX_NAME, TOC
from whoosh.reading import SegmentReader

from opendata.errors import SearchUnavailable
from opendata.search.boolean import SearchQueryError
from opendata.search.columns import Mask, Numbers, Vocabularies, joined, read_columns, views
from opendata.search.counting import Counting
from opendata.search.executor import Executor, Matches
from opendata.search.index import Hit, Outdated, Results, Wanted
from opendata.search.named import Named
from opendata.search.parser import parse
from opendata.search.phrases import nearness
from opendata.search.plan import OneWord, Plan, plan
from opendata.search.query import BY_ID, SearchQuery
from opendata.search.ranking import FEW_RECORDS, NEAR_CANDIDATES, QUESTION_WORDS
from opendata.search.selecting import WhooshSelected, select
from opendata.search.selection import Selection
from opendata.search.whoosh_area import REBUILD, Area
from opendata.search.whoosh_schema import FACTS, KEYS, unpacked_facts
from opendata.search.whoosh_segments import Terms
from opendata.search.whoosh_state import Segment, State, new_cache

OPEN_ATTEMPTS = 5
"""A rebuild or merge may remove files between reading which are live and opening them; then it is tried anew."""


class Reader:
    """The newest state of an area, renewed when another one was committed, in this process or another."""

    def __init__(self, area: Area) -> None:
        self._area = area
        self.outdated: Callable[[], Outdated] = dict
        self._veiled: tuple[State, Outdated, State] | None = None
        self._vocabularies = Vocabularies()
        self._segments: dict[str, Segment] = {}
        self._cache = new_cache()
        self._named = Named()
        self._lock = threading.Lock()
        self._key: tuple[str, int] | None = None
        self._state: State | None = None

    def state(self) -> State:
        """The newest state without what is outdated at this moment. SearchUnavailable when it cannot be read."""
        outdated = self.outdated()  # before the state, which may already be the one that has been put right
        newest = self.whole()
        if not outdated:
            self._veiled = None  # it would keep the memory of a state that nobody asks any more
            return newest
        veiled = self._veiled
        if veiled is None or veiled[0] is not newest or veiled[1] != outdated:
            veiled = self._veiled = (newest, dict(outdated), newest.without(outdated))
        return veiled[2]

    def whole(self) -> State:
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

    def version(self) -> str:
        """Build and commit of the newest state, as one word."""
        folder, generation = _commit(self._area.live())
        return f"{folder}.{generation}"

    def _newest(self, folder: Path) -> State:
        key = _commit(folder)
        if self._state is None or key != self._key:
            self._state, self._key = self._read(folder), key
        return self._state

    def _read(self, folder: Path) -> State:
        opened = self._area.open(folder)
        stated = opened._read_toc().segments
        segments = [self._segment(opened, one) for one in stated]
        parts = [segment.columns for segment in segments]
        columns = joined(parts)
        segments = [replace(one, columns=mine) for one, mine in zip(segments, views(columns, parts), strict=True)]
        self._segments = {segment.id: segment for segment in segments}
        self._cache.keep_only(self._segments)
        self._named.keep_only(self._segments)
        live = [_live(one) for one in stated]
        counting = Counting(columns, self._vocabularies)
        mask = np.concatenate(live) if live else np.zeros(0, dtype=np.bool_)
        return State(segments, counting, mask, self._cache, self._area.made(folder).analyser, self._named)

    def _segment(self, opened: Any, stated: Any) -> Segment:
        # A segment never changes but for its deletions, so it is opened once and its columns are read once.
        known = self._segments.get(stated.segment_id())
        if known is not None:
            return known
        reader = SegmentReader(opened.storage, opened.schema, stated)
        facts = reader._perdoc.column_reader(FACTS, opened.schema[FACTS].column_type)
        with self._vocabularies.lock:
            columns = read_columns(map(unpacked_facts, facts), self._vocabularies)
        return Segment(stated.segment_id(), stated.doc_count_all(), Terms(reader, KEYS), reader, columns)

    def search(self, query: SearchQuery, facets: Wanted, only: Collection[UUID] | None = None) -> Results:
        """The page of hits, the exact total and the facets."""
        state = self.state()
        asked = plan(parse(query.q, exact=query.exact), state.analyser, query.also)
        try:
            return _answer(state, query, asked, facets, only)
        except Exception as error:
            raise SearchUnavailable(f"The search index could not answer: {error!r}. {REBUILD}") from error

    def select(self, selection: Selection, now: dt.datetime) -> WhooshSelected:
        """The documents that conditions hold of."""
        state = self.state()
        try:
            return select(state, selection, now)
        except SearchQueryError:
            raise
        except Exception as error:
            raise SearchUnavailable(f"The search index could not answer: {error!r}. {REBUILD}") from error

    def like(
        self, weights: Mapping[str, float], limit: int, without: Collection[UUID], postings: int | None, share: float
    ) -> tuple[Hit, ...]:
        """The documents that hold most of the keys by weight and rarity."""
        state = self.state()
        scores = np.zeros(state.size)
        seen = 0
        holders = ((state.holders(key), key) for key in weights)
        for held, key in sorted(one for one in holders if one[0]):
            if postings is not None and seen and seen + held > postings:
                break
            seen += held
            worth = weights[key] * (np.log(max(state.documents, held) / (1 + held)) + 1)
            for base, listed in state.listed(key):
                scores[base + listed.docs] += worth
        scores *= state.live
        least = share * scores.max(initial=0.0)
        found = np.flatnonzero(scores >= least if least else scores > 0)
        best = state.counting.top(found, scores[found], "relevance", limit + len(without)) if len(found) else found
        hits = (_hit(state, int(doc), float(scores[doc])) for doc in best)
        return tuple(hit for hit in hits if hit.id not in without)[:limit]


def _commit(folder: Path) -> tuple[str, int]:
    """The build in this folder, and the number of its last commit."""
    return folder.name, TOC._latest_generation(FileStorage(str(folder)), _DEF_INDEX_NAME)


def _answer(state: State, query: SearchQuery, asked: Plan, facets: Wanted, only: Collection[UUID] | None) -> Results:
    executor = Executor(state)
    matches = executor.run(asked, enough=_enough(query, asked))
    counting = state.counting
    masks = counting.masks(query.filters)
    found = matches.mask if only is None else matches.mask & state.among(only)
    docs: Numbers = np.flatnonzero(np.logical_and.reduce([found, *masks.values()]))
    page = _ordered(state, query, asked, matches, docs)
    hits = [_hit(state, int(doc), _score(matches, doc)) for doc in page]
    if matches.unverified is not None:
        hits = [replace(hit, unverified=bool(matches.unverified[doc])) for hit, doc in zip(hits, page, strict=True)]
    complete = len(docs)
    if matches.whole is not None:
        complete = int(np.count_nonzero(matches.whole[docs]))
        lacks = executor.lacks(asked.words, page)
        hits = [replace(hit, missing=missing) for hit, missing in zip(hits, lacks, strict=True)]
    return Results(
        total=len(docs),
        hits=tuple(hits),
        facets=counting.facets(found, masks, query.filters, facets),
        complete=complete,
    )


def _enough(query: SearchQuery, asked: Plan) -> int:
    """How many whole matches make the closest others needless."""
    if query.whole or query.order == BY_ID:
        return 0
    is_question = query.order == "relevance" and len(asked.words) >= QUESTION_WORDS
    return FEW_RECORDS if is_question else 1


def _ordered(state: State, query: SearchQuery, asked: Plan, matches: Matches, docs: Numbers) -> Numbers:
    """The documents of the page, in order."""
    if not len(docs):
        return docs
    counting, last = state.counting, query.offset + query.size
    if query.order == BY_ID:
        return counting.behind(docs, query.after, query.size)
    if query.order != "relevance" or matches.order is None or matches.scores is None:
        return counting.top(docs, None, query.order, last)[query.offset :]
    words = [part for part in asked.words if isinstance(part, OneWord)]
    if len(words) > 1:
        best = np.sort(counting.top(docs, matches.order[docs], query.order, NEAR_CANDIDATES))
        rise = matches.scores[best] * nearness(state, words, best)
        matches.scores[best] += rise.astype(np.float32)
        matches.order[best] += rise
    return counting.top(docs, matches.order[docs], query.order, last)[query.offset :]


def _live(segment: Any) -> Mask:
    live = np.ones(segment.doc_count_all(), dtype=np.bool_)
    live[list(segment.deleted_docs())] = False
    return live


def _score(matches: Matches, doc: int) -> float:
    return 0.0 if matches.scores is None else float(matches.scores[doc])


def _hit(state: State, doc: int, score: float) -> Hit:
    columns = state.counting.columns
    return Hit(columns.uuid(doc), columns.kinds[doc], round(score, 6))
