"""Studies written into the register one at a time, by people and programs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState, StudyRecord
from opendata.errors import Changed, Conflict, Invalid, NotFound, Problem
from opendata.services import register
from opendata.services.accepting import organization_named
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand, demand_over
from opendata.store import queries


def version(record: StudyRecord) -> str:
    """Names this state of the study: every change of what the register says of it gives another one."""
    return f"{record.metadata_modified:%Y%m%d%H%M%S%f}" if record.metadata_modified else ""


def write(
    catalogue: Catalogue,
    actor: Actor,
    record: StudyRecord,
    *,
    new: bool,
    if_versions: Collection[str] | None = None,
) -> str:
    """Register the study, or (not `new`) write over the one with its register number; its slug.

    `if_versions`: one of these must stand, else Changed. Its organisation may be named by slug or id. Conflict for a
    `new` one whose number is taken. Invalid names everything that is wrong, also what could not be kept as it was.
    """
    demand(actor, Right.EDIT_RECORDS)
    with catalogue.sessions.write.begin() as session:
        known = queries.study_by_register_number(session, record.register_number)
        if known is not None and new:
            raise Conflict(f"The register has a study {record.register_number!r} already.")
        if known is not None:
            _demand_version(queries.study_page(session, known, public_only=False), if_versions)
        organization = organization_named(session, record.organization)
        if organization is None:
            message = "Name the agency that commissioned the study."
            raise Invalid(message, [Problem("no_organization", message, "organization")])
        saved = register.save(session, catalogue, actor, replace(record, organization=organization))
        if saved.warnings:
            raise Invalid(" ".join(one.message for one in saved.warnings), saved.warnings)
        return queries.study_page(session, saved.id, public_only=False).slug


def withdraw(
    catalogue: Catalogue, actor: Actor, name: str, reason: str = "", *, if_versions: Collection[str] | None = None
) -> None:
    """Withdraw the study called `name`; its tombstone stays. Nothing happens to one that is withdrawn. NotFound;
    Changed where none of `if_versions` stands.
    """
    with catalogue.sessions.write.begin() as session:
        stored = _withdrawable(session, actor, name)
        _demand_version(stored, if_versions)
        if stored.state is not RecordState.WITHDRAWN and stored.id is not None:
            register.take_back(session, catalogue, actor, stored.id, reason)


def restore(catalogue: Catalogue, actor: Actor, name: str) -> str:
    """Bring a withdrawn study back into the register; its slug. Conflict for one that is not withdrawn."""
    with catalogue.sessions.write.begin() as session:
        stored = _withdrawable(session, actor, name)
        if stored.state is not RecordState.WITHDRAWN or stored.id is None:
            raise Conflict(f"The study {name!r} is not withdrawn.")
        register.bring_back(session, catalogue, actor, stored.id)
        return stored.slug


def _withdrawable(session: Session, actor: Actor, name: str) -> StudyRecord:
    found = queries.study_page(session, queries.address(session, "study", name).id, public_only=False)
    if not register.is_visible(found, actor):
        raise NotFound(f"There is no study called {name!r}.")
    demand_over(actor, Right.WITHDRAW_RECORDS, found.organization.id if found.organization else None)
    return found


def _demand_version(stored: StudyRecord, wanted: Collection[str] | None) -> None:
    if wanted is not None and version(stored) not in wanted:
        raise Changed(f"The study {stored.slug!r} was changed meanwhile. Read it again and repeat the change.")
