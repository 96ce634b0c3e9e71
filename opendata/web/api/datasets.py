"""/api/v1/datasets: catalogue entries, read and written."""

from __future__ import annotations

from collections.abc import Callable

from opendata.catalog.records import DatasetRecord
from opendata.errors import Gone
from opendata.services import datasets, listing, writing
from opendata.services.rights import Right
from opendata.web.api import components, cursors, dataset_json, merge_patch
from opendata.web.api import dataset_shapes as shapes
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
from opendata.web.api.dataset_calls import (
    ORGANIZATION,
    REASON,
    SINCE,
    STATE,
    agency_of,
    demand_version,
    record_of,
    shown,
    since_of,
)
from opendata.web.api.problems import check, with_pointers
from opendata.web.api.shapes import Faults, Json, json_of
from opendata.web.this_site import the_site

SHOWN = components.ref(shapes.Dataset)
CHOSEN = components.part(shapes.Dataset)
GIVEN = components.given(shapes.DatasetGiven, shown=dataset_json.SHOWN_ONLY)
PATCH = components.patch(shapes.DatasetGiven)
FIELDS = fields_of(shapes.Dataset)
EXAMPLE: Json = {
    "title": {"ru": "Водный баланс реки Урал", "kk": "Жайық өзенінің су балансы", "original": "ru"},
    "type": "report",
    "organization": "demo-water",
    "license_id": "CC-BY-4.0",
    "issued": "2025-11",
    "keywords": [{"text": "водный баланс", "language": "ru"}],
    "resources": [{"download_url": "https://data.example/balance.csv", "format": "CSV"}],
}


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
    """Create a dataset. Its files are links here; files are sent to …/resources afterwards. Where the agency reviews
    what is public, what somebody else has to publish is sent in: it is in_review then.
    """
    faults = Faults()
    said = dataset_json.taken(call.data, faults)
    check(faults)
    assert said is not None  # else there were faults
    record = dataset_json.new(said, agency_of(said.organization), faults)
    check(faults)
    with with_pointers():
        made = writing.create(call.catalogue, call.actor, record, sends_in=True)
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
