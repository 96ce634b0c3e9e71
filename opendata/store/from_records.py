"""Frozen records into rows. A new row and one already stored take the same way; nothing here commits or flushes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.provenance import Edit
from opendata.catalog.records import Contract as ContractRecord
from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, StudyRecord
from opendata.catalog.records import Deliverable as DeliverableRecord
from opendata.catalog.stored import is_public
from opendata.catalog.values import Identifier, Text
from opendata.catalog.values import Relation as RelationValue
from opendata.store.datasets import RESOURCE_KEY_LENGTH, Dataset, DatasetKey, Relation, Resource, key_value
from opendata.store.register import Contract, Deliverable, Performer, Study, Utilisation

ALIKE = "alike"
"""The scheme of keys by which records are found that may be the same; services.proposals makes them."""

FORMER = "former"
"""The scheme of keys that name the items of removed sources; services.matching makes them."""

DATASET_FIELDS = (
    "type", "identifier", "title", "description", "table_of_contents", "performer", "keywords", "themes", "subjects",
    "contributors", "contacts", "identifiers", "languages", "extras", "license_id", "license_text", "issued",
    "modified", "frequency", "temporal", "spatial", "bbox", "landing_page", "version", "register_number",
    "report_number", "read_from_file", "state", "private", "demo",
)  # fmt: skip
"""Fields of a DatasetRecord that stand in its row under the same name."""

RESOURCE_FIELDS = (
    "name", "description", "role", "position", "filename", "format", "media_type", "byte_size", "checksum", "stored",
    "download_url", "access_url", "language", "license_id", "license_text", "issued", "modified", "disclosure", "text",
    "fetch_problem", "extras",
)  # fmt: skip
"""Fields of a ResourceRecord that stand in its row under the same name. Counters are not written from records."""

SAID_OF_FILES = tuple(name for name in RESOURCE_FIELDS if name not in ("position", "text", "fetch_problem"))
"""Fields whose change is one of the file's own record; the others tell of its place, or of how far our reading got."""

STUDY_FIELDS = (
    "title", "description", "keywords", "subjects", "themes", "unit", "official", "programme", "call", "priority",
    "status", "disclosure", "evaluation", "state", "private", "demo",
)  # fmt: skip
"""Fields of a StudyRecord that stand in its row under the same name."""


def new_dataset(session: Session, record: DatasetRecord, now: dt.datetime) -> Dataset:
    """A new row for `record`, added to the session. `record.slug` is set and free; `record.id` is kept if given."""
    row = Dataset(id=record.id or uuid4(), slug=record.slug, metadata_created=now, metadata_modified=now)
    row.creator_id = row.responsible_id = record.creator_id
    row.resources, row.relations, row.keys, row.harvest_records = [], [], [], []
    session.add(row)
    apply_dataset(session, row, record, now)
    return row


def apply_dataset(session: Session, row: Dataset, record: DatasetRecord, now: dt.datetime) -> None:
    """Write all of `record` into `row`, whose resources, relations and keys are loaded; `metadata_modified` is `now`.

    Its organisation and study are those named by id; counters, slug, source, creator and `metadata_created` stay. Files
    are matched by key, so their ids stay; a file that is gone from the record is gone from the row.
    """
    for name in DATASET_FIELDS:
        setattr(row, name, getattr(record, name))
    row.edited = edited_column(record.edited)
    row.organization_id = record.organization.id if record.organization else None
    row.study_id = record.study.id if record.study else None
    row.withdrawn_at, row.withdrawn_reason = withdrawal(record, now)
    row.metadata_modified = now
    row.published_at = published(record, row.published_at, now)
    _apply_resources(row, record.resources, now)
    _apply_keys(row, record)
    apply_relations(session, row, record.relations)


def edited_column(edits: Iterable[Edit]) -> dict[str, dict[str, Any]]:
    """The edits as `Dataset.edited` holds them."""
    return {
        one.field: {"user": str(one.user) if one.user else None, "at": one.at.isoformat(), "said": one.said}
        for one in edits
    }


