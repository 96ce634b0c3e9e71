"""Files that are held back by what is found in them: what waits for an answer, and the answers.

An admin of the organisation opens such a file with a written reason, or keeps it withheld on a legal ground. Both are
audited. The answer is for the bytes in that organisation: another file, or another organisation, needs its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from opendata.catalog.normalise import clean_text
from opendata.catalog.records import RecordState, TextStatus
from opendata.catalog.values import Disclosure, DisclosureStatus, Text
from opendata.errors import Conflict, Invalid, Problem
from opendata.services import content, queue
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand, demand_over, may_over, organizations_where
from opendata.store import queries
from opendata.store.content import ContentDecision, ContentFinding
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import DatasetEvent
from opendata.store.queue import enqueue
from opendata.store.states import Severity

LEAST_REASON, MOST_REASON = 10, 2000
"""Characters of a reason: a word is none."""
WITHHELD = "withheld"
"""The event of a file that is kept closed for good."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What keeps a file back: where ("page 1", "Sheet1!C7"), and the line itself."""

    place: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that is held. `kept`: somebody has withheld it for good."""

    resource_id: UUID
    filename: str
    dataset_slug: str
    dataset_title: Text
    organization_title: Text
    marks: tuple[Mark, ...]
    kept: bool
    may_decide: bool


@dataclass(frozen=True, slots=True)
class HeldFiles:
    """Some of `total` held files, those without an answer first."""

    files: tuple[HeldFile, ...]
    total: int


def held(catalogue: Catalogue, actor: Actor, limit: int = 20, offset: int = 0) -> HeldFiles:
    """The held files of the actor's organisations."""
    withheld = Resource.disclosure_status == DisclosureStatus.WITHHELD  # type: ignore[attr-defined]
    wanted = _mine(actor, Resource).options(joinedload(Resource.dataset).joinedload(Dataset.organization))
    wanted = wanted.order_by(withheld, Dataset.metadata_modified.desc(), Resource.id).limit(limit).offset(offset)
    with catalogue.sessions.read() as session:
        files = _lines(session, actor, session.scalars(wanted).all())
        return HeldFiles(files, session.scalar(_mine(actor, func.count())) or 0)


