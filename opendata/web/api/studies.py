"""/api/v1/studies: the register of commissioned studies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from opendata.catalog.records import (
    Contract,
    DatasetRef,
    Deliverable,
    StudyRecord,
)
from opendata.errors import Invalid, Moved
from opendata.services import listing, register, registering
from opendata.services.rights import Right
from opendata.web.api import components, cursors, merge_patch
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    NAME,
    PATCH_TYPE,
    Answer,
    Body,
    Call,
    fields_of,
    listed,
    operation,
)
from opendata.web.api.dataset_json import name_of, organization_line
from opendata.web.api.datasets import ORGANIZATION, REASON, SINCE, STATE, agency_of, place_of, since_of
from opendata.web.api.problems import check, pointed
from opendata.web.api.shapes import Faults, Json, hints, json_of
from opendata.web.api.shapes import fields_of as read_fields
from opendata.web.api.study_shapes import (
    ContractLine,
    DatasetLine,
    DeliverableLine,
    Study,
    StudyGiven,
)
from opendata.web.this_site import the_site

SHOWN = components.ref(Study)
CHOSEN = components.part(Study)
FIELDS = fields_of(Study)
PLAIN = (
    "id", "slug", "register_number", "title", "description", "keywords", "subjects", "themes", "unit", "official",
    "performers", "programme", "call", "priority", "period", "status", "disclosure", "evaluation", "utilisations",
    "state", "private", "demo", "tombstone", "metadata_created", "metadata_modified",
)  # fmt: skip
WRITTEN = tuple(name for name, _ in hints(StudyGiven) if name not in ("organization", "contracts"))


def _names(kind: Any) -> set[str]:
    return {name for name, _ in hints(kind)}


SHOWN_ONLY = _names(Study) - _names(StudyGiven)
GIVEN = components.given(StudyGiven, shown=SHOWN_ONLY)
PATCH = components.patch(StudyGiven)


def shown(call: Call, record: StudyRecord) -> Json:
    """The study as the one who asks may see it."""
    site, today = the_site(), call.catalogue.today()
    same: dict[str, Any] = {name: getattr(record, name) for name in PLAIN}
    return json_of(
        Study(
            **same,
            url=f"{site.url}/study/{record.slug}",
            permanent_url=site.permanent(record.id),
            organization=organization_line(record.organization),
            contracts=tuple(_contract(one, today) for one in record.contracts),
            due_state=record.due_state(today),
            datasets=tuple(_dataset(one) for one in record.datasets),
        )
    )


def _dataset(ref: DatasetRef) -> DatasetLine:
    return DatasetLine(ref.id, ref.slug, ref.title, ref.type, ref.issued)


def _contract(one: Contract, today: dt.date) -> ContractLine:
    owed = tuple(
        DeliverableLine(
            kind=each.kind,
            period=each.period,
            due=each.due,
            delivered=each.delivered,
            accepted=each.accepted,
            returned=each.returned,
            withheld=each.withheld,
            dataset=_dataset(each.dataset) if each.dataset else None,
            state=each.state(today),
        )
        for each in one.deliverables
    )
    return ContractLine(one.contract_number, one.signed, one.amount, one.currency, one.contract_type, owed)


@operation(
    "GET",
    "/studies",
    tag="studies",
    parameters=(CURSOR, LIMIT, FIELDS, ORGANIZATION, SINCE, STATE),
    gives=listed(CHOSEN),
    statuses=(404,),
)
def list_studies(call: Call) -> Answer:
    """List studies. In the order of ids, each of them once, whatever changes meanwhile."""
    found, last = listing.studies(
        call.catalogue,
        call.actor,
        place_of(call),
        call["limit"],
        organization=call["organization"],
        since=since_of(call),
        state=call["state"],
    )
    following = cursors.encode(str(last or ""), call.given)
    return Answer({"items": [shown(call, one) for one in found], "next": following or None}, next=following)


def record_of(call: Call) -> StudyRecord:
    """The study that the address names, by slug or id. NotFound; Moved from a former slug; Gone."""
    name = str(call["name"])
    try:
        return register.page(call.catalogue, call.actor, name).record
    except Moved as moved:
        found = register.page(call.catalogue, call.actor, moved.slug).record
        if str(found.id) != name.lower():
            raise
        return found


@operation("GET", "/studies/{name}", tag="studies", parameters=(NAME, FIELDS), gives=CHOSEN, statuses=(308, 410))
def show_study(call: Call) -> Answer:
    """Show a study with its contracts and what they owe. By slug or id."""
    record = record_of(call)
    return Answer(shown(call, record), version=registering.version(record))


def _said(data: Json) -> StudyGiven:
    if isinstance(data, dict):
        data = {name: value for name, value in data.items() if name not in SHOWN_ONLY}
        if "organization" in data:
            data["organization"] = name_of(data["organization"])
        if isinstance(data.get("contracts"), list):
            data["contracts"] = [_bare_contract(one) for one in data["contracts"]]
    faults = Faults()
    found = read_fields(StudyGiven, data, "", faults)
    check(faults)
    return StudyGiven(**(found or {}))


def _bare_contract(data: Json) -> Json:
    if not isinstance(data, dict) or not isinstance(data.get("deliverables"), list):
        return data
    owed = [
        {name: value for name, value in one.items() if name not in ("dataset", "state")}
        if isinstance(one, dict)
        else one
        for one in data["deliverables"]
    ]
    return {**data, "deliverables": owed}


def _record(said: StudyGiven) -> StudyRecord:
    contracts = tuple(
        Contract(
            one.contract_number,
            one.signed,
            one.amount,
            one.currency,
            one.contract_type,
            tuple(
                Deliverable(
                    kind=each.kind,
                    period=each.period,
                    due=each.due,
                    delivered=each.delivered,
                    accepted=each.accepted,
                    returned=each.returned,
                    withheld=each.withheld,
                )
                for each in one.deliverables
            ),
        )
        for one in said.contracts
    )
    plain: dict[str, Any] = {name: getattr(said, name) for name in WRITTEN}
    return StudyRecord(**plain, contracts=contracts, organization=agency_of(said.organization))


@operation(
    "POST",
    "/studies",
    tag="studies",
    body=Body(
        {JSON_TYPE: GIVEN},
        example={
            "register_number": "0125РК00001",
            "title": {"ru": "Водный баланс", "original": "ru"},
            "organization": "demo-water",
        },
    ),
    gives=SHOWN,
    status=201,
    right=Right.EDIT_RECORDS,
)
def register_study(call: Call) -> Answer:
    """Register a study. Its datasets that name the register number are tied to it. 409 for a number that is taken."""
    return _written(call, _record(_said(call.data)), new=True)


@operation(
    "PUT",
    "/studies/{name}",
    tag="studies",
    parameters=(NAME,),
    body=Body({JSON_TYPE: GIVEN}, "As GET gave it, with the changes."),
    gives=SHOWN,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=(410,),
)
def replace_study(call: Call) -> Answer:
    """Replace what the register says of a study."""
    return _changed(call, call.data, record_of(call), call.if_match)


@operation(
    "PATCH",
    "/studies/{name}",
    tag="studies",
    parameters=(NAME,),
    body=Body({PATCH_TYPE: PATCH, JSON_TYPE: PATCH}, "A merge patch (RFC 7396)."),
    gives=SHOWN,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=(410,),
)
def patch_study(call: Call) -> Answer:
    """Change some of what the register says of a study."""

    def attempt(if_match: Collection[str] | None) -> Answer:
        before = record_of(call)
        data = merge_patch.patched(shown(call, before), call.data, StudyGiven)
        return _changed(call, data, before, {registering.version(before)} if if_match is None else if_match)

    return merge_patch.attempted(attempt, call.if_match)


@operation(
    "DELETE",
    "/studies/{name}",
    tag="studies",
    parameters=(NAME, REASON),
    status=204,
    right=Right.WITHDRAW_RECORDS,
    versioned=True,
)
def withdraw_study(call: Call) -> Answer:
    """Withdraw a study. Its tombstone stays at its address, with the reason, and its datasets are tied to it no more;
    …/restore brings it back.
    """
    registering.withdraw(call.catalogue, call.actor, str(call["name"]), call["reason"], if_versions=call.if_match)
    return Answer(status=204)


@operation(
    "POST",
    "/studies/{name}/restore",
    tag="studies",
    parameters=(NAME,),
    gives=SHOWN,
    right=Right.WITHDRAW_RECORDS,
)
def restore_study(call: Call) -> Answer:
    """Restore a withdrawn study. Datasets that name its number are tied to it again."""
    slug = registering.restore(call.catalogue, call.actor, str(call["name"]))
    stands = register.page(call.catalogue, call.actor, slug).record
    return Answer(shown(call, stands), version=registering.version(stands))


def _changed(call: Call, data: Json, before: StudyRecord, if_match: Collection[str] | None) -> Answer:
    said = _record(_said(data))
    if said.register_number != before.register_number:
        raise Invalid("The register number names the study and stays what it is.")
    return _written(call, replace(said, id=before.id), new=False, if_match=if_match)


def _written(call: Call, record: StudyRecord, *, new: bool, if_match: Collection[str] | None = None) -> Answer:
    try:
        slug = registering.write(call.catalogue, call.actor, record, new=new, if_versions=if_match)
    except Invalid as error:
        raise Invalid(error.message, pointed(error.problems)) from error
    stands = register.page(call.catalogue, call.actor, slug).record
    location = f"/api/v1/studies/{slug}" if new else ""
    return Answer(shown(call, stands), 201 if new else 200, version=registering.version(stands), location=location)
