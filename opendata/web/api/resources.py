"""/api/v1/datasets/…/resources: the files and links of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial as partial_of
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import request

from opendata.catalog.normalise import clean_text
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.errors import Invalid, NotFound, Problem
from opendata.services import attaching, changing, writing
from opendata.services.changing import Outcome, ReviewAction
from opendata.services.rights import Right, may_over
from opendata.services.uploads import partial
from opendata.web.api import asked, components, dataset_json, merge_patch
from opendata.web.api import dataset_shapes as shapes
from opendata.web.api.contract import (
    FORM_TYPE,
    JSON_TYPE,
    NAME,
    PATCH_TYPE,
    Answer,
    Body,
    Call,
    fields_of,
    id_in_path,
    operation,
)
from opendata.web.api.dataset_calls import demand_version, record_of
from opendata.web.api.life import Life, waits
from opendata.web.api.problems import Malformed, check, with_pointers
from opendata.web.api.shapes import Faults, Json, Schema, json_of
from opendata.web.this_site import the_site

SHOWN = components.ref(shapes.Resource)
CHOSEN = components.part(shapes.Resource)
GIVEN = components.given(shapes.ResourceGiven, shown=dataset_json.RESOURCE_SHOWN_ONLY)
PATCH = components.patch(shapes.ResourceGiven)
FIELDS = fields_of(shapes.Resource)
RESOURCE = id_in_path("resource_id", "Id of the file.")
FILE: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
FORM: Schema = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": FILE,
        "resource": GIVEN,
    },
    "additionalProperties": False,
}
WHY: Schema = {
    "type": "string",
    "maxLength": 2000,
    "description": "Why the bytes are replaced; everybody reads it beside the earlier version.",
}
BYTES: Schema = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": FILE, "why": WHY},
    "additionalProperties": False,
}
PIECES: Schema = {
    "type": "object",
    "required": ["upload"],
    "properties": {"upload": {"type": "string", "format": "uuid"}, "why": WHY},
    "additionalProperties": False,
}
SENT = components.named(
    "ResourceUpload",
    {
        "description": "A link, or a file that was sent in pieces to /api/v1/uploads/files (`upload` is its id).",
        "anyOf": [
            {
                "type": "object",
                "required": ["upload"],
                "additionalProperties": False,
                "properties": {"upload": {"type": "string", "format": "uuid"}, "resource": GIVEN},
            },
            GIVEN,
        ],
    },
)
REASONS = (410,)
WAITING = components.ref(Life)


def shown(call: Call, file: ResourceRecord, record: DatasetRecord) -> Json:
    """The file as the one who asks may see it."""
    owner = record.organization.id if record.organization else None
    closed_too = may_over(call.actor, Right.SEE_WITHHELD_FILES, owner)
    return json_of(dataset_json.resource(file, record, the_site(), call.catalogue.today(), closed_too=closed_too))


def file_in(record: DatasetRecord, resource_id: UUID) -> ResourceRecord:
    """The file of that id. NotFound."""
    for one in record.resources:
        if one.id == resource_id:
            return one
    raise NotFound(f"The dataset {record.slug!r} has no file {resource_id}.")


@operation(
    "GET",
    "/datasets/{name}/resources",
    tag="resources",
    parameters=(NAME, FIELDS),
    gives={
        "type": "object",
        "required": ["items", "next"],
        "additionalProperties": False,
        "properties": {"items": {"type": "array", "items": CHOSEN}, "next": {"type": "null"}},
    },
    statuses=(308, 410),
)
def list_resources(call: Call) -> Answer:
    """List the files of a dataset. All of them, in their order."""
    record = record_of(call)
    items = [shown(call, one, record) for one in record.resources]
    return Answer({"items": items, "next": None}, version=writing.version(record))


@operation(
    "GET",
    "/datasets/{name}/resources/{resource_id}",
    tag="resources",
    parameters=(NAME, RESOURCE, FIELDS),
    gives=CHOSEN,
    statuses=(308, 410),
)
def show_resource(call: Call) -> Answer:
    """Show a file of a dataset. Its bytes are at its `content_url`."""
    record = record_of(call)
    return Answer(shown(call, file_in(record, call["resource_id"]), record), version=writing.version(record))


@operation(
    "POST",
    "/datasets/{name}/resources",
    tag="resources",
    parameters=(NAME,),
    body=Body(
        {FORM_TYPE: FORM, JSON_TYPE: SENT},
        "The file as the part `file` of a form, with its name; or JSON: a link, or the id of a file sent in pieces.",
    ),
    gives=SHOWN,
    status=201,
    waiting=WAITING,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=REASONS,
)
def create_resource(call: Call) -> Answer:
    """Add a file or a link to a dataset. Where the agency reviews what is public, an editor's waits (202)."""
    record = record_of(call)
    source, said = _sent(call)
    new = dataset_json.file_over(ResourceRecord(), said, None)
    if source is None and not (said.download_url or said.access_url):
        message = "A link has an address: download_url or access_url."
        raise Invalid(message, [Problem("no_address", message, "#/download_url")])
    if source is None:
        known = {one.id for one in record.resources}

        def change(stored: DatasetRecord) -> DatasetRecord:
            demand_version(call, stored)
            return replace(stored, resources=(*stored.resources, replace(new, position=len(stored.resources))))

        with with_pointers():
            made = changing.change(call.catalogue, call.actor, record.slug, change)
        key = next(one.id for one in reversed(made.record.resources) if one.id not in known)
    else:
        made, key = _attached(call, record, source, new, None)
    return _written(call, made, key, 201)


