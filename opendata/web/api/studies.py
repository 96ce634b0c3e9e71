"""/api/v1/studies: the register of commissioned studies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opendata.catalog.records import (
    Contract,
    DatasetRef,
    Deliverable,
    DeliverableKind,
    StudyRecord,
)
from opendata.errors import Conflict, Gone, Invalid, Moved, Problem
from opendata.services import listing, register, studies_writing, study_ties
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
from opendata.web.api.dataset_calls import ORGANIZATION, REASON, SINCE, STATE, agency_of, since_of
from opendata.web.api.dataset_json import name_of, organization_line
from opendata.web.api.problems import check, with_pointers
from opendata.web.api.shapes import Faults, Json, hints, json_of
from opendata.web.api.shapes import fields_of as read_fields
from opendata.web.api.study_shapes import (
    ContractLine,
    DatasetLine,
    DeliverableGiven,
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
STAYING = ("slug", "state", "private")
"""What a study keeps where nothing is said of it."""
WRITTEN = tuple(name for name, _ in hints(StudyGiven) if name not in ("organization", "contracts", *STAYING))


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
        cursors.id_of(call),
        call["limit"],
        organization=call["organization"],
        since=since_of(call),
        state=call["state"],
    )
    return cursors.page(call, [shown(call, one) for one in found], last)


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
    return Answer(shown(call, record), version=studies_writing.version(record))


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
    """A contract as it is taken: of what it owes, the dataset by its name or id alone."""
    if not isinstance(data, dict) or not isinstance(data.get("deliverables"), list):
        return data
    return {**data, "deliverables": [_bare_deliverable(one) for one in data["deliverables"]]}


def _bare_deliverable(data: Json) -> Json:
    if not isinstance(data, dict):
        return data
    bare = {name: value for name, value in data.items() if name != "state"}
    if "dataset" in bare:
        bare["dataset"] = "" if bare["dataset"] is None else name_of(bare["dataset"])
    return bare


def _record(call: Call, said: StudyGiven, before: StudyRecord | None = None) -> StudyRecord:
    """The study as it is to be, over the one that stands."""
    named = [owed.dataset for one in said.contracts for owed in one.deliverables if owed.dataset]
    known = study_ties.datasets_named(call.catalogue, call.actor, named) if named else {}
    problems = [
        Problem(
            "study_dataset", f"There is no dataset {owed.dataset!r}.", f"contracts.{at}.deliverables.{number}.dataset"
        )
        for at, one in enumerate(said.contracts)
        for number, owed in enumerate(one.deliverables)
        if owed.dataset and owed.dataset not in known
    ]
    if problems:
        raise Invalid(problems[0].message, problems)
    had = {
        (contract.contract_number, owed.kind, owed.period): owed.dataset
        for contract in (before.contracts if before else ())
        for owed in contract.deliverables
    }
    contracts = tuple(
        Contract(
            one.contract_number,
            one.signed,
            one.amount,
            one.currency,
            one.contract_type,
            tuple(_owed(one.contract_number, each, known, had) for each in one.deliverables),
        )
        for one in said.contracts
    )
    plain: dict[str, Any] = {name: getattr(said, name) for name in WRITTEN}
    plain |= {name: getattr(said, name) for name in STAYING if getattr(said, name) is not None}
    plain |= {name: getattr(before, name) for name in STAYING if before and getattr(said, name) is None}
    return StudyRecord(**plain, contracts=contracts, organization=agency_of(said.organization))


Met = Mapping[tuple[str, DeliverableKind, str], DatasetRef | None]
"""The datasets that met what was owed, by contract, kind and period."""


def _owed(contract: str, said: DeliverableGiven, known: Mapping[str, DatasetRef], had: Met) -> Deliverable:
    stays = had.get((contract, said.kind, said.period)) if said.dataset is None else None
    return Deliverable(
        kind=said.kind,
        period=said.period,
        due=said.due,
        delivered=said.delivered,
        accepted=said.accepted,
        returned=said.returned,
        withheld=said.withheld,
        dataset=known[said.dataset] if said.dataset else stays,
    )


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
    """Register a study. Its datasets that name the register number are tied to it. 409 for a number that is taken.
    Where the agency reviews what is public, what somebody else has to publish is sent in: it is in_review then.
    """
    said = _said(call.data)
    with _told():
        made = studies_writing.create(call.catalogue, call.actor, _record(call, said), sends_in=True)
    return _written(call, made, status=201)


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
    """Replace what the register says of a study. Fields that are only shown are passed over."""
    return _changed(call, lambda _: call.data)


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

    return _changed(call, lambda current: merge_patch.patched(current, call.data, StudyGiven))


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
    """Withdraw a study. Its tombstone stays at its address, with the reason, and its datasets say nothing of it;
    …/restore brings it back.
    """
    name, reason = str(call["name"]), call["reason"]
    studies_writing.remove(call.catalogue, call.actor, name, reason, if_version=call.if_match)
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
    """Restore a withdrawn study: published, or a draft where it never was."""
    return _written(call, studies_writing.restore(call.catalogue, call.actor, str(call["name"])))


def _changed(call: Call, body: Callable[[Json], Json]) -> Answer:
    """Write what `body` makes of the study as it is shown to the one who asks."""

    def attempt(if_match: Collection[str] | None) -> StudyRecord:
        before = record_of(call)
        said = _said(body(shown(call, before)))
        seen = {studies_writing.version(before)} if if_match is None else if_match
        with _told():
            wanted = _record(call, said, before)
            return studies_writing.replace(call.catalogue, call.actor, before.slug, wanted, if_version=seen)

    return _written(call, merge_patch.attempted(attempt, call.if_match))


def patched(call: Call) -> tuple[StudyRecord, StudyRecord]:
    """The study as it stands, and as the merge patch of the call would have it. NotFound; Malformed; Invalid."""
    before = record_of(call)
    said = _said(merge_patch.patched(shown(call, before), call.data, StudyGiven))
    return before, _record(call, said, before)


@contextmanager
def _told() -> Iterator[None]:
    """What the rules refuse is told with pointers into the body; a number that is taken is a conflict."""
    try:
        with with_pointers():
            yield
    except Invalid as error:
        if any(one.code == "number_taken" for one in error.problems):
            raise Conflict(error.message) from error
        raise


def _written(call: Call, record: StudyRecord, status: int = 200) -> Answer:
    """The study as it stands after a change."""
    try:
        stands = register.page(call.catalogue, call.actor, record.slug).record
    except Gone as gone:
        stands = gone.record if isinstance(gone.record, StudyRecord) else record
    location = f"/api/v1/studies/{record.slug}" if status == 201 else ""
    return Answer(shown(call, stands), status, version=studies_writing.version(stands), location=location)
