"""Loads and removes the demonstration content, through the same write path as everything else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from importlib.resources.abc import Traversable
from typing import BinaryIO, cast
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, joinedload

from opendata.catalog.licenses import verdict
from opendata.catalog.records import RecordState, StudyRecord
from opendata.catalog.values import OrganizationRef, Relation
from opendata.demo.load import demo_content
from opendata.demo.records import DemoContent, DemoDataset
from opendata.errors import CatalogueError
from opendata.harvesting.contract import Found
from opendata.services import queue, register, revisions, submissions
from opendata.services.actors import SYSTEM
from opendata.services.audit import note, note_each
from opendata.services.catalogue import Catalogue
from opendata.services.content import forget
from opendata.services.ingest import Ingest
from opendata.services.placing import Placer
from opendata.services.preparing import Prepared, prepare
from opendata.store import queries
from opendata.store.datasets import Dataset, Resource, ResourceVersion
from opendata.store.editing import ProposedFile
from opendata.store.from_records import apply_relations
from opendata.store.harvests import HarvestSource
from opendata.store.organizations import Organization
from opendata.store.purged import PurgedRecord
from opendata.store.register import Study

SOURCE = "demo"


@dataclass(frozen=True, slots=True)
class Counts:
    """How much was loaded or removed."""

    organizations: int
    studies: int
    datasets: int


def store_is_empty(catalogue: Catalogue) -> bool:
    """Whether there is no record of any kind yet, not even an agency or a source."""
    with catalogue.sessions.read() as session:
        return not any(
            session.scalar(select(table.id).limit(1)) for table in (Dataset, Study, Organization, HarvestSource)
        )


def load(catalogue: Catalogue) -> Counts:
    """Load it all; what is there already is brought up to date. Files are read and indexed by the worker afterwards."""
    content = demo_content(catalogue.today())
    with catalogue.sessions.write.begin() as session:
        source_id = _source(session, catalogue)
        placer = Placer(None, f"source:{SOURCE}", catalogue.now(), demo=True)
        for organization in sorted(content.organizations, key=lambda one: bool(one.parent)):
            placer.organization(session, organization)
        for study in content.studies:
            register.save(session, catalogue, SYSTEM, _placed(session, placer, study))
    prepared = [_prepared(catalogue, dataset) for dataset in content.datasets]
    with catalogue.sessions.write.begin() as session:
        outcomes = Ingest(catalogue, SYSTEM, source_id, placer).write(session, prepared)
        ids = {outcome.identifier: outcome.dataset_id for outcome in outcomes if outcome.dataset_id}
        _tie(session, content, ids)
        _withdraw(session, catalogue, content, ids)
    return Counts(len(content.organizations), len(content.studies), len(content.datasets))


def remove(catalogue: Catalogue) -> Counts:
    """Remove every demonstration record; files that no other record holds go with them."""
    with catalogue.sessions.write.begin() as session:
        datasets = session.scalars(select(Dataset.id).where(Dataset.demo)).all()
        studies = session.scalars(select(Study.id).where(Study.demo)).all()
        checksums = set(
            session.scalars(select(Resource.checksum).where(Resource.dataset_id.in_(datasets), Resource.stored))
        )
        earlier = select(ResourceVersion.checksum).join(Resource, Resource.id == ResourceVersion.resource_id)
        checksums |= set(session.scalars(earlier.where(Resource.dataset_id.in_(datasets))))
        checksums |= submissions.proposed_files(session, *datasets)
        _keep_names(session, catalogue)
        revisions.forget(session, [*datasets, *studies])
        submissions.forget(session, [*datasets, *studies])
        session.execute(delete(Dataset).where(Dataset.demo))
        session.execute(delete(Study).where(Study.demo))
        empty = delete(Organization).where(Organization.demo, ~_holds_records()).returning(Organization.id)
        organizations = session.scalars(empty.execution_options(synchronize_session=False)).all()
        session.execute(delete(HarvestSource).where(HarvestSource.name == SOURCE))
        queue.index_datasets(session, catalogue.now(), datasets, prompt=False)
        queue.index_studies(session, catalogue.now(), studies)
        kept = set(session.scalars(select(Resource.checksum).where(Resource.checksum.in_(checksums))))
        kept |= set(session.scalars(select(ResourceVersion.checksum).where(ResourceVersion.checksum.in_(checksums))))
        kept |= set(session.scalars(select(ProposedFile.checksum).where(ProposedFile.checksum.in_(checksums))))
        forget(session, checksums - kept)
    for checksum in checksums - kept:
        catalogue.files.delete(checksum)
        catalogue.page_texts.delete(checksum)
    return Counts(len(organizations), len(studies), len(datasets))


def _keep_names(session: Session, catalogue: Catalogue) -> None:
    """Those that the public has seen are told to be gone, as any purged record is."""
    now = catalogue.now()
    seen = select(Dataset).where(Dataset.demo, Dataset.published_at.is_not(None))
    note_each(session, SYSTEM, now, "purged", seen.with_only_columns(Dataset.id))
    for row in session.scalars(seen.options(joinedload(Dataset.organization))):
        agency = row.organization.slug if row.organization else ""
        session.add(
            PurgedRecord(
                id=row.id, kind="dataset", slug=row.slug, title=row.title, type=row.type.value,
                organization_id=row.organization_id, organization_slug=agency,
                license_open=verdict(row.license_id).open, published_at=row.published_at, purged=now,
            )
        )  # fmt: skip
    session.flush()


def _holds_records() -> ColumnElement[bool]:
    """An agency of the demonstration to which somebody has given records of their own stays."""
    datasets = select(Dataset.id).where(Dataset.organization_id == Organization.id).exists()
    return datasets | select(Study.id).where(Study.organization_id == Organization.id).exists()


def _source(session: Session, catalogue: Catalogue) -> UUID:
    """The source that the content hangs on: never run, and removed with it."""
    row = session.scalar(select(HarvestSource).where(HarvestSource.name == SOURCE))
    if row is None:
        now = catalogue.now()
        row = HarvestSource(
            name=SOURCE, title="Demonstration content", type="folder", url="", active=False, demo=True,
            created=now, modified=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
    return row.id


def _placed(session: Session, placer: Placer, study: StudyRecord) -> StudyRecord:
    """The study under its agency, made where it is missing."""
    return replace(study, organization=placer.organization(session, study.organization or OrganizationRef()))


def _prepared(catalogue: Catalogue, dataset: DemoDataset) -> Prepared:
    record = replace(dataset.record, relations=())  # they name each other, so they are tied when all are there
    files = {key: partial(_open, path) for key, path in dataset.files.items()}
    ready = prepare(catalogue, Found(record.identifier, record, b"", "application/toml", files))
    if not isinstance(ready, Prepared):
        raise CatalogueError(f"The demonstration dataset {record.identifier} is broken: {ready.problems}")
    return ready


def _open(path: Traversable) -> BinaryIO:
    return cast("BinaryIO", path.open("rb"))


def _tie(session: Session, content: DemoContent, ids: dict[str, UUID]) -> None:
    """Relations between the datasets, and the deliverables that they meet."""
    rows = {row.id: row for row in queries.dataset_rows(session, list(ids.values()))}
    for dataset in content.datasets:
        row = rows[ids[dataset.record.identifier]]
        relations = [_relation(relation, ids) for relation in dataset.record.relations]
        apply_relations(session, row, relations)
    for study in content.studies:
        _tie_deliverables(session, study, content, ids)


def _relation(relation: Relation, ids: dict[str, UUID]) -> Relation:
    known = ids.get(relation.target)
    return replace(relation, target="", target_id=known) if known else relation


def _tie_deliverables(session: Session, study: StudyRecord, content: DemoContent, ids: dict[str, UUID]) -> None:
    """`fulfils` of a dataset names (contract number, position of the deliverable in it)."""
    met = {
        place: ids[dataset.record.identifier]
        for dataset in content.datasets
        if dataset.study_register_number == study.register_number
        for place in dataset.fulfils
    }
    known = queries.study_by_register_number(session, study.register_number)
    if not met or known is None:
        return
    row = queries.study_row(session, known)
    for contract in row.contracts:
        for position, deliverable in enumerate(contract.deliverables):
            deliverable.dataset_id = met.get((contract.contract_number, position))


def _withdraw(session: Session, catalogue: Catalogue, content: DemoContent, ids: dict[str, UUID]) -> None:
    now = catalogue.now()
    for dataset in content.datasets:
        reason = dataset.withdrawn_reason.show("ru").value
        row = session.get_one(Dataset, ids[dataset.record.identifier])
        if reason and row.state != RecordState.WITHDRAWN:
            row.state, row.withdrawn_at, row.withdrawn_reason = RecordState.WITHDRAWN, now, reason
            row.metadata_modified = now
            note(session, SYSTEM, now, "dataset", row.id, "withdrawn", after={"reason": reason})
