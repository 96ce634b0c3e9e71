"""The desk of a study: what it owes and what mends it, the form's beginnings, and the report that meets something."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from opendata.catalog.records import (
    Contract,
    DatasetRecord,
    DatasetType,
    Deliverable,
    DeliverableKind,
    DeliverableState,
    RecordState,
    StudyRecord,
)
from opendata.catalog.values import Contributor, ContributorRole, OrganizationRef, PartialDate, Period, Text
from opendata.errors import NotFound
from opendata.services import revisions, studies_writing, study_ties
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand, demand_over, may_over, organizations_where
from opendata.services.study_ties import seen_by
from opendata.store import queries
from opendata.store.organizations import Organization
from opendata.store.to_records import organization_ref

DUE = (DeliverableState.OVERDUE, DeliverableState.DUE)
"""What somebody should see to."""


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that is owed, where it stands today. `place` is that in the form: (contract, deliverable)."""

    deliverable: Deliverable
    state: DeliverableState
    contract_number: str
    place: tuple[int, int]

    @property
    def late(self) -> bool:
        """Whether somebody should see to it."""
        return self.state in DUE

    @property
    def bare(self) -> bool:
        """Whether nothing that everybody could read meets it: also where it was delivered on paper."""
        return self.deliverable.dataset is None and not self.deliverable.withheld


@dataclass(frozen=True, slots=True)
class StudyDesk:
    """A study as its own people see it. `owed` is everything that is owed, what is late before the rest."""

    record: StudyRecord
    owed: tuple[Owed, ...]
    may_edit: bool

    @property
    def late(self) -> tuple[Owed, ...]:
        """What is due now, or overdue."""
        return tuple(one for one in self.owed if one.late)

    def count(self, state: DeliverableState) -> int:
        """How many stand so."""
        return sum(1 for one in self.owed if one.state is state)


def desk(catalogue: Catalogue, actor: Actor, name: str) -> StudyDesk:
    """The study called `name` (slug or id), of whatever state. NotFound; NotAllowed for who sees no unpublished
    records of its agency.
    """
    found = _seen(catalogue, actor, name, Right.SEE_UNPUBLISHED)
    today = catalogue.today()
    owed = [
        Owed(one, one.state(today), contract.contract_number, (at, number))
        for at, contract in enumerate(found.contracts)
        for number, one in enumerate(contract.deliverables)
    ]
    order = (*DUE, *(one for one in DeliverableState if one not in DUE))
    owed.sort(key=lambda one: (order.index(one.state), one.deliverable.due is None, one.deliverable.due or today))
    may_edit = may_over(actor, Right.EDIT_RECORDS, studies_writing.owner_of(found))
    return StudyDesk(found, tuple(owed), may_edit)


def editable(catalogue: Catalogue, actor: Actor, name: str) -> StudyRecord:
    """The study as one who may write to it sees it. NotFound; NotAllowed."""
    return _seen(catalogue, actor, name, Right.EDIT_RECORDS)


def _seen(catalogue: Catalogue, actor: Actor, name: str, right: Right) -> StudyRecord:
    with catalogue.sessions.read() as session:
        found = queries.study_page(session, queries.address(session, "study", name).id, public_only=False)
        if not studies_writing.is_visible(found, actor):
            raise NotFound(f"There is no study called {name!r}.")
        demand_over(actor, right, studies_writing.owner_of(found))
        return seen_by(session, actor, found)


def as_read(catalogue: Catalogue, actor: Actor, study_id: UUID, version: str) -> StudyRecord | None:
    """The study as it stood in that version, for one who may write to it; None where that is not kept."""
    with catalogue.sessions.read() as session:
        found = revisions.record_at(session, "study", study_id, version)
        if not isinstance(found, StudyRecord):
            return None
        demand_over(actor, Right.EDIT_RECORDS, studies_writing.owner_of(found))
        return seen_by(session, actor, found)


def agencies(catalogue: Catalogue, actor: Actor) -> Sequence[OrganizationRef]:
    """The agencies for which the actor may write studies, by slug. NotAllowed where there can be none."""
    demand(actor, Right.EDIT_RECORDS)
    where = organizations_where(actor, Right.EDIT_RECORDS)
    wanted = select(Organization).where(Organization.state == "active").order_by(Organization.slug)
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted if where is None else wanted.where(Organization.id.in_(where)))
        return [ref for row in rows if (ref := organization_ref(row))]


def for_report(catalogue: Catalogue, actor: Actor, study: str, owed: UUID | None = None) -> DatasetRecord:
    """A record to begin with for what a study owes (`owed`: the id of the deliverable): titled, numbered and with its
    performers as the study has them, a draft. NotFound; NotAllowed.
    """
    found = editable(catalogue, actor, study)
    deliverable = _deliverable(found, owed) if owed else None
    kind = DeliverableKind.FINAL_REPORT if deliverable is None else deliverable.kind
    bodies = [one.name.show("ru").value for one in found.performers]
    return DatasetRecord(
        title=found.title,
        type=DatasetType.DATASET if kind is DeliverableKind.DATASET else DatasetType.REPORT,
        keywords=found.keywords,
        subjects=found.subjects,
        themes=found.themes,
        organization=found.organization,
        performer=found.performers[0].name if len(bodies) == 1 else Text.of("; ".join(bodies)),
        contributors=tuple(_contributors(found)),
        register_number=found.register_number,
        temporal=_period(deliverable) or found.period,
        state=RecordState.DRAFT,
    )


def _period(deliverable: Deliverable | None) -> Period | None:
    """The year that an interim report is of, where its period is one."""
    said = deliverable.period if deliverable else ""
    year = PartialDate(int(said)) if said.isascii() and said.isdecimal() and len(said) == 4 and said > "0000" else None
    return Period(year, year) if year else None


def _contributors(study: StudyRecord) -> Iterator[Contributor]:
    """Its people as creators, the leaders as leaders, each with the body they work for; then the bodies."""
    for body in study.performers:
        name = body.name.show("ru").value
        for one in body.people:
            yield dataclasses.replace(one, affiliation=one.affiliation or name)
        if body.bin or body.ror:
            yield Contributor(name, ContributorRole.PERFORMER, is_organization=True, ror=body.ror, bin=body.bin)


def _deliverable(study: StudyRecord, owed: UUID) -> Deliverable:
    found = (one for contract in study.contracts for one in contract.deliverables if one.id == owed)
    deliverable = next(found, None)
    if deliverable is None:
        raise NotFound("The study owes no such thing any more.")
    return deliverable


def met(catalogue: Catalogue, actor: Actor, study: str, owed: UUID, dataset: UUID) -> StudyRecord:
    """Note that this dataset meets what the study owes; the study as it is stored then. NotFound; NotAllowed; Invalid
    where there is no such dataset for the actor.
    """
    ref = study_ties.datasets_named(catalogue, actor, [str(dataset)]).get(str(dataset))
    if ref is None:
        raise NotFound("There is no such record.")

    def depositing(one: Deliverable) -> Deliverable:
        return dataclasses.replace(one, dataset=ref) if one.id == owed else one

    def change(before: StudyRecord) -> StudyRecord:
        _deliverable(before, owed)

        def meeting(one: Contract) -> Contract:
            return dataclasses.replace(one, deliverables=tuple(map(depositing, one.deliverables)))

        return dataclasses.replace(before, contracts=tuple(map(meeting, before.contracts)))

    return studies_writing.replace(catalogue, actor, study, change)
