"""/api/v1/datasets/…/resources/…/versions and …/disclosure: what a file had before, and who may have it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Text
from opendata.services import disclosing, file_versions, writing
from opendata.services.file_versions import FileVersion
from opendata.services.rights import Right
from opendata.web.api import components
from opendata.web.api.contract import (
    JSON_TYPE,
    NAME,
    Answer,
    Body,
    Call,
    fields_of,
    listed,
    number_in_path,
    operation,
)
from opendata.web.api.dataset_calls import demand_version, record_of
from opendata.web.api.life import Life, waits
from opendata.web.api.problems import check, with_pointers
from opendata.web.api.resources import RESOURCE, SHOWN, file_in, shown
from opendata.web.api.shapes import Faults, Json, json_of, read
from opendata.web.this_site import the_site

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ResourceVersion:
    """Bytes that a file had from `created` until `replaced`, and `why` it got others. Of one that may not be had
    (`available`) nothing is told but its number, its times and the `reason`.
    """

    number: int
    created: dt.datetime
    replaced: dt.datetime
    replaced_by: str
    why: str
    available: bool
    withheld: bool
    reason: str
    content_url: str
    filename: str
    format: str
    media_type: str
    byte_size: int | None
    checksum: str


@dataclass(frozen=True, slots=True)
class WithholdingGiven:
    """Why an earlier version is withheld; the public is told."""

    reason: str


@dataclass(frozen=True, slots=True)
class FileDisclosureGiven:
    """Who may have a file. `until` is the first day, in the site's time zone, on which it is open."""

    status: DisclosureStatus
    until: dt.date | None = None
    legal_ground: str = ""
    reason: Text = Text()


@dataclass(frozen=True, slots=True)
class DisclosuresGiven:
    """The same for several files of a dataset, by their ids."""

    resources: tuple[UUID, ...]
    disclosure: FileDisclosureGiven


VERSION = number_in_path("number", "Number of the version, from 1 on.")
FIELDS = fields_of(ResourceVersion)
CHOSEN = components.part(ResourceVersion)
REASONS = (410,)
AT = "/datasets/{name}/resources/{resource_id}"


def _version(slug: str, resource_id: UUID, one: FileVersion) -> ResourceVersion:
    name = f"/{quote(one.filename, safe='')}" if one.filename else ""
    address = f"{the_site().url}/dataset/{slug}/resource/{resource_id}/version/{one.number}/download{name}"
    return ResourceVersion(
        number=one.number,
        created=one.created,
        replaced=one.replaced,
        replaced_by=one.person,
        why=one.why,
        available=one.available,
        withheld=one.withheld,
        reason=one.reason,
        content_url=address if one.available else "",
        filename=one.filename,
        format=one.format,
        media_type=one.media_type,
        byte_size=one.byte_size,
        checksum=one.checksum,
    )


def _taken(kind: type[T], data: Json) -> T:
    faults = Faults()
    found: Any = read(kind, data, "", faults)
    check(faults)
    taken: T = found
    return taken


@operation(
    "GET",
    f"{AT}/versions",
    tag="resources",
    parameters=(NAME, RESOURCE, FIELDS),
    gives=listed(CHOSEN),
    statuses=(308, 410),
)
def list_resource_versions(call: Call) -> Answer:
    """List the earlier versions of a file. The newest first; the present one is the file itself."""
    record, resource_id = record_of(call), call["resource_id"]
    file_in(record, resource_id)
    found = file_versions.of_dataset(call.catalogue, call.actor, record).get(resource_id, ())
    items = [json_of(_version(record.slug, resource_id, one)) for one in found]
    return Answer({"items": items, "next": None}, version=writing.version(record))


@operation(
    "GET",
    f"{AT}/versions/{{number}}",
    tag="resources",
    parameters=(NAME, RESOURCE, VERSION, FIELDS),
    gives=CHOSEN,
    statuses=(308, 410),
)
def show_resource_version(call: Call) -> Answer:
    """Show an earlier version of a file. Its bytes stay at its `content_url`."""
    return _shown(call, record_of(call))