def new_study(session: Session, record: StudyRecord, now: dt.datetime) -> Study:
    """A new row for `record`, added to the session. `record.slug` is set and free; `record.id` is kept if given."""
    row = Study(id=record.id or uuid4(), slug=record.slug, metadata_created=now, metadata_modified=now)
    row.creator_id = row.responsible_id = record.creator_id
    row.contracts, row.performers, row.utilisations, row.datasets = [], [], [], []
    session.add(row)
    apply_study(row, record, now)
    return row


def apply_study(row: Study, record: StudyRecord, now: dt.datetime) -> None:
    """Write all of `record` into `row`, whose contracts with deliverables, performers and utilisations are loaded.

    Contracts are matched by number and deliverables by id, else by kind and period, so their ids stay. Its datasets
    are not written: a dataset names its study, never the other way round.
    """
    for name in STUDY_FIELDS:
        setattr(row, name, getattr(record, name))
    row.register_number = record.register_number or None
    row.organization_id = record.organization.id if record.organization else None
    row.period_start, row.period_end = record.period.start, record.period.end
    row.withdrawn_at, row.withdrawn_reason = withdrawal(record, now)
    row.metadata_modified = now
    row.published_at = published(record, row.published_at, now)
    row.performers = [
        Performer(position=number, name=p.name, bin=p.bin, ror=p.ror, people=p.people)
        for number, p in enumerate(record.performers)
    ]
    row.utilisations = [
        Utilisation(position=number, kind=u.kind, description=u.description, date=u.date, url=u.url)
        for number, u in enumerate(record.utilisations)
    ]
    _apply_contracts(row, record.contracts)


def lookup_keys(record: DatasetRecord) -> set[tuple[str, str]]:
    """Scheme and value of every exact key that `record` is found by: its identifiers and those of its people."""
    found = set(_own_keys(record.identifiers))
    for person in record.contributors:
        given = (("orcid", person.orcid), ("ror", person.ror), ("bin", person.bin))
        found.update((scheme, key_value(value)) for scheme, value in given if value)
    return found


def resource_keys(resources: Sequence[ResourceRecord]) -> list[str]:
    """The key of each file within its dataset: its own, else its link or name; hashed when too long, never twice."""
    taken: set[str] = set()
    keys = []
    for number, resource in enumerate(resources):
        key = resource.key or resource.download_url or resource.access_url or resource.filename or f"#{number}"
        if len(key) > RESOURCE_KEY_LENGTH:
            key = key_value(key)
        base, copy = key, 1
        while key in taken:
            copy += 1
            key = f"{base[: RESOURCE_KEY_LENGTH - 10]}~{copy}"
        taken.add(key)
        keys.append(key)
    return keys


def withdrawal(record: DatasetRecord | StudyRecord, now: dt.datetime) -> tuple[dt.datetime | None, str]:
    """When and why it was withdrawn; a record that is withdrawn without saying when was so now."""
    if record.state is not RecordState.WITHDRAWN:
        return None, ""
    return (record.tombstone.withdrawn, record.tombstone.reason) if record.tombstone else (now, "")


