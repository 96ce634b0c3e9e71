"""The store of a site after somebody wrote hostile words into every text of it, past all checks, as a source, an older
version or a mistake of ours could: in columns, and in what stands in columns as JSON.
"""

from __future__ import annotations

import datetime as dt
import json
import types
import zlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

from sqlalchemy import Text as TextColumn
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, StudyRecord
from opendata.catalog.values import Disclosure, Extra, OrganizationRef, PartialDate, Text
from opendata.reading.tablepreview import TablePreview
from opendata.services import indexing, revisions
from opendata.services.actors import SYSTEM
from opendata.services.revisions import lasting
from opendata.store import queries
from opendata.store.base import Base
from opendata.store.clients import Webhook, WebhookDelivery
from opendata.store.codec import dump
from opendata.store.content import ContentFinding
from opendata.store.datasets import Dataset, Relation, Resource, ResourceVersion
from opendata.store.editing import FormDraft, Handover, ProposedFile, ReviewNote
from opendata.store.from_records import apply_dataset, apply_study
from opendata.store.harvests import HarvestPreview, HarvestRecord, HarvestSource, compress
from opendata.store.links import LinkCheck
from opendata.store.matches import MatchProposal
from opendata.store.operations import (
    RECORD_KINDS,
    SITE,
    DatasetEvent,
    Upload,
    UploadItem,
    UploadProblem,
    UploadRow,
)
from opendata.store.organizations import Group, Organization
from opendata.store.register import Study
from opendata.store.states import ItemResult, ReviewAction
from opendata.store.tables import DataTable
from tests.hostile.desk import Doors, account

EVIL = (
    "=1+1\"'></title></textarea></script></style>--><x-evil data-x=1 onfocus=alert(1)></x-evil>"
    "<img src=x onerror=alert(1)><svg onload=alert(1)>[x](javascript:alert(1)) {{7*7}}${7*7} &lt;x-evil&gt;"
)
LINK = "javascript:alert(1)//\"'><x-evil></x-evil>"
LINKS = ("url", "homepage", "landing_page", "access_url", "download_url", "image_url", "address")
KEPT = {
    "password_hash", "image_url", "position", "host", "dedupe", "error", "arguments", "key", "currency", "etag",
    "frequency", "language", "license_id", "text_language", "media_type",
}  # fmt: skip
"""Columns of codes that the site reads itself, and never shows as they stand."""
LEFT = {"short_links", "jobs", "dataset_events", "data_tables", "search_words"}
"""Tables that are not written so: the audit is written below, and takes no change."""
SHORT = {
    "api_tokens.name", "user_sessions.agent", "user_identities.email", "harvest_problems.field", "performers.bin",
    "harvest_problems.code", "deliverables.period", "review_notes.field", "upload_problems.field", "webhooks.name",
    "upload_problems.code", "datasets.register_number", "studies.register_number", "organizations.email",
    "reported_problems.address", "contracts.contract_number", "upload_rows.identifier", "content_findings.place",
    "resource_versions.why", "utilisations.kind", "relations.kind", "upload_items.identifier",
}  # fmt: skip
"""Shorter columns of words that somebody wrote."""
CODES: dict[str, str] = {"language": "ru", "original": "ru", "license_id": "CC-BY-4.0", "currency": "KZT"}
"""Fields of records that the site reads itself: an unknown code is another matter than words (test_wrong_types)."""


