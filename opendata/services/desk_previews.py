"""What a dry run found: its first records as they would appear, with what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from opendata.catalog.licenses import verdict
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import OrganizationRef
from opendata.errors import NotFound
from opendata.services import datasets, owned
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.results import Card, DatasetPage, ProblemLine
from opendata.services.rights import Right, demand
from opendata.store.codec import load
from opendata.store.harvests import HarvestJob, HarvestPreview
from opendata.store.organizations import Organization
from opendata.store.to_records import organization_ref

NOWHERE = UUID(int=0)
"""The id of what is not in the catalogue yet."""


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One of the first records of a dry run. `card` is None where no record could be made of it."""

    position: int
    identifier: str
    title: str
    result: str
    card: Card | None
    problems: tuple[ProblemLine, ...]


def previews(catalogue: Catalogue, actor: Actor, job_id: int) -> tuple[PreviewLine, ...]:
    """The first records of the dry run, in its order; none of any other job."""
    with catalogue.sessions.read() as session:
        agency = _agency(session, _job(session, actor, job_id))
        wanted = select(HarvestPreview).where(HarvestPreview.job_id == job_id).options(undefer(HarvestPreview.record))
        rows = session.scalars(wanted.order_by(HarvestPreview.position)).all()
    return tuple(_line(catalogue, row, agency) for row in rows)


def preview(catalogue: Catalogue, actor: Actor, job_id: int, position: int) -> tuple[PreviewLine, DatasetPage]:
    """One of them, and its page as it would look. NotFound for one of which no page can be made."""
    with catalogue.sessions.read() as session:
        agency = _agency(session, _job(session, actor, job_id))
        wanted = select(HarvestPreview).where(HarvestPreview.job_id == job_id, HarvestPreview.position == position)
        row = session.scalar(wanted.options(undefer(HarvestPreview.record)))
    if row is None or row.record is None:
        raise NotFound("There is no such record, or no page can be made of it.")
    return _line(catalogue, row, agency), datasets.dataset_page(catalogue, actor, _record(row, agency))


def _job(session: Session, actor: Actor, job_id: int) -> HarvestJob:
    demand(actor, Right.SEE_DESK)
    return owned.job(session, actor, Right.SEE_DESK, job_id)


def _agency(session: Session, job: HarvestJob) -> OrganizationRef | None:
    owner = job.source.organization_id
    return organization_ref(session.get(Organization, owner) if owner else None)


def _record(row: HarvestPreview, agency: OrganizationRef | None) -> DatasetRecord:
    """The record under its agency, with ids that no address can be made of yet."""
    record: DatasetRecord = load(DatasetRecord, row.record)
    files = tuple(replace(resource, id=NOWHERE) for resource in record.resources)
    return replace(record, organization=record.organization or agency, resources=files, id=NOWHERE)


def _line(catalogue: Catalogue, row: HarvestPreview, agency: OrganizationRef | None) -> PreviewLine:
    card = None
    if row.record is not None:
        record = _record(row, agency)
        card = Card(record, verdict(record.license_id), disclosure=record.disclosure_on(catalogue.today()).status)
    problems = tuple(_problem(row.identifier, problem) for problem in row.problems)
    return PreviewLine(row.position, row.identifier, row.title, row.result.value, card, problems)


def _problem(identifier: str, given: dict[str, Any]) -> ProblemLine:
    return ProblemLine(
        identifier=identifier,
        severity=given.get("severity", "error"),
        code=given.get("code", ""),
        field=given.get("field", ""),
        message=given.get("message", ""),
        hint=given.get("hint", ""),
        value=given.get("value", ""),
    )
