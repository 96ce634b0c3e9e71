"""The schemas of bulk uploads as `upload_json` writes them, and of what is sent to them."""

from __future__ import annotations

from opendata.services.uploads.piece_writing import CHECKSUMS
from opendata.web.api import components
from opendata.web.api.contract import FORM_TYPE, JSON_TYPE, Body, Parameter, id_in_path
from opendata.web.api.shapes import INTEGER, Json, Schema

TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
COUNTS: Schema = {"type": "object", "additionalProperties": INTEGER}
INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
STATUSES = ("received", "checking", "checked", "publishing", "published", "undone", "cancelled", "failed")
LANGUAGES = ("kk", "ru", "en")
MOST_SIZE = 500
MOST_WORDS = 1_000
"""Characters of the words with a decision."""
LARGEST = 10**18 - 1
"""Bytes of a file, as the tus protocol may name them here."""


def exactly(told: str = "", **fields: Schema) -> Schema:
    """An object of these fields, all of them there."""
    said: Json = {"description": told} if told else {}
    return {**said, "type": "object", "required": [*fields], "additionalProperties": False, "properties": fields}


def leaf(item: Schema) -> Schema:
    """A list by leaves; `next` is the address of the next one."""
    following: Schema = {"type": ["string", "null"], "description": "The address of the next leaf; null on the last."}
    return exactly(items={"type": "array", "items": item}, total=INTEGER, next=following)


_LINE: dict[str, Schema] = {
    "id": {"type": "string", "format": "uuid"},
    "status": {"type": "string", "enum": list(STATUSES)},
    "filename": TEXT,
    "organization": exactly(slug=TEXT, title={"type": "object", "additionalProperties": TEXT}),
    "person": TEXT,
    "created": INSTANT,
    "finished": INSTANT,
    "counts": COUNTS,
}
_ROWS = exactly(total=INTEGER, good=INTEGER, changing=INTEGER, chosen=INTEGER, warned=INTEGER, results=COUNTS)
LINE = components.named("UploadLine", exactly("A bulk upload in a list.", **_LINE))
UPLOAD = components.named(
    "Upload",
    exactly(
        "A bulk upload. `running`: a worker has it, ask again. `waiting` records and changes wait for `reviewers`,"
        " `returned` came back. `actions` are what may be done with it now.",
        **_LINE,
        message=TEXT,
        language=TEXT,
        byte_size=INTEGER,
        checked=INSTANT,
        undone=INSTANT,
        running=TRUTH,
        stopping=TRUTH,
        progress=exactly(done=INTEGER, total=INTEGER),
        rows=_ROWS,
        waiting=INTEGER,
        returned=INTEGER,
        reviewers={"type": ["array", "null"], "items": TEXT},
        actions={"type": "array", "items": TEXT},
    ),
)
PROBLEM = components.named(
    "UploadProblem",
    exactly(
        "One thing that is wrong in an upload, in the language that it was sent in, and where it stands.",
        severity=TEXT,
        code=TEXT,
        sheet=TEXT,
        row=INTEGER,
        cell=TEXT,
        column=TEXT,
        value=TEXT,
        message=TEXT,
        hint=TEXT,
    ),
)
_CHANGE = exactly(field=TEXT, before=TEXT, after=TEXT)
ROW = components.named(
    "UploadRow",
    exactly(
        "A row: `result` is what publishing would do with it, later what it did; `slug` leads to its record.",
        id=INTEGER,
        sheet=TEXT,
        row=INTEGER,
        kind=TEXT,
        identifier=TEXT,
        title=TEXT,
        result=TEXT,
        errors=INTEGER,
        warnings=INTEGER,
        chosen=TRUTH,
        slug=TEXT,
        changes={"type": "array", "items": _CHANGE},
        problems={"type": "array", "items": PROBLEM},
    ),
)
HEADINGS: Schema = {
    "description": "By kind of sheet: a heading, and the column that it is taken for.",
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": TEXT},
}
COLUMNS = components.named("UploadColumns", exactly(columns=HEADINGS))

_AGENCY: Schema = {"description": "Slug of the agency.", "type": "string", "minLength": 1, "maxLength": 1000}
_LANGUAGE: Schema = {"description": "That of problems and messages.", "type": "string", "enum": list(LANGUAGES)}
_FORM = components.named(
    "UploadForm",
    {
        "type": "object",
        "required": ["file", "organization"],
        "additionalProperties": False,
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "organization": _AGENCY,
            "language": _LANGUAGE,
        },
    },
)
_PIECES = components.named(
    "UploadOfPieces",
    {
        "type": "object",
        "required": ["file", "organization"],
        "additionalProperties": False,
        "properties": {
            "file": {"description": "Id of a file that was sent in pieces.", "type": "string", "format": "uuid"},
            "organization": _AGENCY,
            "language": _LANGUAGE,
        },
    },
)
SENT = Body(
    {FORM_TYPE: _FORM, JSON_TYPE: _PIECES},
    "The file as the part `file` of a form, with its name; or the id of one that was sent in pieces.",
    by_view=True,
)
NOTHING = Body({JSON_TYPE: {"type": "object", "additionalProperties": False}}, required=False, by_view=True)
WORDS = Body(
    {
        JSON_TYPE: {
            "type": "object",
            "additionalProperties": False,
            "properties": {"message": {"type": "string", "maxLength": MOST_WORDS}},
        }
    },
    "Words for who sent it in; a return needs its reasons.",
    required=False,
    by_view=True,
)
ROWS = Body(
    {
        JSON_TYPE: {
            "type": "object",
            "additionalProperties": False,
            "properties": {"rows": {"type": ["array", "null"], "items": {**INTEGER, "minimum": 1}}},
        }
    },
    "Ids of the rows; every good row where they are left out.",
    required=False,
    by_view=True,
)
TAKEN = Body(
    {
        JSON_TYPE: {
            "type": "object",
            "additionalProperties": False,
            "properties": {"columns": {"anyOf": [HEADINGS, {"type": "null"}]}},
        }
    },
    "Headings that are taken for other columns than GET …/columns shows.",
    required=False,
    by_view=True,
)
UPLOAD_ID = id_in_path("upload_id", "Id of the upload.")
FILE_ID = id_in_path("file_id", "Id of the file.")


def _header(name: str, told: str, schema: Schema, *, required: bool = False) -> Parameter:
    return Parameter(name, told, schema, place="header", required=required)


_BYTES: Schema = {"type": "integer", "minimum": 0, "maximum": LARGEST}
TUS = _header("Tus-Resumable", "The version of the protocol.", {"type": "string", "enum": ["1.0.0"]}, required=True)
LENGTH = _header("Upload-Length", "Bytes of the whole file.", _BYTES)
LATER = _header(
    "Upload-Defer-Length", "In place of Upload-Length: it is said later.", {"type": "string", "enum": ["1"]}
)
OFFSET = _header("Upload-Offset", "Bytes that are there already.", _BYTES, required=True)
METADATA = _header(
    "Upload-Metadata",
    "Pairs of a key and a value in Base64, by commas; `filename` is used.",
    {"type": "string", "maxLength": 4096},
)
CHECKSUM = _header(
    "Upload-Checksum", f"{', '.join(CHECKSUMS)}; a space; the digest of the piece in Base64.", {"type": "string"}
)