def _shown(call: Call, record: DatasetRecord) -> Answer:
    resource_id = call["resource_id"]
    found = file_versions.version(call.catalogue, call.actor, record.slug, resource_id, call["number"])
    return Answer(json_of(_version(record.slug, resource_id, found)), version=writing.version(record))


@operation(
    "PUT",
    f"{AT}/versions/{{number}}/withholding",
    tag="resources",
    parameters=(NAME, RESOURCE, VERSION),
    body=Body({JSON_TYPE: components.given(WithholdingGiven)}, "The reason, in 10 characters or more."),
    gives=components.ref(ResourceVersion),
    right=Right.EDIT_RECORDS,
    statuses=(409, 410),
)
def withhold_resource_version(call: Call) -> Answer:
    """Withhold an earlier version of a file. The file itself, and its other versions, stay as they are."""
    said = _taken(WithholdingGiven, call.data)
    record = record_of(call)
    with with_pointers():
        file_versions.withhold(
            call.catalogue, call.actor, record.slug, call["resource_id"], call["number"], said.reason
        )
    return _shown(call, record_of(call))


@operation(
    "DELETE",
    f"{AT}/versions/{{number}}/withholding",
    tag="resources",
    parameters=(NAME, RESOURCE, VERSION),
    status=204,
    right=Right.PUBLISH_RECORDS,
    statuses=(409, 410),
)
def release_resource_version(call: Call) -> Answer:
    """Show a withheld version again. As far as its file is open."""
    file_versions.release(call.catalogue, call.actor, record_of(call).slug, call["resource_id"], call["number"])
    return Answer(status=204)


@operation(
    "PUT",
    f"{AT}/disclosure",
    tag="resources",
    parameters=(NAME, RESOURCE),
    body=Body({JSON_TYPE: components.given(FileDisclosureGiven)}, "All of it: what is not said is empty."),
    gives=SHOWN,
    waiting=components.ref(Life),
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=REASONS,
)
def disclose_resource(call: Call) -> Answer:
    """Say who may have a file. In force at once; what its source withholds can only be made stricter. Where the agency
    reviews what is public, what an editor says waits for a reviewer (202).
    """
    key = call["resource_id"]
    return _disclosed(
        call, (key,), _taken(FileDisclosureGiven, call.data), lambda record: shown(call, file_in(record, key), record)
    )


def _disclosed(
    call: Call, files: tuple[UUID, ...], said: FileDisclosureGiven, told: Callable[[DatasetRecord], Json]
) -> Answer:
    """What stands then, as `told`; where the change waits, where it does."""
    wish = Disclosure(said.status, said.until, said.legal_ground, said.reason)
    record = record_of(call)
    with with_pointers():
        outcome = disclosing.disclose(
            call.catalogue, call.actor, record.slug, files, wish, check=partial(demand_version, call), propose=True
        )
    if outcome.review is not None:
        return waits(call, "dataset", record.slug)
    after = record_of(call)
    return Answer(told(after), version=writing.version(after))


@operation(
    "PUT",
    "/datasets/{name}/disclosure",
    tag="resources",
    parameters=(NAME,),
    body=Body({JSON_TYPE: components.given(DisclosuresGiven)}, "The files by their ids, and what is said of them."),
    gives={"type": "object", "required": ["items", "next"], "additionalProperties": False,
           "properties": {"items": {"type": "array", "items": SHOWN}, "next": {"type": "null"}}},
    waiting=components.ref(Life),
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=REASONS,
)  # fmt: skip
def disclose_resources(call: Call) -> Answer:
    """Say who may have several files of a dataset. All of them, or none where one is refused. What an editor says where
    the agency reviews what is public waits for a reviewer (202).
    """
    said = _taken(DisclosuresGiven, call.data)

    def told(record: DatasetRecord) -> Json:
        items = [shown(call, one, record) for one in record.resources if one.id in said.resources]
        return {"items": items, "next": None}

    return _disclosed(call, said.resources, said.disclosure, told)
