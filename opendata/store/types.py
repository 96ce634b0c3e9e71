"""The column types of the store: aware instants, partial dates, frozen values as JSON, texts in three languages."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Enum,
    Integer,
    String,
)
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Composite, composite
from sqlalchemy.types import TypeDecorator

from opendata.catalog.records import TextInfo, TextStatus
from opendata.catalog.values import Disclosure, DisclosureStatus, PartialDate, Text
from opendata.store import codec

E = TypeVar("E", bound=StrEnum)

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A counting primary key. SQLite counts by itself only in a column that is called INTEGER."""


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An instant: aware going in (a naive one is refused), aware UTC coming out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """As UTC; without its zone for SQLite, which would drop it unread."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; the store takes aware instants only")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """As aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class PartialDateColumn(TypeDecorator[PartialDate]):
    """A year, month or day as "2019", "2019-03" or "2019-03-01": sorts as time does."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: PartialDate | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """As ISO 8601 text."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> PartialDate | None:  # noqa: ARG002
        """As given."""
        return None if value is None else PartialDate.parse(value)


class Value(TypeDecorator[Any]):
    """A frozen value, or a tuple of them, as JSON. `empty` is kept as NULL and read back as `empty`."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, kind: Any, empty: Any = ()) -> None:
        super().__init__()
        self.kind = kind
        self.empty = empty

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """As plain JSON data."""
        return None if value is None or value == self.empty else codec.dump(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """As the value it was."""
        return self.empty if value is None else codec.load(self.kind, value)


def choice(enum: type[E], name: str) -> Enum:
    """A column that holds one of the values of `enum`, which the database checks under the constraint `name`."""
    return Enum(
        enum,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda e: [m.value for m in e],
    )


def one_of(column: str, *values: str) -> CheckConstraint:
    """The check that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _column(name: str, kind: Any, *, nullable: bool = False, default: Any = None) -> Column[Any]:
    """A column of a composite. (mapped_column would look up the composite's type hints in the table's own module.)"""
    return Column(name, kind, nullable=nullable, default=default)


def text_columns(name: str) -> Composite[Text]:
    """A `Text` side by side in the columns `name`_kk, _ru, _en, _other and _original."""
    languages = [_column(f"{name}_{part}", TextColumn, default="") for part in ("kk", "ru", "en", "other")]
    return composite(Text, *languages, _column(f"{name}_original", TextColumn, default=""))


def disclosure_columns() -> Composite[Disclosure]:
    """A `Disclosure` in four columns; the day is indexed by the tables that sweep for embargoes that end."""
    return composite(
        Disclosure,
        _column("disclosure_status", choice(DisclosureStatus, "disclosure_status"), default=DisclosureStatus.OPEN),
        _column("disclosure_until", Date, nullable=True),
        _column("disclosure_legal_ground", TextColumn, default=""),
        _column("disclosure_reason", Value(Text, Text()), nullable=True),
    )


def text_info_columns() -> Composite[TextInfo]:
    """A `TextInfo` in six columns."""
    return composite(
        TextInfo,
        _column("text_status", choice(TextStatus, "text_status"), default=TextStatus.PENDING),
        _column("text_reason", TextColumn, default=""),
        _column("text_pages_read", Integer, default=0),
        _column("text_pages_total", Integer, default=0),
        _column("text_language", TextColumn, default=""),
        _column("text_truncated", Boolean, default=False),
    )
