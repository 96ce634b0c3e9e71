"""The files of a record as its editors work on them: what each is, what holds it back, and all that changes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.formats import format_of
from opendata.catalog.records import DatasetRecord, ResourceRecord, TextStatus
from opendata.catalog.stored import record_id
from opendata.catalog.values import Disclosure
from opendata.errors import NotFound
from opendata.services import changing, file_versions, proposing, writing
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.content_decisions import Mark, marks_of
from opendata.services.disclosing import CLOSED
from opendata.services.file_versions import FileVersion
from opendata.services.locking import readable
from opendata.services.rights import Right, may_over
from opendata.services.submissions import open_proposal
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import DatasetEvent

Edit = Callable[[ResourceRecord], ResourceRecord]
"""Makes of a file what it is to be; called in the transaction."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A time from one instant to another."""

    since: dt.datetime
    until: dt.datetime

    @property
    def days(self) -> int:
        """Whole days."""
        return (self.until - self.since).days


@dataclass(frozen=True, slots=True)
class DeskFile:
    """A file with what its editors must know. `named` is the type that its name claims where the bytes show another;
    `disclosure` stands today. `held`: marks keep it from the public until somebody answers for them; `pending`: it is
    still to be read, and nobody else has it until then.
    """

    file: ResourceRecord
    disclosure: Disclosure
    named: str = ""
    held: bool = False
    marks: tuple[Mark, ...] = ()
    pending: bool = False
    versions: tuple[FileVersion, ...] = ()
    proposed: bool = False
    """It is new, or has these bytes, by a change that waits for a reviewer: only who edits the record has it."""
    was_open: Spell | None = None
    """From when until when everybody could have it, where people closed it after that."""


@dataclass(frozen=True, slots=True)
class DeskFiles:
    """The files of a record in their order. `version` is that of the record, `may_answer` whether the actor decides
    about held files, `proposes` whether what the actor changes waits for a reviewer; then the record is as their change
    would have it, where there is one: `waits` or `returned`.
    """

    record: DatasetRecord
    version: str
    files: tuple[DeskFile, ...]
    may_answer: bool = False
    proposes: bool = False
    waits: bool = False
    returned: bool = False

    @property
    def pending(self) -> bool:
        """Whether something is still to be read, so that looking again is worth it."""
        return any(one.pending for one in self.files)

    def file(self, resource_id: UUID) -> DeskFile:
        """The file of that id. NotFound."""
        for one in self.files:
            if one.file.id == resource_id:
                return one
        raise NotFound(f"The dataset {self.record.slug!r} has no file {resource_id}.")


def listed(catalogue: Catalogue, actor: Actor, dataset: str) -> DeskFiles:
    """The files of the record called `dataset`. NotFound; NotAllowed."""
    today = catalogue.today()
    with catalogue.sessions.read() as session:
        stands = readable(session, actor, dataset)
        record, proposes = changing.begun(session, actor, stands), proposing.needs_review(actor, stands, stands)
        came = {one.id for one in proposing.new_bytes(session, record)} if proposes else set()
        waits = proposes and open_proposal(session, record_id(stands)) is not None
        held = set(session.scalars(select(Resource.id).where(Resource.dataset_id == record.id, Resource.held)))
        marks = marks_of(session, [one.checksum for one in record.resources if one.id in held])
        spells = _spells(session, [one.id for one in record.resources if one.id and not one.disclosure.is_open(today)])
    versions = file_versions.of_dataset(catalogue, actor, record)
    files = tuple(
        DeskFile(
            file=one,
            disclosure=one.disclosure.on(today),
            named=_named(one),
            held=one.id in held,
            marks=marks.get(one.checksum, ()),
            pending=one.text.status is TextStatus.PENDING and one.id not in came,
            proposed=one.id in came,
            versions=versions.get(one.id, ()) if one.id else (),
            was_open=spells.get(one.id) if one.id else None,
        )
        for one in record.resources
    )
    owner = record.organization.id if record.organization else None
    return DeskFiles(
        record=record,
        version=writing.version(record),
        files=files,
        may_answer=may_over(actor, Right.OVERRIDE_CONTENT, owner),
        proposes=proposes,
        waits=waits,
        returned=proposes and not waits and record is not stands,
    )


