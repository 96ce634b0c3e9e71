"""/api/v1/jobs: what a dry run found, and records as their sources gave them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Response

from opendata.catalog.records import DatasetRecord
from opendata.services import desk_previews, desk_problems, editing
from opendata.services.desk_previews import PreviewLine
from opendata.services.rights import Right
from opendata.web import downloads
from opendata.web.api import components, dataset_json
from opendata.web.api import dataset_shapes as shapes
from opendata.web.api.contract import NAME, Answer, Call, Parameter, listed, number_in_path, operation
from opendata.web.api.jobs import JOB, problem
from opendata.web.api.shapes import Json, json_of
from opendata.web.api.source_shapes import JobProblem
from opendata.web.api.sources import SOURCE_NAME
from opendata.web.this_site import the_site

BYTES: Json = {"type": "string", "format": "binary"}
BYTES_TYPE = "application/octet-stream"
"""What a stranger wrote is never shown as a page of ours."""


@dataclass(frozen=True, slots=True)
class JobPreview:
    """A record that a dry run found; `result` is what would become of it, `has_record` whether one can be made."""

    position: int
    identifier: str
    title: str
    result: str
    has_record: bool
    problems: tuple[JobProblem, ...]


@dataclass(frozen=True, slots=True)
class JobPreviewRecord:
    """The same with the record as it would be. It is not in the catalogue: its ids and addresses are of nothing."""

    preview: JobPreview
    record: shapes.Dataset


SHOWN, WITH_RECORD = components.ref(JobPreview), components.ref(JobPreviewRecord)
POSITION = number_in_path("position", "Which of the previews.", least=0, most=2**31 - 1)
IDENTIFIER = Parameter("identifier", "The record's own name at its source.", required=True)


def _shape(line: PreviewLine) -> JobPreview:
    problems = tuple(map(problem, line.problems))
    return JobPreview(line.position, line.identifier, line.title, line.result, line.card is not None, problems)


@operation("GET", "/jobs/{job_id}/previews", tag="jobs", parameters=(JOB,), gives=listed(SHOWN), right=Right.SEE_DESK)
def list_previews(call: Call) -> Answer:
    """List the first records that a dry run found. None of any other run."""
    found = desk_previews.previews(call.catalogue, call.actor, call["job_id"])
    return Answer({"items": [json_of(_shape(one)) for one in found], "next": None})


@operation(
    "GET",
    "/jobs/{job_id}/previews/{position}",
    tag="jobs",
    parameters=(JOB, POSITION),
    gives=WITH_RECORD,
    right=Right.SEE_DESK,
)
def show_preview(call: Call) -> Answer:
    """Show a record as a dry run would make it."""
    line, found = desk_previews.preview(call.catalogue, call.actor, call["job_id"], call["position"])
    return Answer(json_of(JobPreviewRecord(_shape(line), _unlinked(call, found.record))))


def _unlinked(call: Call, record: DatasetRecord) -> shapes.Dataset:
    """The record without the addresses that only being in the catalogue would give it."""
    shown = dataset_json.shape(replace(record, slug="preview"), the_site(), call.catalogue.today(), closed_too=True)
    resources = tuple(replace(one, url="", content_url="", available=False) for one in shown.resources)
    return replace(shown, slug="", url="", permanent_url="", resources=resources)


@operation(
    "GET",
    "/jobs/{job_id}/raw",
    tag="jobs",
    parameters=(JOB, IDENTIFIER),
    gives=BYTES,
    media_type=BYTES_TYPE,
    right=Right.SEE_DESK,
)
def show_raw_record_of_job(call: Call) -> Response:
    """Take a record of a run as its source gave it. Byte for byte: that of a problem, or the one that is kept."""
    content, _ = desk_problems.raw(call.catalogue, call.actor, call["job_id"], call["identifier"])
    return _saved(content, f"record-{call['job_id']}.bin")


@operation(
    "GET",
    "/datasets/{name}/raw/{source}",
    tag="datasets",
    parameters=(NAME, SOURCE_NAME),
    gives=BYTES,
    media_type=BYTES_TYPE,
    right=Right.EDIT_RECORDS,
)
def show_raw_record(call: Call) -> Response:
    """Take a dataset as one of its sources gave it. Byte for byte."""
    found = editing.raw(call.catalogue, call.actor, call["name"], call["source"])
    return _saved(found.content, found.filename)


def _saved(content: bytes, filename: str) -> Response:
    response = Response(content, mimetype=BYTES_TYPE)
    response.headers["Content-Disposition"] = downloads.disposition(filename, inline=False)
    response.headers["Cache-Control"] = "private, no-store"
    return response
