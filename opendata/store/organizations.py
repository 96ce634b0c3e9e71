"""Agencies in a tree, CKAN's groups, and the slugs that records had before."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, String, Uuid
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opendata.catalog.values import Extra, Text
from opendata.store.base import Base, HasId
from opendata.store.types import BigId, UTCDateTime, Value, one_of, text_columns

SLUG_LENGTH = 200
"""Characters of the longest slug."""


class Organization(HasId, Base):
    """An agency. `identifier` is what its sources or registers call it (BIN, URL, code). `review`: what it and those
    below it publish is accepted by a reviewer first.
    """

    __tablename__ = "organizations"
    __table_args__ = (
        CheckConstraint("slug <> ''", name="slug_not_empty"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        one_of("state", "active", "deleted"),
    )

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), unique=True)
    identifier: Mapped[str] = mapped_column(String(400), default="", index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id", ondelete="SET NULL"), index=True)
    title: Mapped[Text] = text_columns("title")
    description: Mapped[Text] = text_columns("description")
    homepage: Mapped[str] = mapped_column(TextColumn, default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    image_url: Mapped[str] = mapped_column(TextColumn, default="")
    extras: Mapped[tuple[Extra, ...]] = mapped_column(Value(tuple[Extra, ...]), nullable=True, default=())
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    review: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[str] = mapped_column(String(16), default="active")
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    modified: Mapped[dt.datetime] = mapped_column(UTCDateTime)

    parent: Mapped[Organization | None] = relationship(
        lazy="raise", remote_side="Organization.id", back_populates="children"
    )
    children: Mapped[list[Organization]] = relationship(lazy="raise", back_populates="parent", passive_deletes=True)


class Group(HasId, Base):
    """A group in CKAN's sense; `theme` marks those that stand for a controlled theme (whose code is the slug)."""

    __tablename__ = "groups"
    __table_args__ = (CheckConstraint("slug <> ''", name="slug_not_empty"), one_of("state", "active", "deleted"))

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), unique=True)
    theme: Mapped[bool] = mapped_column(Boolean, default=False)
    title: Mapped[Text] = text_columns("title")
    description: Mapped[Text] = text_columns("description")
    image_url: Mapped[str] = mapped_column(TextColumn, default="")
    extras: Mapped[tuple[Extra, ...]] = mapped_column(Value(tuple[Extra, ...]), nullable=True, default=())
    state: Mapped[str] = mapped_column(String(16), default="active")
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    modified: Mapped[dt.datetime] = mapped_column(UTCDateTime)

    members: Mapped[list[GroupMember]] = relationship(
        lazy="raise", back_populates="group", cascade="all, delete-orphan", passive_deletes=True
    )


class GroupMember(Base):
    """A dataset, user, group or organisation inside a group. What it points at has no foreign key: four tables."""

    __tablename__ = "group_members"
    __table_args__ = (
        one_of("kind", "dataset", "user", "group", "organization"),
        Index("ix_group_members_object", "kind", "object_id"),
    )

    group_id: Mapped[UUID] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    object_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    capacity: Mapped[str] = mapped_column(String(32), default="")

    group: Mapped[Group] = relationship(lazy="raise", back_populates="members")


class FormerSlug(Base):
    """An address that a record had. It leads to the record for ever and is given to no other of its kind."""

    __tablename__ = "former_slugs"
    __table_args__ = (
        one_of("kind", "dataset", "study", "organization", "group"),
        Index("uq_former_slugs_kind_slug", "kind", "slug", unique=True),
        Index("ix_former_slugs_object", "object_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    object_id: Mapped[UUID] = mapped_column(Uuid)
    retired: Mapped[dt.datetime] = mapped_column(UTCDateTime)
