"""What people leave while they write: revisions of records, drafts of forms, words of a review, hand-overs."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column

from opendata.store.base import Base, HasId
from opendata.store.operations import RECORD_KINDS
from opendata.store.states import ReviewAction
from opendata.store.types import BigId, UTCDateTime, choice, one_of


class Revision(Base):
    """A record as it stood after its change number `number` (1, 2, …): `snapshot` is the zlib of the JSON of its
    `codec.dump`, or of what of that differs from the state before (services.snapshots; then `content_hash` is empty).
    `version` is what `writing.version` gives of that state.
    """

    __tablename__ = "revisions"
    __table_args__ = (
        Index("uq_revisions_object_number", "object_id", "number", unique=True),
        Index("ix_revisions_object_version", "object_id", "version"),
        CheckConstraint("number >= 1", name="number_from_one"),
        one_of("kind", *RECORD_KINDS),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[UUID] = mapped_column(Uuid)
    number: Mapped[int] = mapped_column(Integer)
    version: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    actor: Mapped[str] = mapped_column(TextColumn, default="")
    action: Mapped[str] = mapped_column(String(50), default="")
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    snapshot: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class FormDraft(HasId, Base):
    """What somebody typed into a form and did not send yet: `form` is a list of [name, value] in the form's order.

    `object_id` is the record or the file that it edits (None: a new record; of a new link and of a disclosure the
    record that they are of), `base_version` the version of that which was read.
    """

    __tablename__ = "form_drafts"
    __table_args__ = (
        Index("ix_form_drafts_of_user", "user_id", "kind", "object_id"),
        one_of("kind", "dataset", "study", "organization", "file", "disclosure"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[UUID | None] = mapped_column(Uuid)
    organization_id: Mapped[UUID | None] = mapped_column(Uuid)
    title: Mapped[str] = mapped_column(TextColumn, default="")
    form: Mapped[list[Any]] = mapped_column(JSON, default=list)
    base_version: Mapped[str] = mapped_column(String(40), default="")
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    modified: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class ReviewNote(Base):
    """A step of a review, or a word in it. `field` is the field that it is about ("": the whole record), `version` that
    of the record when it was said. `snapshot` is the record as it was proposed, like that of a `Revision`; `upload_id`
    the upload that sent it in, `word` what its row says (services.uploads.waiting), which acceptance writes.
    """

    __tablename__ = "review_notes"
    __table_args__ = (
        Index("ix_review_notes_object", "object_id", "id", "action", "user_id"),
        Index("ix_review_notes_step", "action", "at", "object_id", "id"),
        one_of("kind", "dataset", "study"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[UUID] = mapped_column(Uuid)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    actor: Mapped[str] = mapped_column(TextColumn, default="")
    action: Mapped[ReviewAction] = mapped_column(choice(ReviewAction, "action"))
    field: Mapped[str] = mapped_column(String(200), default="")
    message: Mapped[str] = mapped_column(TextColumn, default="")
    version: Mapped[str] = mapped_column(String(40), default="")
    snapshot: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    upload_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    word: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class ProposedFile(Base):
    """The bytes of a file that a change of the record `object_id` brings, which waits or was returned: kept for it."""

    __tablename__ = "proposed_files"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    object_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    checksum: Mapped[str] = mapped_column(String(64), index=True)


class Handover(HasId, Base):
    """Everything that `from_id` answered for went to `to_id`, in that organisation and below (None: everywhere): so
    many records of each kind. Nothing is a foreign key: what was handed over stays told.
    """

    __tablename__ = "handovers"
    __table_args__ = (Index("ix_handovers_at", "at"),)

    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[UUID | None] = mapped_column(Uuid)
    from_id: Mapped[UUID | None] = mapped_column(Uuid)
    to_id: Mapped[UUID] = mapped_column(Uuid)
    organization_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    datasets: Mapped[int] = mapped_column(Integer, default=0)
    studies: Mapped[int] = mapped_column(Integer, default=0)
    sources: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[str] = mapped_column(TextColumn, default="")