def held_behind(
    catalogue: Catalogue, actor: Actor, after: UUID | None, limit: int
) -> tuple[tuple[HeldFile, ...], UUID | None]:
    """Those of `held` in the order of ids, behind `after`, and the id to go on behind; None at the end."""
    wanted = _mine(actor, Resource).options(joinedload(Resource.dataset).joinedload(Dataset.organization))
    if after is not None:
        wanted = wanted.where(Resource.id > after)
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted.order_by(Resource.id).limit(limit + 1)).all()
        return _lines(session, actor, rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


def waiting(catalogue: Catalogue, actor: Actor) -> int:
    """How many held files wait for an answer of the actor's organisations."""
    open_ = Resource.disclosure_status != DisclosureStatus.WITHHELD  # type: ignore[attr-defined]
    with catalogue.sessions.read() as session:
        return session.scalar(_mine(actor, func.count()).where(open_)) or 0


def open_file(catalogue: Catalogue, actor: Actor, resource_id: UUID, reason: str) -> None:
    """Answer for the file: it is opened, and every copy of it in the same organisation. Invalid without a reason."""
    words = in_words(reason, "reason")
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _held_row(session, actor, resource_id)
        owner = row.dataset.organization_id
        if owner is None:
            raise Conflict("The dataset belongs to no agency, so nobody can answer for its file.")
        decide(session, actor, now, row.checksum, owner, words)
        for one in _copies(session, row.checksum, owner):
            if _withheld_by_us(session, one.id):
                one.disclosure = Disclosure()
            _follow(session, actor, now, one, words)
        session.flush()
        content.settle(session, now, datasets_with(session, row.checksum, owner))


def withhold(catalogue: Catalogue, actor: Actor, resource_id: UUID, ground: str, reason: str = "") -> None:
    """Keep the file withheld on this legal ground, which the public is told. Invalid without one."""
    words = in_words(ground, "legal_ground", least=3)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _held_row(session, actor, resource_id)
        row.disclosure = Disclosure(DisclosureStatus.WITHHELD, legal_ground=words, reason=Text.of(reason.strip(), ""))
        row.dataset.metadata_modified = now
        queue.index_datasets(session, now, [row.dataset_id])
        note(session, actor, now, "resource", row.id, WITHHELD, after={"legal_ground": words})


def in_words(given: str, field: str, least: int = LEAST_REASON) -> str:
    """What was given, on one line. Invalid where it is too short to be a reason, or too long."""
    words = clean_text(given)[0]
    if len(words) < least:
        raise Invalid("A reason is needed.", [Problem("empty", f"At least {least} characters.", field)])
    if len(words) > MOST_REASON:
        raise Invalid("The reason is too long.", [Problem("too_long", f"At most {MOST_REASON} characters.", field)])
    return words


def _mine(actor: Actor, what: Any) -> Select[Any]:
    """`what` of the held files of the actor's organisations."""
    demand(actor, Right.SEE_DESK)
    allowed = organizations_where(actor, Right.SEE_WITHHELD_FILES)
    mine = [] if allowed is None else [Dataset.organization_id.in_(allowed)]
    shown = [Resource.held, Dataset.state != RecordState.WITHDRAWN, *mine]
    return select(what).select_from(Resource).join(Dataset, Dataset.id == Resource.dataset_id).where(*shown)


def _lines(session: Session, actor: Actor, rows: Sequence[Resource]) -> tuple[HeldFile, ...]:
    marks = marks_of(session, [row.checksum for row in rows])
    return tuple(_line(row, actor, marks.get(row.checksum, ())) for row in rows)


def _line(row: Resource, actor: Actor, marks: Sequence[Mark]) -> HeldFile:
    dataset = row.dataset
    return HeldFile(
        resource_id=row.id,
        filename=row.filename or row.key,
        dataset_slug=dataset.slug,
        dataset_title=dataset.title,
        organization_title=dataset.organization.title if dataset.organization else Text(),
        marks=tuple(marks),
        kept=row.disclosure.status is DisclosureStatus.WITHHELD,
        may_decide=may_over(actor, Right.OVERRIDE_CONTENT, dataset.organization_id),
    )


def marks_of(session: Session, checksums: Sequence[str]) -> dict[str, tuple[Mark, ...]]:
    """What blocks each of these bytes, whoever may have answered for them."""
    found: dict[str, list[Mark]] = {}
    rows = session.scalars(
        select(ContentFinding)
        .where(ContentFinding.checksum.in_(checksums), ContentFinding.severity == Severity.ERROR)
        .order_by(ContentFinding.id)
    )
    for row in rows:
        found.setdefault(row.checksum, []).append(Mark(row.place, row.excerpt))
    return {checksum: tuple(marks) for checksum, marks in found.items()}


def _held_row(session: Session, actor: Actor, resource_id: UUID) -> Resource:
    """The file, with the right to answer for it. Conflict where it is not held any more."""
    row = queries.resource_row(session, resource_id)
    demand_over(actor, Right.OVERRIDE_CONTENT, row.dataset.organization_id, queries.no_file(resource_id))
    if not row.held:
        raise Conflict("Somebody else has answered for this file meanwhile.")
    return row


def decide(session: Session, actor: Actor, now: dt.datetime, checksum: str, owner: UUID, reason: str) -> None:
    """Note that the actor answers for the bytes in that organisation."""
    session.add(
        ContentDecision(
            checksum=checksum, organization_id=owner, user_id=actor.user_id, reason=reason, created=now,
        )
    )  # fmt: skip
    session.flush()


def datasets_with(session: Session, checksum: str, owner: UUID) -> list[UUID]:
    """The datasets of the organisation that have the file."""
    wanted = select(Resource.dataset_id).join(Dataset, Dataset.id == Resource.dataset_id)
    wanted = wanted.where(Resource.checksum == checksum, Resource.stored, Dataset.organization_id == owner)
    return list(session.scalars(wanted.distinct()))


def _copies(session: Session, checksum: str, owner: UUID) -> Sequence[Resource]:
    wanted = select(Resource).join(Dataset, Dataset.id == Resource.dataset_id)
    wanted = wanted.where(
        Resource.checksum == checksum, Resource.stored, Resource.held, Dataset.organization_id == owner
    )
    return session.scalars(wanted.options(joinedload(Resource.dataset))).all()


def _withheld_by_us(session: Session, resource_id: UUID) -> bool:
    """Whether `withhold` closed the file; what its source withholds is not for us to open."""
    wanted = select(DatasetEvent.id).where(
        DatasetEvent.kind == "resource", DatasetEvent.object_id == resource_id, DatasetEvent.action == WITHHELD
    )
    return session.scalar(wanted.limit(1)) is not None


def _follow(session: Session, actor: Actor, now: dt.datetime, row: Resource, reason: str) -> None:
    """The file is searched from now on, and read once more for what it says about itself, which was kept back."""
    row.dataset.metadata_modified = now
    queue.index_datasets(session, now, [row.dataset_id])
    if row.text.status is not TextStatus.OCR:  # reading would put the empty pages of the scan in its place
        enqueue(session, "read", {"resource": str(row.id)}, now, lane=queue.Lane.READ)
    note(session, actor, now, "resource", row.id, "opened", after={"reason": reason, "checksum": row.checksum})
