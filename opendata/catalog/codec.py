"""Frozen values to JSON and back, by their type hints, so that a column, a snapshot or a format can hold any of them.

Fields that equal their default are left out: the JSON stays small, and a field added later reads as its default.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from opendata.catalog.values import PartialDate


def dump(value: Any) -> Any:
    """`value` (a frozen record, a tuple of them, a date, an enum member …) as what json can write."""
    cls: Any = type(value)
    write = _writer(cls)
    return value if write is None else write(value)


@cache
def _writer(cls: Any) -> Callable[[Any], Any] | None:
    """What turns a value of exactly that class into JSON; None for what is JSON already."""
    if issubclass(cls, Enum):
        return lambda value: value.value
    if issubclass(cls, str | int | float | bool | types.NoneType):
        return None
    if issubclass(cls, PartialDate | UUID | Decimal):
        return str
    if issubclass(cls, tuple | list):
        return lambda value: [dump(item) for item in value]
    if issubclass(cls, dict):
        return lambda value: {key: dump(item) for key, item in value.items()}
    if issubclass(cls, dt.date):  # datetime is one too
        return lambda value: value.isoformat()
    return _record_writer(cls)


def _record_writer(cls: Any) -> Callable[[Any], Any]:
    plan = [(name, default) for name, default, _ in _plan(cls)]
    values = attrgetter(*(name for name, _ in plan)) if len(plan) > 1 else None

    def write(value: Any) -> dict[str, Any]:
        found = values(value) if values else (getattr(value, plan[0][0]),)
        return {
            name: dump(item)
            for (name, default), item in zip(plan, found, strict=True)
            if item is not default and item != default
        }

    return write


def load(kind: Any, data: Any) -> Any:
    """The value of type `kind` that `dump` made `data` of. ValueError, KeyError or TypeError for anything else."""
    return _reader(kind)(data)


@cache
def _plan(cls: Any) -> tuple[tuple[str, Any, Callable[[Any], Any]], ...]:
    """Per field of the dataclass `cls`: its name, its default (MISSING where required), and what reads it."""
    hints = get_type_hints(cls)
    plan = []
    for field in dataclasses.fields(cls):
        default = field.default
        if default is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        plan.append((field.name, default, _reader(hints[field.name])))
    return tuple(plan)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What turns JSON into a value of type `kind`."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = _reader(next(arg for arg in get_args(kind) if arg is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is tuple:
        item = _reader(get_args(kind)[0])
        return lambda data: tuple(item(part) for part in data)
    if kind is PartialDate:
        return PartialDate.parse
    if kind in (dt.datetime, dt.date):
        return kind.fromisoformat  # type: ignore[no-any-return]
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _record_reader(kind)
    if kind in (UUID, Decimal) or (isinstance(kind, type) and issubclass(kind, Enum)):
        return kind  # type: ignore[no-any-return]
    return lambda data: data


def _record_reader(cls: type) -> Callable[[Any], Any]:
    """Reads one dataclass; fields that are unknown today (from another version) are passed over."""

    def read(data: Any) -> Any:
        return cls(**{name: reader(data[name]) for name, _, reader in _plan(cls) if name in data})

    return read