def everything(kind: Any, name: str = "") -> Any:
    """A value of that type in which every field is filled, and every text is hostile."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return everything(next(one for one in get_args(kind) if one is not type(None)), name)
    if origin is tuple:
        return (everything(get_args(kind)[0], name),)
    if is_dataclass(kind) and kind is not PartialDate:
        hints = get_type_hints(kind)
        return kind(**{one.name: everything(hints[one.name], one.name) for one in fields(kind)})  # type: ignore[operator]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    plain: dict[Any, Any] = {
        PartialDate: PartialDate(2024, 5, 1), UUID: uuid4(), Decimal: Decimal(5), bool: False, int: 1, float: 1.0,
        dt.datetime: dt.datetime(2024, 5, 1, tzinfo=dt.UTC), dt.date: dt.date(2024, 5, 1),
    }  # fmt: skip
    return plain.get(kind, LINK if name in LINKS else CODES.get(name, EVIL))


def hostile_dataset(before: DatasetRecord) -> DatasetRecord:
    """`before` with other words; what it is called, whose it is and which files it has stays."""
    made: DatasetRecord = everything(DatasetRecord)
    files = tuple(_file(one) for one in before.resources)
    kept = {
        one: getattr(before, one)
        for one in ("id", "slug", "organization", "study", "metadata_created", "metadata_modified")
    }
    return replace(made, resources=files, edited=(), relations=(), state=RecordState.PUBLISHED, **kept)


def _file(before: ResourceRecord) -> ResourceRecord:
    made: ResourceRecord = everything(ResourceRecord)
    closed = Disclosure(before.disclosure.status, before.disclosure.until, EVIL, everything(Text))
    kept = {one: getattr(before, one) for one in ("id", "key", "checksum", "stored", "byte_size", "media_type", "text")}
    return replace(made, disclosure=closed, fetch_problem=EVIL, **kept)


def poison(doors: Doors) -> dict[str, str]:
    """Write hostile words into all that the site of `doors` holds. The things of the public record that has most of
    them, by the names that things of "su" have.
    """
    catalogue = doors.catalogue
    with catalogue.sessions.write.begin() as session:
        dataset = session.scalars(select(Dataset.id).where(Dataset.slug == "su-balansy")).one()
        _records(session, dataset, catalogue.now())
        session.add_all(_rows(session, doors, dataset, catalogue.now()))
        session.flush()
        _columns(session)
    with catalogue.sessions.write.begin() as session:
        now = queries.dataset_page(session, dataset, public_only=False)
        then = replace(now, title=Text(ru="Вода", original="ru"), subjects=(), resources=(), metadata_modified=None)
        at = now.metadata_modified
        assert at is not None
        before = replace(then, metadata_modified=at - dt.timedelta(days=1))
        revisions.keep(session, "dataset", before, now, at, replace(SYSTEM, name=EVIL), "revised")
        # As it was proposed, with a word of the reviewer:
        session.execute(update(Dataset).where(Dataset.id == dataset).values(metadata_modified=at))
        brought = _brought(now)
        wanted = replace(now, title=everything(Text), spatial=LINK, resources=(*now.resources, brought))
        snapshot = zlib.compress(json.dumps(lasting(wanted)).encode())
        session.add(ProposedFile(object_id=dataset, checksum=brought.checksum))
        said = {"kind": "dataset", "object_id": dataset, "at": at, "actor": EVIL, "message": EVIL, "field": "title.ru"}
        session.add(ReviewNote(**said, action=ReviewAction.PROPOSED, snapshot=snapshot, version=revisions.version(now)))
        session.add(ReviewNote(**said, action=ReviewAction.COMMENT))
        rows = session.scalars(select(UploadRow.id).order_by(UploadRow.id.desc())).first()
        draft = session.scalars(select(FormDraft.id).where(FormDraft.object_id == dataset)).one()
        pdf = session.scalars(select(Resource.id).where(Resource.dataset_id == dataset, Resource.key == "pdf")).one()
    indexing.rebuild(catalogue)
    found = {"slug": "su-balansy", "dataset_id": str(dataset), "resource_id": str(pdf), "study": "balans"}
    found |= {"row_id": str(rows), "draft_id": str(draft), "proposed": brought.checksum}
    return doors.things["su"] | found


def _brought(record: DatasetRecord) -> ResourceRecord:
    """A file that a change of the record brings: called by hostile words, with the bytes of one that is there."""
    there = next(one for one in record.resources if one.stored)
    return replace(_file(there), id=uuid4(), key="brought")


def _audited(kind: str, object_id: UUID, now: dt.datetime) -> DatasetEvent:
    """An entry of the audit about that, with hostile words at every depth."""
    deep: Any = EVIL
    for _ in range(5):
        deep = {EVIL: [deep, {"title": {"kk": EVIL, "ru": LINK}, "url": LINK, EVIL: [EVIL, 1, None]}]}
    return DatasetEvent(
        kind=kind, object_id=object_id, action=EVIL[:50], at=now, actor=EVIL, address=EVIL[:64],
        before={"title": {"kk": EVIL, "ru": EVIL, "original": EVIL}, "title.ru": EVIL, EVIL: LINK, "deep": deep},
        after={"title": EVIL, "title.ru": [EVIL], "keywords": [EVIL, {EVIL: EVIL}], "deep": [deep], "secret": EVIL},
    )  # fmt: skip


def _records(session: Session, dataset: UUID, now: dt.datetime) -> None:
    """The record, the study and their agency have a value in every field."""
    (row,) = queries.dataset_rows(session, [dataset])
    apply_dataset(session, row, hostile_dataset(queries.dataset_page(session, dataset, public_only=False)), now)
    wanted = session.scalars(select(Study.id).where(Study.slug == "balans")).one()
    stored = queries.study_row(session, wanted)
    made: StudyRecord = everything(StudyRecord)
    owner = OrganizationRef(id=stored.organization_id)
    contracts = tuple(
        replace(one, deliverables=tuple(replace(due, dataset=None, id=None) for due in one.deliverables))
        for one in made.contracts
    )
    apply_study(stored, replace(made, organization=owner, contracts=contracts, state=RecordState.PUBLISHED), now)


def _rows(session: Session, doors: Doors, dataset: UUID, now: dt.datetime) -> Iterator[Base]:
    """Rows of what the site of `doors` has none of, with what stands in them as JSON."""
    things = doors.things["su"]
    user, upload, job = account(doors.catalogue, "root@example.kz"), UUID(things["upload_id"]), int(things["job_id"])
    file = session.scalars(select(Resource).where(Resource.dataset_id == dataset, Resource.key == "pdf")).one()
    source = session.scalars(select(HarvestSource).where(HarvestSource.name == things["source"])).one()
    extras = (everything(Extra),)
    record = dump(hostile_dataset(DatasetRecord(Text(ru="x", original="ru"), resources=(ResourceRecord(key="a"),))))
    file.preview = json.loads(everything(TablePreview).to_json())
    source.options = {"set": EVIL, EVIL: LINK}
    problem = {"code": "odd", "message": EVIL, "field": "title", "hint": EVIL, "severity": "error", "value": EVIL}
    yield HarvestPreview(
        job_id=job, position=1, identifier=EVIL, title=EVIL, result=ItemResult.CREATED, record=record,
        problems=[problem],
    )  # fmt: skip
    yield HarvestRecord(
        source_id=source.id, identifier="1", dataset_id=dataset, job_id=job, result=ItemResult.CREATED, first_seen=now,
        last_seen=now, harvested=now, raw_type="text/html", raw=compress(EVIL.encode()),
    )  # fmt: skip
    yield UploadRow(
        upload_id=upload, position=2, row=2, title=EVIL, result=ItemResult.UPDATED, errors=1, warnings=1,
        dataset_id=dataset, changes=[["title", EVIL, LINK], [EVIL, EVIL, EVIL]], record=record,
    )  # fmt: skip
    yield UploadProblem(upload_id=upload, row=1, place=1, code="odd", message=EVIL)
    yield UploadItem(upload_id=upload, row=1, identifier=EVIL, result=ItemResult.CREATED, before={"title": EVIL})
    session.get_one(Upload, upload).columns = {EVIL: {EVIL: EVIL}, "datasets": {EVIL: "title", "a": EVIL}}
    yield FormDraft(
        user_id=user, kind="dataset", object_id=dataset, created=now, modified=now,
        form=[["title-ru", EVIL], ["landing_page", LINK], ["keywords", EVIL], [EVIL, EVIL]],
    )  # fmt: skip
    other = UUID(things["dataset_id"])
    pair = sorted((dataset, other), key=str)
    yield MatchProposal(dataset_id=pair[0], other_id=pair[1], score=1.0, reasons=[EVIL], created=now)
    yield Relation(dataset_id=dataset, position=0, kind="references", target=LINK, title=everything(Text))
    yield Group(
        slug="evil", title=everything(Text), description=Text(), created=now, modified=now, extras=(everything(Extra),)
    )
    yield Handover(at=now, by_id=user, from_id=user, to_id=user, note=EVIL)
    yield LinkCheck(resource_id=file.id, checked=now, status="broken", reason=EVIL)
    yield ContentFinding(checksum=file.checksum, code="mark", place=EVIL, excerpt=EVIL)
    yield ResourceVersion(resource_id=file.id, number=1, checksum=file.checksum, created=now, replaced=now)
    yield DataTable(
        checksum=file.checksum, number=1, status="ready", name=EVIL, fields=[{"id": EVIL, "type": "text"}], rows=0,
        problems=[EVIL], created=now,
    )  # fmt: skip
    hook = Webhook(user_id=user, secret=b"x", host="x.example", events=["created"], created=now, name=EVIL)
    session.add(hook)
    session.flush()
    yield WebhookDelivery(webhook_id=hook.id, seq=1, at=now, reason=EVIL)
    about = {
        "dataset": other, "study": dataset, "organization": doors.owners["su"], "group": dataset, "resource": file.id,
        "user": user, "source": source.id, "site": SITE,
    }  # fmt: skip
    assert set(about) == set(RECORD_KINDS)
    yield from (_audited(kind, key, now) for kind, key in about.items())
    session.execute(update(Organization).where(Organization.slug == "su").values(extras=extras))


def _columns(session: Session) -> None:
    """Every column of free words, in every row."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            named = f"{table.name}.{column.name}"
            free = isinstance(column.type, TextColumn) and column.name not in KEPT
            if table.name in LEFT or named.endswith("_original") or not (free or named in SHORT):
                continue
            given = LINK if column.name in LINKS else EVIL
            session.execute(text(f"UPDATE {table.name} SET {column.name} = :given || rowid"), {"given": given})
