"""Frozen records as JSON and back: complete and explicit outwards, strict inwards, and the JSON Schema of both.

All three follow from the type hints of the records, so that none of them can forget a field.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from opendata.catalog.values import PartialDate

Json = Any
Schema = dict[str, Any]

PARTIAL_DATE: Schema = {
    "description": "A civil date as exactly as it is known: YYYY, YYYY-MM or YYYY-MM-DD.",
    "anyOf": [
        {"type": "string", "pattern": "^(?!0000)[0-9]{4}$"},
        {"type": "string", "pattern": "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])$"},
        {"type": "string", "format": "date"},
    ],
}
DECIMAL: Schema = {
    "description": "An exact number, as text.",
    "type": "string",
    "pattern": r"^[0-9]{1,15}(\.[0-9]{1,2})?$",
}
INTEGER: Schema = {"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1}
"""What JSON can carry between programs without loss (RFC 8259 §6)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a body: where (a JSON Pointer) and why."""

    pointer: str
    code: str
    message: str


@dataclass
class Faults:
    """What was found so far; what comes after the first hundred is not told."""

    found: list[Fault] = field(default_factory=list)

    def add(self, pointer: str, code: str, message: str) -> None:
        """Note one."""
        if len(self.found) < 100:
            self.found.append(Fault(pointer, code, message))


def json_of(value: Any) -> Json:
    """`value` with every field, also those at their defaults."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, PartialDate | UUID | Decimal):
        return str(value)
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_of(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [json_of(item) for item in value]
    kind: Any = type(value)
    return {name: json_of(getattr(value, name)) for name, _ in hints(kind)}


def moment(when: dt.datetime) -> str:
    """An instant in UTC as RFC 3339 has it, to the microsecond where there are any."""
    return when.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


@cache
def hints(cls: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a dataclass with their types, in their order."""
    found = get_type_hints(cls)
    return tuple((one.name, found[one.name]) for one in dataclasses.fields(cls))


def optional(kind: Any) -> Any:
    """The type inside `X | None`; None for any other type."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(arg for arg in get_args(kind) if arg is not type(None))
    return None


Part = Callable[[type], Schema]


def schema_of(kind: Any, part: Part) -> Schema:
    """The JSON Schema (2020-12) of what `json_of` gives for `kind`; `part` gives a reference to a dataclass's."""
    if (inner := optional(kind)) is not None:
        return _nullable(schema_of(inner, part))
    if get_origin(kind) is tuple:
        return {"type": "array", "items": schema_of(get_args(kind)[0], part)}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind is not PartialDate:
        return part(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"type": "string", "enum": [one.value for one in kind]}
    plain: dict[Any, Schema] = {
        str: {"type": "string"},
        int: INTEGER,
        float: {"type": "number"},
        bool: {"type": "boolean"},
        PartialDate: PARTIAL_DATE,
        Decimal: DECIMAL,
        UUID: {"type": "string", "format": "uuid"},
        dt.datetime: {"type": "string", "format": "date-time"},
        dt.date: {"type": "string", "format": "date"},
    }
    return dict(plain.get(kind, {}))


def _nullable(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def read(kind: Any, data: Json, pointer: str, faults: Faults) -> Any:
    """The value of type `kind` that `data` stands for; None, and a fault, where it is none."""
    if (inner := optional(kind)) is not None:
        return None if data is None else read(inner, data, pointer, faults)
    if get_origin(kind) is tuple:
        return _read_list(get_args(kind)[0], data, pointer, faults)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind is not PartialDate:
        return _read_object(kind, data, pointer, faults)
    reader, expected = _SCALARS.get(kind, (None, ""))
    if reader is None and isinstance(kind, type) and issubclass(kind, Enum):
        reader, expected = _choice(kind), f"one of {', '.join(str(one.value) for one in kind)}"
    if reader is None:
        raise TypeError(f"{kind} is not read from JSON")
    try:
        return reader(data)
    except (ValueError, TypeError, InvalidOperation, OverflowError):
        faults.add(pointer, "wrong_type", f"This must be {expected}.")
        return None


def _read_list(kind: Any, data: Json, pointer: str, faults: Faults) -> tuple[Any, ...]:
    if not isinstance(data, list):
        faults.add(pointer, "wrong_type", "This must be a list.")
        return ()
    return tuple(read(kind, one, f"{pointer}/{number}", faults) for number, one in enumerate(data))


def _read_object(kind: Any, data: Json, pointer: str, faults: Faults) -> Any:
    given = fields_of(kind, data, pointer, faults)
    if given is None:
        return None
    try:
        return kind(**given)
    except (ValueError, TypeError):
        return None  # a fault inside it was noted, or a field is missing, which `fields_of` noted


def fields_of(
    kind: Any, data: Json, pointer: str, faults: Faults, readers: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """The fields of the dataclass `kind` that `data` holds, each read; unknown and missing ones are faults.

    `readers` read fields by other types than their own; a reader None passes the field over.
    """
    if not isinstance(data, dict):
        faults.add(pointer, "wrong_type", "This must be an object.")
        return None
    own = dict(hints(kind)) | dict(readers or {})
    for name in data:
        if name not in own:
            known = ", ".join(own)
            faults.add(f"{pointer}/{escaped(name)}", "unknown_field", f"There is no such field. Known: {known}.")
    for name in required(kind):
        if name not in data and own[name] is not None:
            faults.add(f"{pointer}/{name}", "missing", "This field is required.")
    return {
        name: read(how, data[name], f"{pointer}/{name}", faults)
        for name, how in own.items()
        if name in data and how is not None
    }


@cache
def required(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass that have no default."""
    missing = dataclasses.MISSING
    return tuple(one.name for one in dataclasses.fields(kind) if one.default is missing is one.default_factory)


def escaped(name: str) -> str:
    """A name as a part of a JSON Pointer (RFC 6901 §3); no more of it than helps."""
    return name[:100].replace("~", "~0").replace("/", "~1")


def _text(data: Json) -> str:
    if not isinstance(data, str):
        raise TypeError
    return data


def _whole(data: Json) -> int:
    # JSON Schema takes 1.0 for a whole number; true is none.
    if isinstance(data, bool) or not isinstance(data, int | float) or data != int(data) or abs(data) >= 2**53:
        raise TypeError
    return int(data)


def _number(data: Json) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        raise TypeError
    return float(data)


def _truth(data: Json) -> bool:
    if not isinstance(data, bool):
        raise TypeError
    return data


def _exact(data: Json) -> Decimal:
    found = Decimal(_text(data)) if not isinstance(data, int) or isinstance(data, bool) else Decimal(data)
    if not found.is_finite() or not 0 <= found < 10**15:
        raise ValueError
    return found


def _instant(data: Json) -> dt.datetime:
    found = dt.datetime.fromisoformat(_text(data))
    if found.tzinfo is None:
        raise ValueError
    return found.astimezone(dt.UTC)


def _day(data: Json) -> dt.date:
    if len(_text(data)) != 10:
        raise ValueError
    return dt.date.fromisoformat(data)


def _uuid(data: Json) -> UUID:
    if len(_text(data)) != 36:
        raise ValueError
    return UUID(data)


def _choice(kind: type[Enum]) -> Callable[[Json], Enum]:
    return lambda data: kind(_text(data))


_SCALARS: dict[Any, tuple[Callable[[Json], Any], str]] = {
    str: (_text, "text"),
    int: (_whole, "a whole number"),
    float: (_number, "a number"),
    bool: (_truth, "true or false"),
    Decimal: (_exact, "an amount as text, such as “1200000.50”"),
    PartialDate: (lambda data: PartialDate.parse(_text(data)), "a date: YYYY, YYYY-MM or YYYY-MM-DD"),
    dt.datetime: (_instant, "an instant, such as 2026-06-01T06:00:00Z"),
    dt.date: (_day, "a day: YYYY-MM-DD"),
    UUID: (_uuid, "a UUID"),
}
