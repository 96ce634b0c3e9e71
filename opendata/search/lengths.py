"""How long the fields of a usual document are: what the length of each document is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True)
class Lengths:
    """The usual length of each searched field in words, over the documents that have it. The defaults are for an index
    that was never filled; a rebuild measures its own and the index keeps them until the next one."""

    title: float = 12.0
    keywords: float = 8.0
    abstract: float = 120.0
    toc: float = 100.0
    other: float = 40.0
    body: float = 8_000.0

    def of(self, field: str) -> float:
        """That of one field."""
        found: float = getattr(self, field)
        return found

    def as_dict(self) -> dict[str, float]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stated: Mapping[str, object]) -> Lengths:
        """What `as_dict` gave. A field that is missing or no positive number gets its default."""
        names = [field.name for field in fields(cls)]
        given = {name: value for name in names if isinstance(value := stated.get(name), int | float) and value > 0}
        return cls(**{name: float(value) for name, value in given.items()})
