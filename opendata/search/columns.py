"""What facets, filters and sorting need of every document, as arrays: read once per segment, then counted in numpy."""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from opendata.search.collation import title_key
from opendata.search.document import SearchDocument
from opendata.search.filters import FILTERS
from opendata.search.titles import Packing, Titles

COLUMNS = {**{name: definition.field for name, definition in FILTERS.items()}, "person": "persons"}
"""Every column of values with the attribute of SearchDocument that it holds: the filters, and one for completion."""

Numbers = NDArray[np.int64]
Ordinals = NDArray[np.int32]
Sizes = NDArray[np.int32]
Mask = NDArray[np.bool_]


class Facts(NamedTuple):
    """One document's values. `values` maps names of filters to values; empty ones are left out."""

    id: bytes
    kind: str
    title: str
    issued: int
    modified: int
    downloads: int
    values: dict[str, tuple[str, ...]]
    fingerprint: bytes


def facts_of(document: SearchDocument) -> Facts:
    """The facts of a document: what it is filtered, counted and sorted by."""
    values = {name: _values(document, field) for name, field in COLUMNS.items()}
    return Facts(
        document.id.bytes,
        document.kind,
        title_key(storable(document.title)),
        document.issued,
        document.metadata_modified,
        document.downloads,
        {name: found for name, found in values.items() if found},
        document.fingerprint(),
    )


def _values(document: SearchDocument, field: str) -> tuple[str, ...]:
    value = getattr(document, field)
    if isinstance(value, int):
        return (str(value),) if value else ()
    given: Iterable[str] = (value,) if isinstance(value, str) else value
    return tuple(dict.fromkeys(storable(item.strip()) for item in given if item.strip()))


def storable(text: str) -> str:
    """`text` without lone surrogates, which no index can encode."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


class Vocabulary:
    """Values of one column as ordinals, letter case ignored; the spelling met first is shown. It only grows."""

    def __init__(self) -> None:
        self._ordinals: dict[str, int] = {}
        self._ranks: Numbers = np.zeros(0, dtype=np.int64)
        self.shown: list[str] = []

    def ordinal(self, value: str) -> int:
        """The ordinal of `value`, a new one when it was not met before."""
        folded = value.casefold()
        found = self._ordinals.get(folded)
        if found is None:
            found = self._ordinals[folded] = len(self.shown)
            self.shown.append(value)
        return found

    def find(self, value: str) -> int | None:
        """The ordinal of `value`, None when no document ever had it."""
        return self._ordinals.get(value.casefold())

    def folded(self) -> list[str]:
        """Every value by ordinal, without letter case."""
        return list(self._ordinals)

    def ranks(self) -> Numbers:
        """The place of every value in the order of their letters, by ordinal; sorted anew only when there are more."""
        if len(self._ranks) < len(self.shown):
            shown = self.shown[:]
            ranks = np.empty(len(shown), dtype=np.int64)
            ranks[sorted(range(len(shown)), key=shown.__getitem__)] = np.arange(len(shown))
            self._ranks = ranks
        return self._ranks


class Vocabularies:
    """One vocabulary per column, shared by every state of an index within a process. `lock` is held while they grow."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_name: dict[str, Vocabulary] = {name: Vocabulary() for name in COLUMNS}


class Pairs:
    """Which document has which value: `ordinals` of the first document, then of the second, and so on.

    `sizes` says how many each has, None where every one of them has one value, no more and no less. What else is needed
    is made when it is asked for: never for the parts that are joined.
    """

    def __init__(self, ordinals: Ordinals, sizes: Sizes | None, size: int) -> None:
        """The pairs of `size` documents."""
        self.ordinals, self.sizes = ordinals, sizes
        self._size = size

    @property
    def single(self) -> bool:
        """Whether every document has one value."""
        return self.sizes is None

    @cached_property
    def docs(self) -> Numbers:
        """The document of each of `ordinals`."""
        every = _upwards(self._size)
        return every if self.sizes is None else np.repeat(every, self.sizes)

    @cached_property
    def starts(self) -> Numbers:
        """Where the values of each document begin, and of one more than there are."""
        return _upwards(self._size + 1) if self.sizes is None else np.concatenate([[0], np.cumsum(self.sizes)])

    @classmethod
    def joined(cls, parts: Sequence[Pairs]) -> Pairs:
        """Those of several runs of documents one after the other."""
        size = sum(part._size for part in parts)
        sizes = None
        if not all(part.single for part in parts):
            sizes = np.concatenate(
                [np.ones(part._size, np.int32) if part.sizes is None else part.sizes for part in parts]
            )
        return cls(np.concatenate([part.ordinals for part in parts]), sizes, size)

    def views(self, parts: Sequence[Pairs]) -> Iterator[Pairs]:
        """The pairs that this was joined from, again, but with views of these arrays."""
        start = first = 0
        for part in parts:
            end, last = start + part._size, first + len(part.ordinals)
            sizes = None if part.sizes is None or self.sizes is None else self.sizes[start:end]
            yield Pairs(self.ordinals[first:last], sizes, part._size)
            start, first = end, last

    def having(self, chosen: Mask) -> Mask:
        """Which documents have any of the values, which are `chosen` by ordinal."""
        if self.single:
            return chosen[self.ordinals]
        mask = np.zeros(self._size, np.bool_)
        mask[self.docs[chosen[self.ordinals]]] = True
        return mask

    def of_mask(self, mask: Mask) -> Ordinals:
        """The values of these documents, one after the other."""
        # Measured: indexing by the mask itself takes two or three times as long as this.
        return self.ordinals.compress(mask.take(self.docs))

    def of_docs(self, docs: Numbers) -> Ordinals:
        """The same for documents by number, which is quicker for few of them."""
        if self.single:
            return self.ordinals[docs]
        firsts = self.starts[docs]
        sizes = self.starts[docs + 1] - firsts
        ends = np.cumsum(sizes)
        total = int(ends[-1]) if len(ends) else 0
        return self.ordinals[np.repeat(firsts - ends + sizes, sizes) + np.arange(total)]


