"""What is asked of an index by CKAN's clients, and what it answers: conditions, order, facets, from any place on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from opendata.search.boolean import EVERYTHING, Node
from opendata.search.index import FacetCount

Key = tuple[float | int | str | None, ...]
"""What a document is sorted by, and its id: later in the order is greater by `follows`."""

ALL_VALUES = -1
"""A facet's limit that asks for all its values."""


@dataclass(frozen=True, slots=True)
class Order:
    """One of the keys of an order."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class FacetWanted:
    """How many values of a facet, most frequent first, and how many documents each must have."""

    limit: int = 50
    mincount: int = 1


@dataclass(frozen=True, slots=True)
class Selection:
    """Documents of which both `words` and `where` hold; only `words` count for the score.

    `now` (microseconds since 1970 are made of it) is what NOW stands for. `last`: how many of the first are needed.
    `after`: the key of the last document that was seen, where a list goes on.
    """

    words: Node = EVERYTHING
    where: Node = EVERYTHING
    order: Sequence[Order] = (Order("score", True), Order("metadata_modified", True))
    last: int = 10
    facets: Mapping[str, FacetWanted] = field(default_factory=dict)
    after: Key | None = None


class Selected(Protocol):
    """The documents in order, as far as they were asked for."""

    @property
    def total(self) -> int:
        """How many there are in all."""
        ...

    @property
    def facets(self) -> Mapping[str, tuple[FacetCount, ...]]:
        """Counts over all of them."""
        ...

    def __len__(self) -> int: ...

    def id(self, place: int) -> UUID:
        """The document at a place of the order."""
        ...

    def key(self, place: int) -> Key:
        """What it is sorted by."""
        ...