def published(record: DatasetRecord | StudyRecord, before: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """When everybody could first see what becomes `record`; `before`: what was known of that."""
    return before or (now if is_public(record) else None)


def _apply_resources(row: Dataset, resources: Sequence[ResourceRecord], now: dt.datetime) -> None:
    """The files of `row` become `resources`, in that order."""
    stored = {resource.key: resource for resource in row.resources}
    kept = []
    for number, (key, record) in enumerate(zip(resource_keys(resources), resources, strict=True)):
        resource = stored.get(key) or Resource(id=record.id or uuid4(), key=key, created=now, downloads=0)
        if (resource.download_url or resource.access_url) != (record.download_url or record.access_url):
            _forget_link(resource)
        if any(getattr(resource, name) != getattr(record, name) for name in SAID_OF_FILES):
            resource.metadata_modified = now
        for name in RESOURCE_FIELDS:
            setattr(resource, name, getattr(record, name))
        resource.position = number
        kept.append(resource)
    row.resources = kept


def _forget_link(row: Resource) -> None:
    """The file has another address: what is known of the former one is not known of this."""
    row.link_status, row.link_checked, row.link_problem, row.link_failures = "", None, "", 0
    row.fetched, row.etag, row.last_modified = None, "", ""


def _own_keys(identifiers: Iterable[Identifier]) -> Iterable[tuple[str, str]]:
    """Scheme and folded value of each identifier."""
    return ((identifier.scheme, key_value(identifier.value)) for identifier in identifiers if identifier.value)


def _apply_keys(row: Dataset, record: DatasetRecord) -> None:
    """Keep the keys that still hold, drop the others, add the new. Those made elsewhere stay."""
    wanted = lookup_keys(record)
    kept = [key for key in row.keys if (key.scheme, key.value) in wanted or key.scheme in (ALIKE, FORMER)]
    missing = wanted - {(key.scheme, key.value) for key in kept}
    if missing or len(kept) != len(row.keys):
        row.keys = kept + [DatasetKey(scheme=scheme, value=value) for scheme, value in sorted(missing)]


def apply_relations(session: Session, row: Dataset, relations: Sequence[RelationValue]) -> None:
    """The relations of `row` become `relations`; a target that is one of ours may be a dataset or a study."""
    if not relations and not row.relations:
        return
    ids = {relation.target_id for relation in relations if relation.target_id}
    studies = set(session.scalars(select(Study.id).where(Study.id.in_(ids)))) if ids else set()
    wanted = [new_relation(number, relation, studies) for number, relation in enumerate(relations)]
    if [_content(relation) for relation in wanted] != [_content(relation) for relation in row.relations]:
        row.relations = wanted


def _content(row: Relation) -> tuple[object, ...]:
    """What makes two relations the same."""
    return row.kind, row.target, row.title, row.target_dataset_id, row.target_study_id


def new_relation(number: int, relation: RelationValue, studies: set[UUID]) -> Relation:
    """One relation as a row. A target of ours keeps its title itself."""
    to_study = relation.target_id in studies
    return Relation(
        position=number,
        kind=relation.kind,
        target=relation.target,
        title=Text() if relation.target_id else relation.title,
        target_dataset_id=None if to_study else relation.target_id,
        target_study_id=relation.target_id if to_study else None,
    )


def _apply_contracts(row: Study, contracts: Sequence[ContractRecord]) -> None:
    """The contracts of `row` become `contracts`."""
    stored = {contract.contract_number: contract for contract in row.contracts}
    kept = []
    for number, record in enumerate(contracts):
        contract = stored.get(record.contract_number)
        if contract is None:
            contract = Contract(id=uuid4(), contract_number=record.contract_number)
            contract.deliverables = []
        contract.position = number
        contract.signed, contract.amount, contract.currency = record.signed, record.amount, record.currency
        contract.contract_type = record.contract_type
        _apply_deliverables(contract, record.deliverables)
        kept.append(contract)
    row.contracts = kept


def _apply_deliverables(contract: Contract, deliverables: Sequence[DeliverableRecord]) -> None:
    """What `contract` owes becomes `deliverables`."""
    left = list(contract.deliverables)
    kept = []
    for number, record in enumerate(deliverables):
        same = next((d for d in left if d.id == record.id), None) or next(
            (d for d in left if record.id is None and (d.kind, d.period) == (record.kind, record.period)), None
        )
        if same is None:
            same = Deliverable(id=record.id or uuid4())
        else:
            left.remove(same)
        same.position = number
        for name in ("kind", "period", "due", "delivered", "accepted", "returned", "withheld"):
            setattr(same, name, getattr(record, name))
        same.dataset_id = record.dataset.id if record.dataset else None
        kept.append(same)
    contract.deliverables = kept