MOST_WHY = 2000
"""Characters of the reason for which bytes are replaced."""

Sending = AbstractContextManager[tuple[BinaryIO, str]]


def _sent(call: Call) -> tuple[Sending | None, shapes.ResourceGiven]:
    """Where the bytes come from (None for a link), and what is said of the file."""
    if call.media_type == FORM_TYPE:
        sending = file_in_form("resource")
        told = request.form.get("resource", "")
        return sending, _said(asked.parsed(told.encode()) if told else {})
    data: Any = call.data
    if isinstance(data, dict) and "upload" in data:
        if set(data) - {"upload", "resource"}:
            raise Malformed("Beside “upload” stands nothing but “resource”.")
        return partial.whole(call.catalogue, call.actor, id_given(data["upload"])), _said(data.get("resource", {}))
    return None, _said(data)


def file_in_form(*beside: str) -> Sending:
    """The part `file` of the form, beside which these others may stand."""
    for name in (*request.form, *request.files):
        if name not in ("file", *beside):
            raise Malformed(f"The form has a part {name[:100]!r}. Known: file, {', '.join(beside)}.")
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Malformed("Send the file as the part “file”, with its name.")
    return nullcontext((cast("BinaryIO", given.stream), given.filename))


def _new_bytes(call: Call) -> tuple[Sending, str]:
    """Where other bytes of a file come from, and why they do."""
    if call.media_type == FORM_TYPE:
        return file_in_form("why"), clean_text(request.form.get("why", ""))[0][:MOST_WHY]
    data: Any = call.data
    if not isinstance(data, dict) or set(data) - {"upload", "why"} or not isinstance(data.get("why", ""), str):
        raise Malformed("Give “upload”, the id of a file that was sent in pieces, and “why” as text.")
    sending = partial.whole(call.catalogue, call.actor, id_given(data.get("upload")))
    return sending, clean_text(data.get("why", ""))[0][:MOST_WHY]


def id_given(given: Json) -> UUID:
    """The id of a file, as it was given. Malformed."""
    try:
        return UUID(given)
    except (ValueError, AttributeError, TypeError):
        raise Malformed("“upload” must be the id of a file that was sent in pieces, “replaces” that of one.") from None


def _said(data: Json) -> shapes.ResourceGiven:
    faults = Faults()
    said = dataset_json.taken_resource(data, faults)
    check(faults)
    assert said is not None  # else there were faults
    return said


def _attached(
    call: Call, record: DatasetRecord, source: Sending, new: ResourceRecord | None, replaces: UUID | None, why: str = ""
) -> tuple[Outcome, UUID]:
    """What became of the dataset with the file that was sent, and the id of that."""
    put, key = attaching.placed(new, replaces, partial_of(demand_version, call))
    with with_pointers(), source as (stream, filename):
        files = {attaching.SENT: (stream, (new.filename if new else "") or filename)}
        made = attaching.attach_by(call.catalogue, call.actor, record.slug, files, put, why=why, propose=True)
    return made, key


