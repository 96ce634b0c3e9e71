"""Rows as plain objects, for what is only read: they look like those of the session and cost half of them.

An object has the columns and composites of its class, and of its relations those that were put there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement

from opendata.store.base import Base


class Plain:
    """A row. What was not loaded raises AttributeError."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__ = values

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} was not loaded")


class Shape:
    """Which columns are asked for, and what is made of them."""

    def __init__(self, table: type[Base], only: Collection[str] = ()) -> None:
        """Of the class `table` every column that is not deferred, or those of the columns and composites `only`."""
        mapper = table.__mapper__
        found = [one for one in mapper.composites if not only or one.key in only]
        parts = {part.key for one in found for part in one.props}
        kept = [
            one
            for one in mapper.column_attrs
            if (not one.deferred if not only else one.key in only or one.key in parts)
        ]
        self.columns: tuple[ColumnElement[Any], ...] = tuple(one.columns[0] for one in kept)
        self._keys = tuple(one.key for one in kept)
        self._composites: tuple[tuple[str, Callable[..., Any], tuple[str, ...]], ...] = tuple(
            (one.key, one.composite_class, tuple(part.key for part in one.props)) for one in found
        )

    def read(self, row: Sequence[Any], first: int = 0, **related: Any) -> Plain:
        """The object of a row whose place `first` holds the first of `columns`, with what it is related to."""
        values = dict(zip(self._keys, row[first : first + len(self._keys)], strict=True))
        for key, make, parts in self._composites:
            values[key] = make(*[values[part] for part in parts])
        return Plain(values | related)

    def labelled(self, prefix: str) -> Iterator[ColumnElement[Any]]:
        """The columns under names of their own, for statements that ask for those of several classes."""
        return (column.label(f"{prefix}_{key}") for key, column in zip(self._keys, self.columns, strict=True))
