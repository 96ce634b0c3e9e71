"""/api/v1/datasets/batch: many datasets made together, all of them or none."""

from __future__ import annotations

from typing import Any

from opendata.catalog.records import DatasetRecord
from opendata.errors import Gone, Invalid, Problem
from opendata.services import datasets, writing
from opendata.services.rights import Right
from opendata.web.api import components, dataset_json
from opendata.web.api.contract import JSON_TYPE, MEBIBYTE, Answer, Body, Call, operation
from opendata.web.api.dataset_calls import agency_of, shown
from opendata.web.api.datasets import GIVEN, SHOWN
from opendata.web.api.problems import Malformed, check, pointed
from opendata.web.api.shapes import Faults

MOST_BATCH = 100
"""Datasets that are written in one transaction: other writers wait for it meanwhile."""
BATCH_BYTES = 10 * MEBIBYTE


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
    and every problem of each. What somebody else has to publish is sent in.
    """
    records = _batch(call)
    try:
        made = writing.create_many(call.catalogue, call.actor, records, sends_in=True)
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
