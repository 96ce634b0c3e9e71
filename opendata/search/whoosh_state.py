"""The index as it stood at one commit: its segments, and the postings of keys over all of them."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from opendata.search.analysis import Analyser
from opendata.search.columns import Columns, Mask, Numbers
from opendata.search.counting import Counting
from opendata.search.index import Outdated
from opendata.search.lru import Lru
from opendata.search.named import Named, NamedColumn
from opendata.search.postings import Docs, Postings, Weights, unpack_docs
from opendata.search.whoosh_schema import NAMED
from opendata.search.whoosh_segments import Term, Terms

CACHE_BYTES = 32 * 1024 * 1024
"""What the postings that were read lately may take in a process and area."""
MOST_COLUMNS = 48
"""Named fields that a state keeps joined."""
MAX_EXPANSIONS = 500
"""Words of a segment that one beginning stands for at most: the most frequent ones …"""
MAX_SCANNED = 5_000
"""… of the first so many in alphabetical order."""


class Listed(NamedTuple):
    """The documents of a segment that hold a key, counted from its first one, and the weight of the key in each."""

    docs: Docs
    weights: Weights


_NOWHERE = Listed(np.zeros(0, np.int64), np.zeros(0, np.float32))
Cache = Lru[Listed]


def new_cache() -> Cache:
    """An empty one."""
    return Lru(CACHE_BYTES, lambda listed: listed.docs.nbytes + listed.weights.nbytes)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of documents that never changes but for deletions. `reader` is Whoosh's, which keeps the files open."""

    id: str
    size: int
    terms: Terms
    reader: Any
    columns: Columns

    def named(self) -> Iterator[bytes]:
        """The named fields of each document, packed."""
        yield from self.reader._perdoc.column_reader(NAMED, self.reader.schema[NAMED].column_type)

    def listed(self, key: bytes) -> Listed:
        """The documents that hold `key`, deleted ones too."""
        term = self.terms.find(key)
        return _NOWHERE if term is None else self.of_term(term)

    def of_term(self, term: Term) -> Listed:
        """The documents of a term."""
        return Listed(*unpack_docs(self.terms.packed(term), term.first, term.documents))

    def postings(self, key: bytes) -> Postings | None:
        """The same with positions."""
        term = self.terms.find(key)
        return None if term is None else self.terms.postings(term)

    def beginning(self, key: bytes) -> list[tuple[bytes, Term]]:
        """The most frequent keys that begin so."""
        found = list(islice(self.terms.beginning(key), MAX_SCANNED))
        return heapq.nlargest(MAX_EXPANSIONS, found, key=lambda one: one[1].documents)


class State:
    """Immutable, and safe for threads. Documents are numbered through all segments."""

    def __init__(
        self,
        segments: Sequence[Segment],
        counting: Counting,
        live: Mask,
        cache: Cache,
        analyser: Analyser,
        named: Named | None = None,
    ) -> None:
        self.analyser = analyser
        self._named = named or Named()
        self._columns: dict[str, NamedColumn | None] = {}
        self._numbers: dict[str, Numbers] = {}
        self.counting = counting
        self.live = live
        self.size = len(live)
        self.documents = int(np.count_nonzero(live))
        sizes = [segment.size for segment in segments]
        self.parts = tuple(zip(np.cumsum([0, *sizes[:-1]]).tolist(), segments, strict=True)) if segments else ()
        self._cache = cache

    @cached_property
    def datasets(self) -> Mask:
        """Which documents are live datasets."""
        return self.live & self.counting.mask("kind", ("dataset",))

    def column(self, name: str) -> NamedColumn | None:
        """A named field of all documents; None where none has it."""
        if name not in self._columns:
            if len(self._columns) > MOST_COLUMNS:
                self._columns.clear()
            self._columns[name] = self._named.column([segment for _base, segment in self.parts], name)
        return self._columns[name]

    def numbers(self, name: str) -> Numbers:
        """One of the numbers of all documents (see search/named.py)."""
        if not self._numbers:
            self._numbers = self._named.numbers([segment for _base, segment in self.parts])
        return self._numbers[name]

    def among(self, ids: Collection[UUID]) -> Mask:
        """Which documents are those of these records."""
        found = np.zeros(self.size, np.bool_)
        found[self.counting.columns.places(ids)] = True
        return found

    def without(self, outdated: Outdated) -> State:
        """The same index as if these records, where they are from before that moment, were not in it."""
        columns = self.counting.columns
        there = columns.places(outdated)
        docs = [doc for doc in there[self.live[there]].tolist() if columns.modified[doc] < outdated[columns.uuid(doc)]]
        if not docs:
            return self
        made = copy(self)
        made.__dict__.pop("datasets", None)
        made.live = self.live.copy()
        made.live[docs] = False
        made.documents = int(np.count_nonzero(made.live))
        made.counting = self.counting.afresh()
        return made

    def listed(self, key: str) -> list[tuple[int, Listed]]:
        """Per segment that has `key` the number of its first document, and its postings."""
        encoded = key.encode("utf-8", "replace")
        found = [
            (base, self._cache.get((segment.id, encoded), partial(segment.listed, encoded)))
            for base, segment in self.parts
        ]
        return [(base, listed) for base, listed in found if len(listed.docs)]

    def holders(self, key: str) -> int:
        """How many documents hold `key`, deleted ones too, without reading which."""
        encoded = key.encode("utf-8", "replace")
        found = (segment.terms.find(encoded) for _base, segment in self.parts)
        return sum(term.documents for term in found if term is not None)

    def listed_term(self, segment: Segment, key: bytes, term: Term) -> Listed:
        """The postings of a term that was found in the segment."""
        return self._cache.get((segment.id, key), lambda: segment.of_term(term))

    def frequency(self, key: str) -> int:
        """How many live documents hold `key`."""
        return sum(int(np.count_nonzero(self.live[base + listed.docs])) for base, listed in self.listed(key))

    def vocabulary(self, beginning: str) -> Iterator[tuple[str, int]]:
        """Every key that begins so, with about how many documents hold it, in order."""
        sought = beginning.encode("utf-8", "replace")
        found = [segment.terms.beginning(sought) for _base, segment in self.parts]
        for key, group in groupby(heapq.merge(*found), itemgetter(0)):
            yield key.decode("utf-8"), sum(term.documents for _key, term in group)