def _spells(session: Session, closed: Sequence[UUID]) -> dict[UUID, Spell]:
    """How long each of these closed files was open before people closed it, as the last event of that tells."""
    if not closed:
        return {}
    told = select(DatasetEvent.object_id, DatasetEvent.at, DatasetEvent.after).where(
        DatasetEvent.kind == "resource", DatasetEvent.object_id.in_(closed), DatasetEvent.action == CLOSED
    )
    found = {}
    for key, at, after in session.execute(told.order_by(DatasetEvent.id)):
        since = after.get("open_since") if isinstance(after, dict) else None
        if since:
            found[key] = Spell(dt.datetime.fromisoformat(str(since)), at)
    return found


def _named(file: ResourceRecord) -> str:
    """The type that the name claims, "" where it is the one that the bytes show, or none."""
    claimed = format_of("", "", file.filename) if file.stored and "." in file.filename else ""
    return claimed if claimed and file.format and claimed != file.format else ""


def add_link(catalogue: Catalogue, actor: Actor, dataset: str, link: ResourceRecord) -> ResourceRecord:
    """Add a link behind the files. NotFound; NotAllowed; Invalid."""
    known: set[UUID | None] = set()

    def change(before: DatasetRecord) -> DatasetRecord:
        known.update(one.id for one in before.resources)
        return replace(before, resources=(*before.resources, replace(link, position=len(before.resources))))

    after = changing.change(catalogue, actor, dataset, change).record
    return next(one for one in reversed(after.resources) if one.id not in known)


def change(
    catalogue: Catalogue, actor: Actor, dataset: str, resource_id: UUID, edit: Edit, *, if_version: str | None = None
) -> DatasetRecord:
    """Change what is said of a file. NotFound; NotAllowed; Invalid; Changed."""

    def changed(before: DatasetRecord) -> DatasetRecord:
        _place(before, resource_id)
        return replace(before, resources=tuple(edit(one) if one.id == resource_id else one for one in before.resources))

    return changing.change(catalogue, actor, dataset, changed, if_version=if_version).record


def move(catalogue: Catalogue, actor: Actor, dataset: str, resource_id: UUID, steps: int) -> DatasetRecord:
    """Move a file by so many places (up is negative), as far as there are any. NotFound; NotAllowed."""

    def moved(before: DatasetRecord) -> DatasetRecord:
        files = list(before.resources)
        place = _place(before, resource_id)
        files.insert(max(0, place + steps), files.pop(place))
        return replace(before, resources=tuple(replace(one, position=number) for number, one in enumerate(files)))

    return changing.change(catalogue, actor, dataset, moved).record


def remove(catalogue: Catalogue, actor: Actor, dataset: str, resource_id: UUID) -> DatasetRecord:
    """Take a file out of the record, with its versions. NotFound; NotAllowed."""

    def without(before: DatasetRecord) -> DatasetRecord:
        _place(before, resource_id)
        return replace(before, resources=tuple(one for one in before.resources if one.id != resource_id))

    return changing.change(catalogue, actor, dataset, without).record


def _place(record: DatasetRecord, resource_id: UUID) -> int:
    for number, one in enumerate(record.resources):
        if one.id == resource_id:
            return number
    raise NotFound(f"The dataset {record.slug!r} has no file {resource_id}.")


def record_of(catalogue: Catalogue, key: UUID) -> tuple[UUID | None, UUID | None]:
    """The ids of the record and of the file, where `key` is that of a file; of the record alone where it is its own."""
    with catalogue.sessions.read() as session:
        dataset_id = session.scalar(select(Resource.dataset_id).where(Resource.id == key))
        if dataset_id is not None:
            return dataset_id, key
        return session.scalar(select(Dataset.id).where(Dataset.id == key)), None
