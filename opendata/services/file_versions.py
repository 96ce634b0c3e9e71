"""Earlier versions of files, as readers and editors meet them: listed, fetched, and withheld one by one.

What a file is today holds for all its versions: one that is closed, or whose bytes are being looked through, shows none
of them. A version that is withheld by itself, or whose own bytes bear a mark that nobody answers for, is for its
editors alone; of the first the public is told that there was one, and why it may not have it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Text
from opendata.errors import Conflict, NotFound, NotPublic
from opendata.services import content_decisions, datasets, resources
from opendata.services.actors import PUBLIC, Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.indexing import area_of
from opendata.services.locking import locked
from opendata.services.results import OpenedFile
from opendata.services.rights import Right, demand_over, may_over
from opendata.store import queries
from opendata.store.accounts import User
from opendata.store.content import ContentCheck, ContentDecision, ContentFinding
from opendata.store.datasets import ResourceVersion
from opendata.store.states import Severity

WITHHELD, RELEASED = "version withheld", "version released"


@dataclass(frozen=True, slots=True)
class FileVersion:
    """Bytes that a file had from `created` until `replaced`. `person` replaced them ("": a harvest, or not told).

    Of one that may not be had (`available`) no more than its number, its times and the `reason` is told.
    """

    number: int
    created: dt.datetime
    replaced: dt.datetime
    available: bool
    why: str = ""
    person: str = ""
    withheld: bool = False
    held: bool = False
    reason: str = ""
    filename: str = ""
    format: str = ""
    media_type: str = ""
    byte_size: int | None = None
    checksum: str = ""


Versions = Mapping[UUID, tuple[FileVersion, ...]]
"""By the id of their file, the newest first."""


def of_dataset(catalogue: Catalogue, actor: Actor, dataset: DatasetRecord) -> Versions:
    """The earlier versions of all files of the dataset, as far as the actor may know of them. One SELECT."""
    owner = _owner(dataset)
    shown = {one.id for one in dataset.resources if one.id and _may_have(catalogue, actor, dataset, one)}
    if not shown:
        return {}
    all_of_it = may_over(actor, Right.SEE_WITHHELD_FILES, owner)
    found: dict[UUID, tuple[FileVersion, ...]] = {}
    with catalogue.sessions.read() as session:
        for row in session.execute(_versions(owner is None), {"files": list(shown), "owner": owner}):
            if all_of_it or not row.held:
                found[row.resource_id] = (*found.get(row.resource_id, ()), _line(row, everything=all_of_it))
    return found


@cache
def _versions(unowned: bool) -> Select[Any]:
    """Of the `files` of a dataset that is unowned, or the `owner`'s. Put together once: every page of a dataset asks
    it.
    """
    wanted = select(*ResourceVersion.__table__.c, _held(unowned).label("held"), User.name.label("person"))
    wanted = wanted.outerjoin(User, User.id == ResourceVersion.user_id)
    files = ResourceVersion.resource_id.in_(bindparam("files", expanding=True))
    return wanted.where(files).order_by(ResourceVersion.number.desc())


def of_file(catalogue: Catalogue, actor: Actor, dataset_name: str, resource_id: UUID) -> tuple[FileVersion, ...]:
    """The earlier versions of one file, the newest first. NotFound."""
    dataset = datasets.record(catalogue, actor, dataset_name)
    file = resources.resource_of(dataset, str(resource_id))
    return of_dataset(catalogue, actor, dataset).get(file.id or resource_id, ())


def version(catalogue: Catalogue, actor: Actor, dataset_name: str, resource_id: UUID, number: int) -> FileVersion:
    """One of them. NotFound."""
    for one in of_file(catalogue, actor, dataset_name, resource_id):
        if one.number == number:
            return one
    raise NotFound(f"The file {resource_id} has no earlier version {number}.")


def open_version(catalogue: Catalogue, actor: Actor, dataset_name: str, resource_id: UUID, number: int) -> OpenedFile:
    """The bytes of an earlier version. NotFound; NotPublic where the file is closed today, or the version withheld."""
    dataset = datasets.record(catalogue, actor, dataset_name)
    file = resources.resource_of(dataset, str(resource_id))
    if not _may_have(catalogue, actor, dataset, file):
        resources.refuse(dataset, file)
    found = version(catalogue, actor, dataset_name, resource_id, number)
    if not found.available:
        told = Disclosure(DisclosureStatus.WITHHELD, reason=Text.of(found.reason, ""))
        raise NotPublic(f"Version {number} of this file is withheld. {found.reason}".strip(), dataset, told)
    stream = catalogue.files.open(found.checksum)
    public = area_of(dataset) == "public" and _is_public(catalogue, dataset, file, number)
    return OpenedFile(
        stream=stream,
        filename=found.filename or f"{resource_id}.{found.format.lower() or 'bin'}",
        media_type=found.media_type or "application/octet-stream",
        byte_size=catalogue.files.size(found.checksum),
        checksum=found.checksum,
        inline_allowed=False,
        encoding=resources.encoding(stream) if found.media_type.startswith("text/") else "",
        modified=found.created,
        dataset_id=dataset.id,
        resource_id=resource_id,
        public=public,
    )


def withhold(
    catalogue: Catalogue, actor: Actor, dataset_name: str, resource_id: UUID, number: int, reason: str
) -> None:
    """Keep an earlier version from the public; `reason` is what it is told. NotFound; NotAllowed; Invalid; Conflict
    where it is withheld already.
    """
    words = content_decisions.in_words(reason, "reason")

    def change(row: ResourceVersion) -> None:
        if row.withheld:
            raise Conflict(f"Version {number} is withheld already.")
        row.withheld, row.reason = True, words

    _change(catalogue, actor, dataset_name, resource_id, number, WITHHELD, change)


def release(catalogue: Catalogue, actor: Actor, dataset_name: str, resource_id: UUID, number: int) -> None:
    """Show a withheld version again, as far as its file is open. NotFound; NotAllowed; Conflict."""

    def change(row: ResourceVersion) -> None:
        if not row.withheld:
            raise Conflict(f"Version {number} is not withheld.")
        row.withheld, row.reason = False, ""

    _change(catalogue, actor, dataset_name, resource_id, number, RELEASED, change)


def _change(
    catalogue: Catalogue,
    actor: Actor,
    dataset_name: str,
    resource_id: UUID,
    number: int,
    action: str,
    change: Callable[[ResourceVersion], None],
) -> None:
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        dataset = locked(session, actor, dataset_name)
        right = Right.EDIT_RECORDS if action == WITHHELD else Right.PUBLISH_RECORDS
        demand_over(actor, right, dataset.organization_id)
        row = _row(session, dataset.id, resource_id, number)
        change(row)
        dataset.metadata_modified = max(now, dataset.metadata_modified + dt.timedelta(microseconds=1))
        note(session, actor, now, "resource", resource_id, action, after={"number": number, "reason": row.reason})


def _row(session: Session, dataset_id: UUID, resource_id: UUID, number: int) -> ResourceVersion:
    file = queries.resource_row(session, resource_id)
    wanted = select(ResourceVersion).where(ResourceVersion.resource_id == resource_id, ResourceVersion.number == number)
    row = session.scalar(wanted) if file.dataset_id == dataset_id else None
    if row is None:
        raise NotFound(f"The file {resource_id} has no earlier version {number}.")
    return row


def _owner(dataset: DatasetRecord) -> UUID | None:
    return dataset.organization.id if dataset.organization else None


def _may_have(catalogue: Catalogue, actor: Actor, dataset: DatasetRecord, file: ResourceRecord) -> bool:
    """Whether what the file is today lets the actor have it, and so its versions."""
    closed_too = may_over(actor, Right.SEE_WITHHELD_FILES, _owner(dataset))
    return closed_too or file.disclosure.is_open(catalogue.today())


def _is_public(catalogue: Catalogue, dataset: DatasetRecord, file: ResourceRecord, number: int) -> bool:
    found = of_dataset(catalogue, PUBLIC, dataset).get(file.id, ()) if file.id else ()
    return any(one.number == number and one.available for one in found)


def _held(unowned: bool) -> ColumnElement[bool]:
    """Whether the bytes bear a mark for which nobody of the `owner` answers, or nobody has looked at them yet."""
    checksum = ResourceVersion.checksum
    looked_at = exists().where(ContentCheck.checksum == checksum)
    blocked = exists().where(ContentFinding.checksum == checksum, ContentFinding.severity == Severity.ERROR)
    decided = exists().where(
        ContentDecision.checksum == checksum, ContentDecision.organization_id == bindparam("owner")
    )
    return or_(not_(looked_at), blocked if unowned else and_(blocked, not_(decided)))


def _line(row: Row[Any], *, everything: bool) -> FileVersion:
    times = (row.number, row.created, row.replaced)
    if not everything and row.withheld:
        return FileVersion(*times, available=False, withheld=True, reason=row.reason)
    return FileVersion(
        *times,
        available=True,
        why=row.why,
        person=row.person or "" if everything else "",
        withheld=row.withheld,
        held=row.held,
        reason=row.reason,
        filename=row.filename,
        format=row.format,
        media_type=row.media_type,
        byte_size=row.byte_size,
        checksum=row.checksum,
    )
