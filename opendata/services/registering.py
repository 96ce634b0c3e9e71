"""Studies written into the register one at a time, by people and programs."""

from __future__ import annotations

from dataclasses import replace

from opendata.catalog.records import StudyRecord
from opendata.errors import Conflict, Invalid, Problem
from opendata.services import register
from opendata.services.accepting import organization_named
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand
from opendata.store import queries


def write(catalogue: Catalogue, actor: Actor, record: StudyRecord, *, new: bool) -> str:
    """Register the study, or (not `new`) write over the one with its register number; its slug.

    Its organisation may be named by slug or id. Conflict for a `new` one whose number is taken. Invalid names
    everything that is wrong, also what could not be kept as it was given.
    """
    demand(actor, Right.EDIT_RECORDS)
    with catalogue.sessions.write.begin() as session:
        known = queries.study_by_register_number(session, record.register_number)
        if known is not None and new:
            raise Conflict(f"The register has a study {record.register_number!r} already.")
        organization = organization_named(session, record.organization)
        if organization is None:
            message = "Name the agency that commissioned the study."
            raise Invalid(message, [Problem("no_organization", message, "organization")])
        saved = register.save(session, catalogue, actor, replace(record, organization=organization))
        if saved.warnings:
            raise Invalid(" ".join(one.message for one in saved.warnings), saved.warnings)
        return queries.study_page(session, saved.id, public_only=False).slug
