"""/api/v1/datasets: catalogue entries, read and written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import OrganizationRef
from opendata.errors import Gone, Invalid, Moved, Problem
from opendata.services import datasets, listing, writing
from opendata.services.rights import Right, may_over
from opendata.services.unchanged import demand_unchanged
from opendata.web.api import components, cursors, dataset_json, merge_patch
from opendata.web.api import dataset_shapes as shapes
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    MEBIBYTE,
    NAME,
    PATCH_TYPE,
    Answer,
    Body,
    Call,
    Parameter,
    fields_of,
    listed,
    operation,
)
from opendata.web.api.problems import Malformed, check, pointed, with_pointers
from opendata.web.api.shapes import Faults, Json, json_of
from opendata.web.this_site import the_site

SHOWN = components.ref(shapes.Dataset)
CHOSEN = components.part(shapes.Dataset)
GIVEN = components.given(shapes.DatasetGiven, shown=dataset_json.SHOWN_ONLY)
PATCH = components.patch(shapes.DatasetGiven)
FIELDS = fields_of(shapes.Dataset)
MOST_BATCH = 100
"""Datasets that are written in one transaction: other writers wait for it meanwhile."""
BATCH_BYTES = 10 * MEBIBYTE

ORGANIZATION = Parameter("organization", "Only those of this agency (slug or id) and of those below it.", default="")
SINCE = Parameter(
    "since",
    "Only those whose metadata was changed then or later.",
    {"type": "string", "format": "date-time", "maxLength": 40},
)
STATE = Parameter(
    "state",
    "`public`, or what only the people of its agency see.",
    {"type": "string", "enum": list(listing.STATES)},
    default="public",
)
EXAMPLE: Json = {
    "title": {"ru": "Водный баланс реки Урал", "kk": "Жайық өзенінің су балансы", "original": "ru"},
    "type": "report",
    "organization": "demo-water",
    "license_id": "CC-BY-4.0",
    "issued": "2025-11",
    "keywords": [{"text": "водный баланс", "language": "ru"}],
    "resources": [{"download_url": "https://data.example/balance.csv", "format": "CSV"}],
}


def since_of(call: Call) -> dt.datetime | None:
    """The instant that is given, None for none. Malformed for what is no instant."""
    given = call["since"]
    if given is None:
        return None
    try:
        found = dt.datetime.fromisoformat(given.replace(" ", "+"))  # a plus sign that was not encoded
        return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        message = "“since” must be an instant, such as 2026-06-01T06:00:00Z."
        raise Malformed(message, [Problem("wrong_value", message, "since")]) from None


def shown(call: Call, record: DatasetRecord) -> Json:
    """The dataset as the one who asks may see it."""
    owner = record.organization.id if record.organization else None
    closed_too = may_over(call.actor, Right.SEE_WITHHELD_FILES, owner)
    return dataset_json.given(record, the_site(), call.catalogue.today(), closed_too=closed_too)


@operation(
    "GET",
    "/datasets",
    tag="datasets",
    parameters=(CURSOR, LIMIT, FIELDS, ORGANIZATION, SINCE, STATE),
    gives=listed(CHOSEN),
    statuses=(404,),
)
def list_datasets(call: Call) -> Answer:
    """List datasets. In the order of ids, each of them once, whatever changes meanwhile; what is changed behind a
    reader is told by /api/v1/events.
    """
    organization, since, state = call["organization"], since_of(call), call["state"]
    found, last = listing.datasets(
        call.catalogue,
        call.actor,
        cursors.id_of(call),
        call["limit"],
        organization=organization,
        since=since,
        state=state,
    )
    return cursors.page(call, [shown(call, one) for one in found], last)


@operation("GET", "/datasets/{name}", tag="datasets", parameters=(NAME, FIELDS), gives=CHOSEN, statuses=(308, 410))
def show_dataset(call: Call) -> Answer:
    """Show a dataset. By slug or id; a former slug leads to the present one, a withdrawn record answers 410."""
    record = record_of(call)
    return Answer(shown(call, record), version=writing.version(record))


def record_of(call: Call) -> DatasetRecord:
    """The dataset that the address names: by slug, or by its id, which is as good a name as any.

    NotFound; Moved from a former slug; Gone.
    """
    name = str(call["name"])
    try:
        return datasets.record(call.catalogue, call.actor, name)
    except Moved as moved:
        found = datasets.record(call.catalogue, call.actor, moved.slug)
        if str(found.id) != name.lower():
            raise
        return found


def agency_of(name: str) -> OrganizationRef | None:
    """The agency of that slug or id, which the services look up."""
    if not name:
        return None
    try:
        return OrganizationRef(id=UUID(name))
    except ValueError:
        return OrganizationRef(slug=name)


@operation(
    "POST",
    "/datasets",
    tag="datasets",
    body=Body({JSON_TYPE: GIVEN}, example=EXAMPLE),
    gives=SHOWN,
    status=201,
    right=Right.EDIT_RECORDS,
)
def create_dataset(call: Call) -> Answer:
    """Create a dataset. Its files are links here; files are sent to …/resources afterwards."""
    faults = Faults()
    said = dataset_json.taken(call.data, faults)
    check(faults)
    assert said is not None  # else there were faults
    record = dataset_json.new(said, agency_of(said.organization), faults)
    check(faults)
    with with_pointers():
        made = writing.create(call.catalogue, call.actor, record)
    return written(call, made, status=201)


def written(call: Call, record: DatasetRecord, status: int = 200) -> Answer:
    """The dataset as it stands after a change."""
    location = f"/api/v1/datasets/{record.slug}" if status == 201 else ""
    try:
        stands = datasets.record(call.catalogue, call.actor, record.slug)
    except Gone as gone:
        stands = gone.record if isinstance(gone.record, DatasetRecord) else record
    return Answer(shown(call, stands), status, version=writing.version(stands), location=location)


@operation(
    "PUT",
    "/datasets/{name}",
    tag="datasets",
    parameters=(NAME,),
    body=Body({JSON_TYPE: GIVEN}, "As GET gave it, with the changes. What is left out becomes empty."),
    gives=SHOWN,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=(410,),
)
def replace_dataset(call: Call) -> Answer:
    """Replace a dataset. Fields that are only shown are passed over; files are the same by their id."""
    return _changed(call, lambda _: call.data)


@operation(
    "PATCH",
    "/datasets/{name}",
    tag="datasets",
    parameters=(NAME,),
    body=Body(
        {PATCH_TYPE: PATCH, JSON_TYPE: PATCH},
        "A merge patch (RFC 7396): fields that are named are changed, null empties one, lists are replaced as a whole.",
        example={"license_id": "CC-BY-4.0", "description": {"en": "Measured daily."}},
    ),
    gives=SHOWN,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=(410,),
)
def patch_dataset(call: Call) -> Answer:
    """Change some fields of a dataset."""
    return _changed(call, lambda current: merge_patch.patched(current, call.data, shapes.DatasetGiven))


def _changed(call: Call, body: Callable[[Json], Json]) -> Answer:
    """Write what `body` makes of the dataset as it is shown to the one who asks."""
    record, change = changing(call, body)
    with with_pointers():
        made = writing.replace(call.catalogue, call.actor, record.slug, change)
    return written(call, made)


def patching(call: Call) -> Callable[[DatasetRecord], DatasetRecord]:
    """What the merge patch of the call makes of the dataset. NotFound; Malformed; Invalid."""
    return changing(call, lambda current: merge_patch.patched(current, call.data, shapes.DatasetGiven))[1]


def changing(call: Call, body: Callable[[Json], Json]) -> tuple[DatasetRecord, writing.Change]:
    """The dataset, and what `body` makes of it as it is shown to the one who asks."""
    record = record_of(call)
    outline = dataset_json.shape(record, the_site(), call.catalogue.today(), closed_too=True)
    before = dataset_json.as_given(outline)
    faults = Faults()
    said = dataset_json.taken(body(json_of(outline)), faults)
    check(faults)
    assert said is not None  # else there were faults

    def change(stored: DatasetRecord) -> DatasetRecord:
        demand_version(call, stored)
        made = dataset_json.over(stored, said, before, agency_of(said.organization), faults)
        check(faults)
        return made

    return record, change


def demand_version(call: Call, stored: DatasetRecord) -> None:
    """Changed where If-Match names other versions than the one that stands."""
    demand_unchanged(f"the dataset {stored.slug!r}", writing.version(stored), call.if_match)


REASON = Parameter("reason", "Why, as its tombstone tells everybody.", default="")


@operation(
    "DELETE",
    "/datasets/{name}",
    tag="datasets",
    parameters=(NAME, REASON),
    status=204,
    right=Right.EDIT_RECORDS,
    versioned=True,
)
def withdraw_dataset(call: Call) -> Answer:
    """Withdraw a dataset. Its tombstone stays at its address, with the reason; …/restore brings it back."""
    writing.remove(call.catalogue, call.actor, str(call["name"]), call["reason"], if_version=call.if_match)
    return Answer(status=204)


@operation(
    "POST",
    "/datasets/{name}/restore",
    tag="datasets",
    parameters=(NAME,),
    gives=SHOWN,
    right=Right.EDIT_RECORDS,
)
def restore_dataset(call: Call) -> Answer:
    """Restore a withdrawn dataset."""
    return written(call, writing.restore(call.catalogue, call.actor, str(call["name"])))


@operation(
    "POST",
    "/datasets/batch",
    tag="datasets",
    body=Body(
        {
            JSON_TYPE: components.named(
                "DatasetBatch",
                {
                    "type": "object",
                    "required": ["items"],
                    "additionalProperties": False,
                    "properties": {"items": {"type": "array", "items": GIVEN, "minItems": 1, "maxItems": MOST_BATCH}},
                },
            )
        },
        f"Up to {MOST_BATCH} datasets.",
        max_bytes=BATCH_BYTES,
    ),
    gives=components.named(
        "DatasetBatchResult",
        {
            "type": "object",
            "required": ["items"],
            "additionalProperties": False,
            "properties": {"items": {"type": "array", "items": SHOWN}},
        },
    ),
    status=201,
    right=Right.EDIT_RECORDS,
)
def create_datasets(call: Call) -> Answer:
    """Create many datasets together. They are checked together and written in one transaction: all of them, or none
    and every problem of each.
    """
    records = _batch(call)
    try:
        made = writing.create_many(call.catalogue, call.actor, records)
    except Invalid as error:
        raise Invalid(error.message, _by_item(error)) from error
    return Answer({"items": [shown(call, _full(call, one)) for one in made]}, 201)


def _full(call: Call, record: DatasetRecord) -> DatasetRecord:
    try:
        return datasets.record(call.catalogue, call.actor, record.slug)
    except Gone:
        return record


def _batch(call: Call) -> list[DatasetRecord]:
    data: Any = call.data
    if not isinstance(data, dict) or set(data) != {"items"} or not isinstance(data["items"], list):
        raise Malformed("The body must be an object with the list “items”, and nothing else.")
    if not 1 <= len(data["items"]) <= MOST_BATCH:
        message = f"A batch has 1 to {MOST_BATCH} datasets."
        raise Malformed(message, [Problem("wrong_number", message, "#/items")])
    faults = Faults()
    records = []
    for number, one in enumerate(data["items"]):
        said = dataset_json.taken(one, faults, f"/items/{number}")
        if said is not None:
            records.append(dataset_json.new(said, agency_of(said.organization), faults))
    check(faults)
    return records


def _by_item(error: Invalid) -> list[Problem]:
    """Each problem with a pointer into the item of the list that it is about."""
    found = []
    for one in error.problems:
        found += pointed([one], f"/items/{one.row or 0}")
    return found
