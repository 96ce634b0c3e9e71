"""Every SELECT that gives studies of the register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from opendata.catalog.records import StudyRecord
from opendata.errors import NotFound
from opendata.store.queries.visible import is_in_area, is_visible
from opendata.store.register import Contract, Deliverable, Study
from opendata.store.to_records import study_record


def study_loading() -> tuple[ORMOption, ...]:
    """What `study_record` needs: five SELECTs more."""
    deliverables = selectinload(Study.contracts).selectinload(Contract.deliverables)
    return (
        joinedload(Study.organization),
        deliverables.joinedload(Deliverable.dataset),
        selectinload(Study.performers),
        selectinload(Study.utilisations),
        selectinload(Study.datasets),
    )


def study_cards(session: Session, ids: Sequence[UUID], *, public_only: bool = True) -> list[StudyRecord]:
    """The studies of `ids`, in that order, complete; unknown ids are left out. Six SELECTs for up to 500 ids."""
    if not ids:
        return []
    rows = session.scalars(select(Study).where(Study.id.in_(ids)).options(*study_loading()))
    found = {row.id: row for row in rows}
    return [study_record(found[one], public_only=public_only) for one in ids if one in found]


def study_page(session: Session, study_id: UUID, *, public_only: bool = True) -> StudyRecord:
    """The study with its contracts, what they owe and its datasets. NotFound. Six SELECTs."""
    found = study_cards(session, [study_id], public_only=public_only)
    if not found:
        raise NotFound(f"There is no study {study_id}.")
    return found[0]


def study_as_written(session: Session, study_id: UUID) -> StudyRecord:
    """The study as it stands in the transaction that has just written it, whatever was read of it before."""
    wanted = select(Study).where(Study.id == study_id).options(*study_loading())
    session.flush()
    row = session.scalars(wanted.execution_options(populate_existing=True)).one()
    return study_record(row, public_only=False)


def hold_study(session: Session, study_id: UUID) -> None:
    """Let nobody else write the study until the transaction ends: whoever reads it to write it asks this first.

    Datasets may be tied to it meanwhile, which writes nothing of the study itself.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer, and this is it
        session.execute(select(Study.id).where(Study.id == study_id).with_for_update(key_share=True))


def study_row(session: Session, study_id: UUID) -> Study:
    """The row with all that `apply_study` writes. NotFound. Five SELECTs."""
    writing = (
        selectinload(Study.contracts).selectinload(Contract.deliverables),
        selectinload(Study.performers),
        selectinload(Study.utilisations),
    )
    row = session.scalar(select(Study).where(Study.id == study_id).options(*writing))
    if row is None:
        raise NotFound(f"There is no study {study_id}.")
    return row


def study_by_number(session: Session, number: str) -> UUID | None:
    """The study with that register number, else the only one under a contract of that number; None for none."""
    found = session.scalar(select(Study.id).where(Study.register_number == number))
    if found is not None or not number:
        return found
    under = session.scalars(select(Contract.study_id).where(Contract.contract_number == number).distinct()).all()
    return under[0] if len(under) == 1 else None


def study_by_register_number(session: Session, number: str) -> UUID | None:
    """The study with exactly that register number; None for none. One SELECT."""
    return session.scalar(select(Study.id).where(Study.register_number == number)) if number else None


def newest_studies(session: Session, limit: int = 10) -> list[StudyRecord]:
    """The visible studies that were registered last, newest first. Six SELECTs."""
    wanted = select(Study).where(is_visible(Study)).options(*study_loading())
    wanted = wanted.order_by(Study.metadata_created.desc(), Study.id.desc()).limit(limit)
    return [study_record(row) for row in session.scalars(wanted)]


def study_ids_after(session: Session, after: UUID | None = None, limit: int = 500, area: str = "") -> Sequence[UUID]:
    """Ids of studies of every state, or of those in `area`, in the order of ids, from behind `after`."""
    wanted = select(Study.id).order_by(Study.id).limit(limit)
    wanted = wanted.where(is_in_area(Study, area)) if area else wanted
    return session.scalars(wanted if after is None else wanted.where(Study.id > after)).all()


def studies_owing(session: Session, before: dt.date, organization_id: UUID | None = None) -> Sequence[UUID]:
    """Visible studies with a deliverable due before that day, neither delivered nor withheld; most overdue first."""
    open_ones = (
        select(Study.id, Deliverable.due)
        .join(Study.contracts)
        .join(Contract.deliverables)
        .where(is_visible(Study), Deliverable.due < before, Deliverable.withheld.is_(False))
        .where(Deliverable.delivered.is_(None), Deliverable.dataset_id.is_(None))
        .order_by(Deliverable.due, Study.id)
    )
    if organization_id is not None:
        open_ones = open_ones.where(Study.organization_id == organization_id)
    return list(dict.fromkeys(session.scalars(open_ones)))