@lru_cache(maxsize=4)
def _upwards(size: int) -> Numbers:
    """0, 1, 2 … shared by all that needs them."""
    made = np.arange(size)
    made.flags.writeable = False
    return made


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a run of documents, in the order of their numbers. `ids` are halves of UUIDs, two a document."""

    ids: NDArray[np.uint64]
    kinds: tuple[str, ...]
    titles: Titles
    issued: Numbers
    modified: Numbers
    downloads: Numbers
    pairs: dict[str, Pairs]
    fingerprints: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.kinds)

    def places(self, ids: Collection[UUID]) -> Numbers:
        """The numbers of the documents of these ids; ids that have none are left out."""
        wanted = np.frombuffer(b"".join(one.bytes for one in ids), dtype=">u8").astype(np.uint64).reshape(-1, 2)
        # Half an id is 62 random bits or more: two records never share one, so the halves may be sought one by one.
        return np.flatnonzero(np.isin(self.ids[:, 0], wanted[:, 0]) & np.isin(self.ids[:, 1], wanted[:, 1]))

    def uuid(self, doc: int) -> UUID:
        """The id of a document."""
        high, low = (int(half) for half in self.ids[doc])
        return UUID(int=(high << 64) | low)

    def fingerprint(self, doc: int) -> str:
        """That of the document as it was indexed, 16 hex digits."""
        return f"{int(self.fingerprints[doc]):016x}"


class ValueColumn(dict[str, int]):
    """A column that is being read. The spellings that were met are kept with their ordinals, for most come again."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self._docs: list[int] = []
        self._ordinals: list[int] = []

    def __missing__(self, value: str) -> int:
        found = self[value] = self._vocabulary.ordinal(value)
        return found

    def add(self, doc: int, values: tuple[str, ...]) -> None:
        """The values of the next document."""
        if len(values) == 1:
            self._docs.append(doc)
            self._ordinals.append(self[values[0]])
            return
        found = dict.fromkeys(map(self.__getitem__, values))
        self._docs.extend([doc] * len(found))
        self._ordinals.extend(found)

    def pairs(self, size: int) -> Pairs:
        """What was added, of so many documents."""
        sizes = np.bincount(np.array(self._docs, np.int64), minlength=size).astype(np.int32)
        return Pairs(np.array(self._ordinals, np.int32), None if (sizes == 1).all() else sizes, size)


def read_columns(rows: Iterable[Facts], vocabularies: Vocabularies) -> Columns:
    """The columns of `rows`; vocabularies grow by what is new in them."""
    ids, prints, kinds, titles, numbers = bytearray(), bytearray(), [], Packing(), []
    columns = {name: ValueColumn(vocabularies.by_name[name]) for name in COLUMNS}
    for doc, row in enumerate(rows):
        ids += row.id
        prints += row.fingerprint
        kinds.append(sys.intern(row.kind))
        titles.add(row.title)
        numbers.append((row.issued, row.modified, row.downloads))
        for name, values in row.values.items():
            columns[name].add(doc, values)
    table = np.array(numbers, dtype=np.int64).reshape(-1, 3)
    pairs = {name: column.pairs(len(kinds)) for name, column in columns.items()}
    halves = np.frombuffer(bytes(ids), dtype=">u8").astype(np.uint64).reshape(-1, 2)
    issued, modified, downloads = table.T.copy()
    fingerprints = np.frombuffer(bytes(prints), dtype=">u8").astype(np.uint64)
    return Columns(halves, tuple(kinds), titles.titles(), issued, modified, downloads, pairs, fingerprints)


def joined(parts: Sequence[Columns]) -> Columns:
    """The columns of several runs one after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return read_columns((), Vocabularies())
    pairs = {name: Pairs.joined([part.pairs[name] for part in parts]) for name in COLUMNS}
    return Columns(
        np.concatenate([part.ids for part in parts]),
        tuple(chain.from_iterable(part.kinds for part in parts)),
        Titles(tuple(chain.from_iterable(part.titles.blocks for part in parts))),
        np.concatenate([part.issued for part in parts]),
        np.concatenate([part.modified for part in parts]),
        np.concatenate([part.downloads for part in parts]),
        pairs,
        np.concatenate([part.fingerprints for part in parts]),
    )


def views(whole: Columns, parts: Sequence[Columns]) -> Iterator[Columns]:
    """The columns that `whole` was joined from, again, but with views of its arrays, so that memory holds them once."""
    pairs = {name: whole.pairs[name].views([part.pairs[name] for part in parts]) for name in COLUMNS}
    start = 0
    for part in parts:
        end = start + len(part)
        yield replace(
            part,
            ids=whole.ids[start:end],
            issued=whole.issued[start:end],
            modified=whole.modified[start:end],
            downloads=whole.downloads[start:end],
            pairs={name: next(pairs[name]) for name in COLUMNS},
            fingerprints=whole.fingerprints[start:end],
        )
        start = end
