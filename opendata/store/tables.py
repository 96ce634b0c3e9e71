"""How the tables inside files are shown and asked: the columnar copies of their bytes, and CKAN's views of a file."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column

from opendata.store.base import Base, HasId
from opendata.store.types import UTCDateTime, one_of


class DataTable(Base):
    """The copy of one table, by the `checksum` of the bytes it stands in and its `number` there (0: the first).

    `key` is where the file store has it ("" while there is none), `version` that of the code which wrote it, `fields`
    the list of {"id", "type", …} of its columns, `problems` what of its cells did not fit.
    """

    __tablename__ = "data_tables"
    __table_args__ = (
        one_of("status", "pending", "ready", "failed", "too_large", "no_table"),
        CheckConstraint("rows >= 0", name="rows_not_negative"),
    )

    checksum: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(16), default="pending")
    name: Mapped[str] = mapped_column(TextColumn, default="")
    fields: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    problems: Mapped[list[Any]] = mapped_column(JSON, default=list)
    key: Mapped[str] = mapped_column(TextColumn, default="")
    version: Mapped[int] = mapped_column(Integer, default=0)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class ResourceView(HasId, Base):
    """A view of a file as CKAN's clients make them; kept as given, shown by none of our pages."""

    __tablename__ = "resource_views"

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    title: Mapped[str] = mapped_column(TextColumn, default="")
    description: Mapped[str] = mapped_column(TextColumn, default="")
    view_type: Mapped[str] = mapped_column(String(100), default="")
    config: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
