"""The contract of a search engine: what it is asked, what it answers. Engines are chosen in `open.open_index`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from opendata.search.analysis import Analyser
from opendata.search.document import FileText, SearchDocument
from opendata.search.query import SearchQuery

if TYPE_CHECKING:  # which counts facets as here
    from opendata.search.selection import Selected, Selection

AREAS = ("public", "desk")
"""What everybody may find, and what is unpublished or private."""

Keep = Callable[[FileText, bytes], None]
"""Takes the packed keys of the pages of a file on the way; see pagekeys."""
Outdated = Mapping[UUID, float]
"""Records that may not be found as they were before a moment, in seconds since 1970; infinite for never."""
Progress = Callable[[int, int | None], None]
"""How many documents are done, of how many: None while they are still being counted."""


@dataclass(frozen=True, slots=True)
class FacetCount:
    """One value of a facet and how many results it would give with all other filters on."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A result in the order of the query; passages are found afterwards, from the page texts.

    `missing`: the words of the query, as typed, that this record lacks; what comes closest has such. `unverified`: the
    text of its files holds all words of a phrase, but whether in a row only the pages tell.
    """

    id: UUID
    kind: str
    score: float
    missing: tuple[str, ...] = ()
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits in order, the exact total, and facet counts by filter name, most frequent first.

    The first `complete` of the total hold everything that was asked for; the others come closest, and are there where
    hardly any record holds everything (see search/ranking.py).
    """

    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    complete: int = 0

    @property
    def partial(self) -> bool:
        """Whether some of them hold only some of the words."""
        return self.complete < self.total


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """Figures for operators. `format_version` is raised when fields change.

    An index that is not `current` is of another format or analysis than the program's: it must be rebuilt, nothing can
    be found in it until then, and how many documents it has cannot be told (0).
    """

    documents: int
    format_version: int
    engine: str
    byte_size: int
    current: bool = True


Wanted = Sequence[str] | Mapping[str, int]
"""Facets by name; with numbers, the most values of each that are wanted. Chosen values come on top of that."""


class SearchIndex(Protocol):
    """One contract for every engine; tests/search/test_index_contract.py runs over every one.

    `area` is "public" or "desk": two separate indexes, so that nothing public can ever read the second.
    """

    def search(
        self,
        query: SearchQuery,
        *,
        area: str = "public",
        facets: Wanted = (),
        only: Collection[UUID] | None = None,
    ) -> Results:
        """Results for `query`, of these records alone if `only` names some. SearchUnavailable when it cannot answer."""
        ...

    def select(self, selection: Selection, now: dt.datetime, *, area: str = "public") -> Selected:
        """The datasets that conditions hold of, as CKAN's clients ask. SearchQueryError for what cannot be asked."""
        ...

    def analyser(self, *, area: str = "public") -> Analyser:
        """The analysis that the live index was made with: what queries, passages and marks must use too."""
        ...

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
        """The records that hold most of these keys, each counting by its weight and its rarity; best first.

        Those that have less than the `share` of the best one's score are left out. The rarest keys alone count where
        all of them are held more than `postings` times: then the work does not grow with the index.
        """
        ...

    def frequencies(self, keys: Collection[str], *, area: str = "public") -> dict[str, int]:
        """In how many records each key stands now; 0 for a key that is nowhere."""
        ...

    def vocabulary(self, beginning: str = "X:", *, area: str = "public") -> Iterator[tuple[str, int]]:
        """Every key that begins so, in order, with about how many records hold it. It may name words that stood only in
        removed records."""
        ...

    def values(self, name: str, *, area: str = "public") -> tuple[FacetCount, ...]:
        """Every value of the column `name` (a filter, or "person") that records have now, most frequent first."""
        ...

    def counts(self, name: str, values: Collection[str], *, area: str = "public") -> dict[str, int]:
        """How many records have each of these values of the column `name` now, letter case ignored; 0 for none."""
        ...

    def hide(self, outdated: Callable[[], Outdated]) -> None:
        """From now on answer in the public area as if the records that `outdated` names at that moment were not in it,
        but those that were indexed as they became at the moment given for them or later (`metadata_modified`).

        `vocabulary`, `fingerprints` and `status` tell what the index holds all the same.
        """
        ...

    def update(
        self,
        documents: Iterable[SearchDocument],
        remove: Iterable[UUID] = (),
        *,
        area: str = "public",
        keep: Keep | None = None,
    ) -> int:
        """Add or replace `documents` and remove ids, in one commit; how many documents were written. One writer."""
        ...

    def rebuild(
        self,
        documents: Iterable[SearchDocument],
        *,
        area: str = "public",
        progress: Progress | None = None,
        keep: Keep | None = None,
    ) -> int:
        """Build beside the live index from `documents` and swap; readers never see a half index. How many.

        Updates go on meanwhile, and are in the new index too. `documents` are taken once, in this process; what is
        learned from them (the stems of Kazakh words, the usual lengths of fields) stays with the index until the next
        rebuild.
        """
        ...

    def fingerprints(self, *, area: str = "public") -> dict[UUID, str]:
        """Every id that is indexed, with the fingerprint of the document that was given for it."""
        ...

    def version(self, *, area: str = "public") -> str:
        """A word that is another one after every commit, by whatever process. It is cheap: no segment is opened."""
        ...

    def status(self, *, area: str = "public") -> IndexStatus:
        """Figures. SearchUnavailable when the index cannot be read."""
        ...

    def check(self) -> None:
        """Raise SearchUnavailable when the index cannot answer now."""
        ...
