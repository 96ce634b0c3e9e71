"""Which datasets belong to a study: those that name its numbers, and those that meet what its contracts owe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.orm import Session

from opendata.catalog.records import Contract, DatasetRef, Deliverable, RecordState, StudyRecord
from opendata.errors import NotFound, Problem
from opendata.services.actors import Actor
from opendata.services.audit import TIED, UNTIED, note_each
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, may_over, organizations_where
from opendata.services.studies_named import datasets_that_name
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.queries.visible import is_visible
from opendata.store.to_records import dataset_ref

MOST_NAMED = 500
"""Datasets that one study may be given by name."""


def datasets_named(catalogue: Catalogue, actor: Actor, names: Collection[str]) -> dict[str, DatasetRef]:
    """The datasets that these names (slug, id or former slug) mean, as far as the actor may know of them."""
    found: dict[str, DatasetRef] = {}
    with catalogue.sessions.read() as session:
        for name in list(dict.fromkeys(names))[:MOST_NAMED]:
            try:
                key = queries.address(session, "dataset", name).id
            except NotFound:
                continue
            wanted = select(Dataset).where(Dataset.id == key, may_see(actor), Dataset.state != RecordState.WITHDRAWN)
            row = session.scalar(wanted)
            if row is not None:
                found[name] = dataset_ref(row)
    return found


def may_see(actor: Actor) -> ColumnElement[bool]:
    """Which datasets the actor may know of, as SQL."""
    allowed = organizations_where(actor, Right.SEE_UNPUBLISHED)
    return true() if allowed is None else or_(is_visible(Dataset), Dataset.organization_id.in_(allowed))


def seen_by(session: Session, actor: Actor, record: StudyRecord) -> StudyRecord:
    """The study without the datasets that the actor may not know of: one of another agency may be its draft."""
    seen = _seen(session, actor, _named(record))
    return replace(
        record,
        datasets=tuple(one for one in record.datasets if one.id in seen),
        contracts=tuple(
            replace(contract, deliverables=tuple(_shown(one, seen) for one in contract.deliverables))
            for contract in record.contracts
        ),
    )


def _named(record: StudyRecord) -> set[UUID]:
    return {one.id for one in record.datasets} | _deposits(record)


def _shown(one: Deliverable, seen: Collection[UUID]) -> Deliverable:
    return one if one.dataset is None or one.dataset.id in seen else replace(one, dataset=None)


def _seen(session: Session, actor: Actor, ids: Collection[UUID]) -> set[UUID]:
    """Those of the datasets that the actor may know of. One SELECT, or none."""
    if not ids or organizations_where(actor, Right.SEE_UNPUBLISHED) is None:
        return set(ids)
    return set(session.scalars(select(Dataset.id).where(Dataset.id.in_(ids), may_see(actor))))


def _deposits(record: StudyRecord | None) -> set[UUID]:
    return {one.dataset.id for _, one in _owed(record) if one.dataset is not None} if record else set()


def _owed(record: StudyRecord) -> Iterator[tuple[str, Deliverable]]:
    """Everything that is owed, with its place in the record."""
    for at, contract in enumerate(record.contracts):
        for number, one in enumerate(contract.deliverables):
            yield f"contracts.{at}.deliverables.{number}", one


class Ties:
    """The datasets that meet what a study owes, `before` and now."""

    def __init__(self, session: Session, actor: Actor, before: StudyRecord | None) -> None:
        self._session, self._actor = session, actor
        self._before = before
        self._had = _deposits(before)

    def with_unseen(self, contracts: Sequence[Contract]) -> tuple[Contract, ...]:
        """The contracts with the datasets that they have and the writer could not see, and so not leave as they are."""
        had = {one.id: one.dataset for _, one in _owed(self._before) if one.dataset} if self._before else {}
        hidden = self._had - _seen(self._session, self._actor, self._had)
        if not hidden:
            return tuple(contracts)

        def kept(one: Deliverable) -> Deliverable:
            dataset = had.get(one.id) if one.id else None
            return one if one.dataset or dataset is None or dataset.id not in hidden else replace(one, dataset=dataset)

        return tuple(replace(one, deliverables=tuple(map(kept, one.deliverables))) for one in contracts)

    def problems(self, after: StudyRecord) -> list[Problem]:
        """Datasets that are newly said to meet something, and that are not there for the actor. One SELECT."""
        fresh = _deposits(after) - self._had
        if not fresh:
            return []
        there = select(Dataset.id).where(Dataset.id.in_(fresh), Dataset.state != RecordState.WITHDRAWN)
        known = set(self._session.scalars(there.where(may_see(self._actor))))
        return [
            Problem(
                "study_dataset", f"There is no record {one.dataset.slug!r}.", f"{path}.dataset", value=one.dataset.slug
            )
            for path, one in _owed(after)
            if one.dataset is not None and one.dataset.id in fresh - known
        ]


def tied(session: Session, study_id: UUID) -> Sequence[UUID]:
    """The datasets that belong to the study."""
    return session.scalars(select(Dataset.id).where(Dataset.study_id == study_id)).all()


def tie(session: Session, actor: Actor, now: dt.datetime, study_id: UUID, record: StudyRecord) -> Sequence[UUID]:
    """The study takes in what belongs to none: datasets that name its register number, or a contract that no other
    study has, and those that meet what it owes, where the actor may write to them. Which those are.
    """
    named = datasets_that_name(session, record, study_id)
    rows = session.execute(
        select(Dataset.id, Dataset.organization_id).where(
            Dataset.id.in_(named | _deposits(record)), Dataset.study_id.is_(None)
        )
    )
    loose = [key for key, owner in rows if key in named or may_over(actor, Right.EDIT_RECORDS, owner)]
    return _change(session, actor, now, TIED, loose, study_id)


def untie(session: Session, actor: Actor, now: dt.datetime, study_id: UUID) -> Sequence[UUID]:
    """The datasets of the study belong to none from now on. Which those are."""
    return _change(session, actor, now, UNTIED, tied(session, study_id), None)


def _change(
    session: Session, actor: Actor, now: dt.datetime, action: str, ids: Sequence[UUID], study_id: UUID | None
) -> Sequence[UUID]:
    if ids:
        queries.hold_datasets(session, ids)
        note_each(session, actor, now, action, select(Dataset.id).where(Dataset.id.in_(ids)))
        session.execute(update(Dataset).where(Dataset.id.in_(ids)).values(study_id=study_id, metadata_modified=now))
    return ids
