"""/api/v1/held: files that are held back by a mark of restricted use, and the answers for them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.values import Text
from opendata.services import content_decisions
from opendata.services.rights import Right
from opendata.services.uploads import answering, steps
from opendata.web.api import components, cursors, uploads
from opendata.web.api.contract import CURSOR, JSON_TYPE, LIMIT, Answer, Body, Call, id_in_path, listed, operation
from opendata.web.api.problems import taken, with_pointers
from opendata.web.api.shapes import json_of
from opendata.web.api.upload_shapes import UPLOAD, UPLOAD_ID


@dataclass(frozen=True, slots=True)
class HeldMark:
    """What keeps a file back: where it stands ("page 1", "Sheet1!C7"), and the line itself."""

    place: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that is held. `dataset` is a slug; `kept`: somebody has withheld it for good; `may_decide`: the asker may
    answer for it.
    """

    resource_id: UUID
    filename: str
    dataset: str
    dataset_title: Text
    organization_title: Text
    marks: tuple[HeldMark, ...]
    kept: bool
    may_decide: bool


@dataclass(frozen=True, slots=True)
class HeldUploadFile:
    """A file that keeps rows of an upload back, by the checksum that one answers for."""

    checksum: str
    filename: str
    rows: tuple[int, ...]
    marks: tuple[HeldMark, ...]


@dataclass(frozen=True, slots=True)
class OpenGiven:
    """Why the file may be public all the same, in at least ten characters."""

    reason: str


@dataclass(frozen=True, slots=True)
class WithholdGiven:
    """The legal ground, which the public is told."""

    legal_ground: str


@dataclass(frozen=True, slots=True)
class UploadFileAnswerGiven:
    """Why the file of that SHA-256 may be public all the same, in at least ten characters."""

    checksum: str
    reason: str


SHOWN, UPLOADED = components.ref(HeldFile), components.ref(HeldUploadFile)
FILE = id_in_path("resource_id", "Id of the file.")
DECIDE = Right.OVERRIDE_CONTENT


def _marks(found: tuple[content_decisions.Mark, ...]) -> tuple[HeldMark, ...]:
    return tuple(HeldMark(one.place, one.excerpt) for one in found)


@operation("GET", "/held", tag="held", parameters=(CURSOR, LIMIT), gives=listed(SHOWN), right=Right.SEE_DESK)
def list_held_files(call: Call) -> Answer:
    """List the files that are held back. Of one's agencies, in the order of their ids."""
    after = cursors.id_of(call)
    files, last = content_decisions.held_behind(call.catalogue, call.actor, after, call["limit"])
    items = [
        HeldFile(
            one.resource_id, one.filename, one.dataset_slug, one.dataset_title, one.organization_title,
            _marks(one.marks), one.kept, one.may_decide,
        )
        for one in files
    ]  # fmt: skip
    return cursors.page(call, json_of(items), last)


@operation(
    "POST",
    "/held/{resource_id}/open",
    tag="held",
    parameters=(FILE,),
    body=Body({JSON_TYPE: components.given(OpenGiven)}, example={"reason": "The mark is that of a form, not of us."}),
    status=204,
    right=DECIDE,
    statuses=(409,),
)
def open_held_file(call: Call) -> Answer:
    """Answer for a held file. It is opened, and every copy of it in the same agency; the reason is audited."""
    given = OpenGiven(**taken(OpenGiven, call.data))
    with with_pointers():
        content_decisions.open_file(call.catalogue, call.actor, call["resource_id"], given.reason)
    return Answer(status=204)


@operation(
    "POST",
    "/held/{resource_id}/withhold",
    tag="held",
    parameters=(FILE,),
    body=Body({JSON_TYPE: components.given(WithholdGiven)}, example={"legal_ground": "Law on State Secrets, 14"}),
    status=204,
    right=DECIDE,
    statuses=(409,),
)
def withhold_held_file(call: Call) -> Answer:
    """Keep a held file closed for good, on a legal ground."""
    given = WithholdGiven(**taken(WithholdGiven, call.data))
    with with_pointers():
        content_decisions.withhold(call.catalogue, call.actor, call["resource_id"], given.legal_ground)
    return Answer(status=204)


@operation(
    "GET",
    "/uploads/{upload_id}/held",
    tag="held",
    parameters=(UPLOAD_ID,),
    gives=listed(UPLOADED),
    right=Right.EDIT_RECORDS,
)
def list_held_files_of_upload(call: Call) -> Answer:
    """List the files that keep rows of an upload back. By name."""
    found = answering.waiting(call.catalogue, call.actor, call["upload_id"])
    items = [HeldUploadFile(one.checksum, one.filename, one.rows, _marks(one.marks)) for one in found.files]
    return Answer({"items": json_of(items), "next": None})


@operation(
    "POST",
    "/uploads/{upload_id}/held",
    tag="held",
    parameters=(UPLOAD_ID,),
    body=Body(
        {JSON_TYPE: components.given(UploadFileAnswerGiven)},
        example={"checksum": "0" * 64, "reason": "The mark is that of a form, not of us."},
    ),
    gives=UPLOAD,
    status=202,
    right=DECIDE,
    statuses=(409,),
)
def open_held_file_of_upload(call: Call) -> Answer:
    """Answer for a file of an upload. The upload is checked again."""
    given = UploadFileAnswerGiven(**taken(UploadFileAnswerGiven, call.data))
    with with_pointers():
        answering.answer(call.catalogue, call.actor, call["upload_id"], given.checksum, given.reason)
    steps.check_again(call.catalogue, call.actor, call["upload_id"])
    return uploads.accepted(call, call["upload_id"])