def _written(call: Call, made: Outcome, resource_id: UUID | None, status: int = 200) -> Answer:
    """The file as it stands; where the change waits, where it does."""
    if made.review is ReviewAction.PROPOSED:
        return waits(call, "dataset", made.record.slug)
    record = record_of(call)
    assert resource_id is not None  # it is stored
    location = f"/api/v1/datasets/{record.slug}/resources/{resource_id}" if status == 201 else ""
    data = shown(call, file_in(record, resource_id), record)
    return Answer(data, status, version=writing.version(record), location=location)


@operation(
    "PUT",
    "/datasets/{name}/resources/{resource_id}",
    tag="resources",
    parameters=(NAME, RESOURCE),
    body=Body({JSON_TYPE: GIVEN}, "As GET gave it, with the changes."),
    gives=SHOWN,
    waiting=WAITING,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=REASONS,
)
def replace_resource(call: Call) -> Answer:
    """Replace what is said of a file. The bytes stay; …/content replaces them. An editor's change of what is public
    waits where the agency reviews it (202).
    """
    return _changed(call, lambda _: call.data)


@operation(
    "PATCH",
    "/datasets/{name}/resources/{resource_id}",
    tag="resources",
    parameters=(NAME, RESOURCE),
    body=Body({PATCH_TYPE: PATCH, JSON_TYPE: PATCH}, "A merge patch (RFC 7396)."),
    gives=SHOWN,
    waiting=WAITING,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=REASONS,
)
def patch_resource(call: Call) -> Answer:
    """Change some of what is said of a file. An editor's change of what is public waits where the agency reviews it
    (202).
    """
    return _changed(call, lambda current: merge_patch.patched(current, call.data, shapes.ResourceGiven))


def _changed(call: Call, body: Callable[[Json], Json]) -> Answer:
    record, resource_id = record_of(call), call["resource_id"]
    today = call.catalogue.today()
    current = json_of(dataset_json.resource(file_in(record, resource_id), record, the_site(), today, closed_too=True))
    before, said = _said(current), _said(body(current))
    if said.id not in (None, resource_id):
        raise Invalid("The id of a file stays what it is.")

    def change(stored: DatasetRecord) -> DatasetRecord:
        demand_version(call, stored)
        file_in(stored, resource_id)
        changed = (
            dataset_json.file_over(one, said, before) if one.id == resource_id else one for one in stored.resources
        )
        return replace(stored, resources=tuple(changed))

    with with_pointers():
        made = changing.change(call.catalogue, call.actor, record.slug, change)
    return _written(call, made, resource_id)


@operation(
    "PUT",
    "/datasets/{name}/resources/{resource_id}/content",
    tag="resources",
    parameters=(NAME, RESOURCE),
    body=Body(
        {FORM_TYPE: BYTES, JSON_TYPE: PIECES},
        "The file as the part `file` of a form; or JSON with the id of a file sent in pieces.",
    ),
    gives=SHOWN,
    waiting=WAITING,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=REASONS,
)
def replace_content(call: Call) -> Answer:
    """Replace the bytes of a file. What is said of it stays, and what it had is an earlier version from then on. An
    editor's bytes for what is public wait where the agency reviews it (202).
    """
    record, resource_id = record_of(call), call["resource_id"]
    file_in(attaching.current(call.catalogue, call.actor, record.slug), resource_id)
    source, why = _new_bytes(call)
    made, _ = _attached(call, record, source, None, resource_id, why)
    return _written(call, made, resource_id)


@operation(
    "DELETE",
    "/datasets/{name}/resources/{resource_id}",
    tag="resources",
    parameters=(NAME, RESOURCE),
    status=204,
    waiting=WAITING,
    right=Right.EDIT_RECORDS,
    versioned=True,
    statuses=REASONS,
)
def delete_resource(call: Call) -> Answer:
    """Take a file out of a dataset. That an editor takes one out of what is public waits where the agency reviews it
    (202).
    """
    record, resource_id = record_of(call), call["resource_id"]

    def change(stored: DatasetRecord) -> DatasetRecord:
        demand_version(call, stored)
        file_in(stored, resource_id)
        return replace(stored, resources=tuple(one for one in stored.resources if one.id != resource_id))

    with with_pointers():
        made = changing.change(call.catalogue, call.actor, record.slug, change)
    return _written(call, made, None) if made.review is ReviewAction.PROPOSED else Answer(status=204)
