"""/api/v1: the life of a record (review, publication) and its history, for datasets and studies alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from opendata.catalog.codec import dump
from opendata.catalog.records import RecordState, StudyRecord
from opendata.services import history, life, reviewing, revisions
from opendata.services.differences import Difference
from opendata.services.revisions import Line, Record
from opendata.services.rights import Right
from opendata.services.unchanged import demand_unchanged
from opendata.web.api import components, cursors, dataset_calls, datasets, studies
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    NAME,
    PATCH_TYPE,
    Answer,
    Body,
    Call,
    Parameter,
    View,
    listed,
    number_in_path,
    operation,
)
from opendata.web.api.problems import check, with_pointers
from opendata.web.api.shapes import Faults, Json, json_of, read

NUMBER = number_in_path("number", "The number of the state.")
TO = Parameter(
    "to", "The number of the other state. 0: the record as it stands now.",
    {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}, default=0,
)  # fmt: skip


MESSAGE = Parameter("message", "Words for the reviewer.", {"type": "string", "maxLength": reviewing.MOST}, default="")


@dataclass(frozen=True, slots=True)
class Revision:
    """A state that a record had. `left_out` states before it are not kept any more."""

    number: int
    version: str
    at: dt.datetime
    actor: str
    action: str
    left_out: int


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field with its values in two states, null where it is not there. `field`: title.ru, file.KEY.license_id."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RevisionDifference:
    """What differs from one state to another; `to` null: the record as it stands now."""

    first: Revision
    to: Revision | None
    differences: tuple[FieldDifference, ...]


@dataclass(frozen=True, slots=True)
class RestoreNote:
    """What did not come back. `code`: stricter, other_bytes, no_bytes, stays."""

    code: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Restored:
    """The record after an earlier state was brought back."""

    id: UUID
    slug: str
    version: str
    notes: tuple[RestoreNote, ...]


@dataclass(frozen=True, slots=True)
class ReviewWord:
    """A step of a review, or a word in it. `action`: submitted, proposed, comment, returned, accepted, taken_back."""

    at: dt.datetime
    actor: str
    action: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class MissingField:
    """Something that is missing; `blocking`: it cannot be published like this."""

    field: str
    code: str
    language: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Life:
    """Where a record stands. `can`: what the asker may do with it now. `proposed`: a change of it waits."""

    id: UUID
    slug: str
    state: RecordState
    private: bool
    version: str
    proposed: bool
    responsible: str
    can: tuple[str, ...]
    missing: tuple[MissingField, ...]
    words: tuple[ReviewWord, ...]


@dataclass(frozen=True, slots=True)
class MessageGiven:
    """Words for a step of a review; `field` is what a comment is about."""

    message: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class RestoreGiven:
    """`loosen`: disclosures (file.KEY.disclosure) that shall be as open as they were, though they are stricter now."""

    loosen: tuple[str, ...] = ()


def _line(one: Line) -> Revision:
    return Revision(one.number, one.version, one.at, one.actor, one.action, one.left_out)


def _difference(one: Difference) -> FieldDifference:
    return FieldDifference(one.field, dump(one.before), dump(one.after))


def _given(call: Call, kind: Any) -> Any:
    faults = Faults()
    found = read(kind, call.data if call.data is not None else {}, "", faults)
    check(faults)
    return found


def _seen(call: Call, kind: str) -> str | None:
    """The version against which the change is made: that of If-Match which stands. Changed where none does."""
    if call.if_match is None:
        return None
    record, _ = history.history(call.catalogue, call.actor, kind, str(call["name"]), limit=1)
    stands = revisions.version(record)
    demand_unchanged(f"the {kind} {record.slug!r}", stands, call.if_match)
    return stands


def shown_life(call: Call, kind: str, name: str) -> Answer:
    """Where the record stands."""
    found = life.standing(call.catalogue, call.actor, kind, name)
    record = found.record
    shown = Life(
        cast("UUID", record.id), record.slug, record.state, record.private, found.version,
        found.talk.proposal is not None, found.responsible, tuple(sorted(found.can)),
        tuple(MissingField(one.field, one.code, one.language, one.blocking) for one in found.talk.missing),
        tuple(ReviewWord(one.at, one.actor, one.action, one.field, one.message) for one in found.talk.words),
    )  # fmt: skip
    return Answer(json_of(shown), version=found.version)


def waits(call: Call, kind: str, slug: str) -> Answer:
    """That a change waits for a reviewer, and where."""
    return replace(shown_life(call, kind, slug), status=202, location=f"/api/v1/{kind}s/{slug}/life")


def _shown(call: Call, record: Record) -> Json:
    return studies.shown(call, record) if isinstance(record, StudyRecord) else dataset_calls.shown(call, record)


def _list_revisions(call: Call, kind: str) -> Answer:
    before, limit = cursors.number_of(call) or 0, call["limit"]
    _, lines = history.history(call.catalogue, call.actor, kind, str(call["name"]), before=before, limit=limit + 1)
    last = lines[limit - 1].number if len(lines) > limit else None
    return cursors.page(call, [json_of(_line(one)) for one in lines[:limit]], last)


def _show_revision(call: Call, kind: str) -> Answer:
    line, record = history.state(call.catalogue, call.actor, kind, str(call["name"]), call["number"])
    return Answer({"revision": json_of(_line(line)), "record": _shown(call, record)})


def _compare_revisions(call: Call, kind: str) -> Answer:
    found = history.difference(call.catalogue, call.actor, kind, str(call["name"]), call["number"], call["to"])
    other = _line(found.second) if found.second else None
    told = tuple(_difference(one) for one in found.differences)
    return Answer(json_of(RevisionDifference(_line(found.first), other, told)))


def _restore_revision(call: Call, kind: str) -> Answer:
    given: RestoreGiven = _given(call, RestoreGiven)
    name, seen = str(call["name"]), _seen(call, kind)
    with with_pointers():
        back = history.restore(
            call.catalogue, call.actor, kind, name, call["number"], loosen=given.loosen, if_version=seen
        )
    if back.waits:
        return waits(call, kind, back.record.slug)
    record, stands = back.record, revisions.version(back.record)
    told = tuple(RestoreNote(one.code, one.field, one.value) for one in back.notes)
    return Answer(json_of(Restored(cast("UUID", record.id), record.slug, stands, told)), version=stands)


def _show_life(call: Call, kind: str) -> Answer:
    return shown_life(call, kind, str(call["name"]))


def _step(call: Call, kind: str, take: Callable[[str, MessageGiven, str | None], object]) -> Answer:
    """Take the step with the words that are given, against the version of If-Match; where the record stands then."""
    given: MessageGiven = _given(call, MessageGiven)
    name = str(call["name"])
    with with_pointers():
        take(name, given, _seen(call, kind))
    return shown_life(call, kind, name)


def _submit(call: Call, kind: str) -> Answer:
    def take(name: str, given: MessageGiven, seen: str | None) -> object:
        return reviewing.submit(call.catalogue, call.actor, kind, name, given.message, if_version=seen)

    return _step(call, kind, take)


def _comment(call: Call, kind: str) -> Answer:
    def take(name: str, given: MessageGiven, _seen: str | None) -> None:
        reviewing.comment(call.catalogue, call.actor, kind, name, given.message, given.field)

    return _step(call, kind, take)


def _propose(call: Call, kind: str) -> Answer:
    name, message, seen = str(call["name"]), call["message"], _seen(call, kind)
    with with_pointers():
        change: Any
        if kind == "dataset":
            change = datasets.patching(call)
        else:
            before, change = studies.patched(call)
            seen = seen or revisions.version(before)
        reviewing.propose(call.catalogue, call.actor, kind, name, change, message, if_version=seen)
    return shown_life(call, kind, name)


def _return(call: Call, kind: str) -> Answer:
    def take(name: str, given: MessageGiven, seen: str | None) -> object:
        return reviewing.send_back(call.catalogue, call.actor, kind, name, given.message, if_version=seen)

    return _step(call, kind, take)


def _take_back(call: Call, kind: str) -> Answer:
    return _step(call, kind, lambda name, _given, _seen: reviewing.take_back(call.catalogue, call.actor, kind, name))


def _publish(call: Call, kind: str) -> Answer:
    def take(name: str, given: MessageGiven, seen: str | None) -> object:
        return reviewing.publish(call.catalogue, call.actor, kind, name, given.message, if_version=seen)

    return _step(call, kind, take)


_WORDS = Body({JSON_TYPE: components.given(MessageGiven)}, required=False)
_LOOSEN = Body({JSON_TYPE: components.given(RestoreGiven)}, required=False)
_PATCHES = {"dataset": datasets.PATCH, "study": studies.PATCH}
_READ = {"right": Right.SEE_UNPUBLISHED}
_WRITE = {"right": Right.EDIT_RECORDS, "versioned": True}
_STEP = {"parameters": (NAME,), "body": _WORDS, "gives": components.ref(Life), **_WRITE}

OPERATIONS: tuple[tuple[str, str, Callable[[Call, str], Answer], str, dict[str, Any]], ...] = (
    (
        "GET", "/life", _show_life,
        "Show where a KIND stands. With what was said in its review, and what is missing of it.",
        {"parameters": (NAME,), "gives": components.ref(Life), **_READ},
    ),
    (
        "GET", "/revisions", _list_revisions,
        "List the states that a KIND had. Newest first; none where it was never changed.",
        {"parameters": (NAME, CURSOR, LIMIT), "gives": listed(components.ref(Revision)), **_READ},
    ),
    (
        "GET", "/revisions/{number}", _show_revision,
        "Show a KIND as it stood in a state.",
        {"parameters": (NAME, NUMBER), **_READ},
    ),
    (
        "GET", "/revisions/{number}/difference", _compare_revisions,
        "Compare two states of a KIND. Field by field.",
        {"parameters": (NAME, NUMBER, TO), "gives": components.ref(RevisionDifference), **_READ},
    ),
    (
        "POST", "/revisions/{number}/restore", _restore_revision,
        "Bring a state of a KIND back. Nothing becomes more open unless that is asked for; an editor's may wait (202).",
        {
            "parameters": (NAME, NUMBER), "body": _LOOSEN, "gives": components.ref(Restored),
            "waiting": components.ref(Life), **_WRITE,
        },
    ),
    ("POST", "/submit", _submit, "Send a KIND in for review. Only a draft; those who review are written to.", _STEP),
    (
        "POST", "/propose", _propose,
        "Propose a change of a public KIND. It waits for a reviewer. 409 where no review is needed.",
        {"parameters": (NAME, MESSAGE), "gives": components.ref(Life), **_WRITE},
    ),
    ("POST", "/comment", _comment, "Say something about a KIND. Only the people of its agency read it.", _STEP),
    (
        "POST", "/return", _return,
        "Return a KIND with reasons. It is a draft again; a proposal is dropped.",
        _STEP | {"right": Right.REVIEW_RECORDS},
    ),
    ("POST", "/take-back", _take_back, "Take a KIND back from review.", _STEP),
    (
        "POST", "/publish", _publish,
        "Publish a KIND. A draft, or what is in review or proposed; nobody accepts what they sent in themselves.",
        _STEP | {"right": Right.PUBLISH_RECORDS},
    ),
)  # fmt: skip


def _declare(place: str, kind: str, shown: Any) -> int:
    """Declare the operations of one kind of record; how many they are."""
    for method, path, answer, told, more in OPERATIONS:
        given = dict(more) if "gives" in more else {**more, "gives": _state_schema(kind, shown)}
        if answer is _propose:
            patch = _PATCHES[kind]
            given["body"] = Body({PATCH_TYPE: patch, JSON_TYPE: patch}, "A merge patch (RFC 7396).")
        operation(method, f"/{place}/{{name}}{path}", tag=place, **given)(_view(answer, kind, told))
    return len(OPERATIONS)


def _view(answer: Callable[[Call, str], Answer], kind: str, told: str) -> View:
    def view(call: Call) -> Answer:
        return answer(call, kind)

    view.__name__ = f"{answer.__name__.strip('_')}_of_{kind}"
    view.__doc__ = told.replace("KIND", kind)
    return view


def _state_schema(kind: str, shown: Any) -> Any:
    return components.named(
        f"{kind.capitalize()}State",
        {
            "type": "object",
            "required": ["revision", "record"],
            "additionalProperties": False,
            "properties": {"revision": components.ref(Revision), "record": shown},
        },
    )


DECLARED = (_declare("datasets", "dataset", datasets.SHOWN), _declare("studies", "study", studies.SHOWN))
"""How many operations each kind of record has got."""
