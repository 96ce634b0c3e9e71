"""/api/v1/matches: records that may be one, what a person decides about them, and whose word counts in a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Text
from opendata.services import dividing, editing, joining, match_lists
from opendata.services.match_lists import MatchLine
from opendata.services.rights import Right
from opendata.web.api import components, cursors
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    NAME,
    Answer,
    Body,
    Call,
    Parameter,
    listed,
    number_in_path,
    operation,
)
from opendata.web.api.problems import taken, with_pointers
from opendata.web.api.shapes import json_of


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """One of the two records, with the slug of its agency."""

    id: UUID
    slug: str
    title: Text
    organization: str


@dataclass(frozen=True, slots=True)
class Match:
    """Two records that may be one. `score` is from 0 to 1; `reasons` are codes, some with a value: title 0.93, doi,
    organization, year 2024, type report, person. `status` is open, joined, rejected or split.
    """

    id: int
    score: float
    reasons: tuple[str, ...]
    status: str
    created: dt.datetime
    decided: dt.datetime | None
    decided_by: str
    first: MatchRecord
    second: MatchRecord


@dataclass(frozen=True, slots=True)
class MatchedField:
    """A field of both records, in short."""

    field: str
    first: str
    second: str
    differs: bool


@dataclass(frozen=True, slots=True)
class MatchCompared:
    """A pair with the fields that either of the records has, side by side."""

    match: Match
    fields: tuple[MatchedField, ...]


@dataclass(frozen=True, slots=True)
class MatchGiven:
    """Two datasets (slug or id) that somebody takes for one."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class JoinGiven:
    """`keep`: the slug or id of the record that stays, the older of the two where it is left out."""

    keep: str = ""


@dataclass(frozen=True, slots=True)
class DivideGiven:
    """`source`: the name of the source whose record is to stand alone."""

    source: str


@dataclass(frozen=True, slots=True)
class Divided:
    """The slug of the new record."""

    slug: str


@dataclass(frozen=True, slots=True)
class ReleaseGiven:
    """Fields of `edited`, for which the word of the sources is to count again; title stands for all its languages."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """The fields that were released."""

    fields: tuple[str, ...]


SHOWN, COMPARED = components.ref(Match), components.ref(MatchCompared)
PAIR = number_in_path("number", "Number of the pair.")
DECIDED = Parameter("decided", "Those that are decided, not those that wait.", {"type": "boolean"}, default=False)


def _record(record: DatasetRecord) -> MatchRecord:
    assert record.id is not None  # it is stored
    return MatchRecord(record.id, record.slug, record.title, record.organization.slug if record.organization else "")


def _shape(line: MatchLine) -> Match:
    return Match(
        line.id, round(line.score, 4), line.reasons, line.status, line.created, line.decided, line.decided_by,
        _record(line.first), _record(line.second),
    )  # fmt: skip


def _compared(call: Call, number: int, status: int = 200) -> Answer:
    found = match_lists.match(call.catalogue, call.actor, number)
    fields = (MatchedField(one.name, one.first, one.second, one.differs) for one in found.fields)
    shown = MatchCompared(_shape(found.line), tuple(one for one in fields if one.first or one.second))
    return Answer(json_of(shown), status, location=f"/api/v1/matches/{number}" if status == 201 else "")


@operation(
    "GET",
    "/matches",
    tag="matches",
    parameters=(DECIDED, CURSOR, LIMIT),
    gives=listed(SHOWN),
    right=Right.EDIT_RECORDS,
)
def list_matches(call: Call) -> Answer:
    """List pairs of records that may be one. As they were proposed one after the other; those one may decide on."""
    after = cursors.number_of(call) or 0
    lines, last = match_lists.behind(
        call.catalogue, call.actor, decided=call["decided"], after=after, limit=call["limit"]
    )
    return cursors.page(call, [json_of(_shape(one)) for one in lines], last)


@operation("GET", "/matches/{number}", tag="matches", parameters=(PAIR,), gives=COMPARED, right=Right.EDIT_RECORDS)
def show_match(call: Call) -> Answer:
    """Show two records side by side."""
    return _compared(call, call["number"])


@operation(
    "POST",
    "/matches",
    tag="matches",
    body=Body({JSON_TYPE: components.given(MatchGiven)}, example={"first": "water-2024", "second": "water-2024-2"}),
    gives=COMPARED,
    status=201,
    right=Right.EDIT_RECORDS,
    statuses=(308, 404, 410),
)
def create_match(call: Call) -> Answer:
    """Name two records that are one. Nothing is joined by that; a pair that is known comes back as it is."""
    given = MatchGiven(**taken(MatchGiven, call.data))
    with with_pointers():
        number = joining.named(call.catalogue, call.actor, given.first, given.second)
    return _compared(call, number, 201)


def _decided(call: Call, decide: Callable[[int], Any]) -> Answer:
    number = match_lists.match(call.catalogue, call.actor, call["number"]).line.id
    with with_pointers():
        decide(number)
    return _compared(call, number)


@operation(
    "POST",
    "/matches/{number}/join",
    tag="matches",
    parameters=(PAIR,),
    body=Body({JSON_TYPE: components.given(JoinGiven)}, required=False, example={"keep": "water-2024"}),
    gives=COMPARED,
    right=Right.PUBLISH_RECORDS,
    statuses=(409,),
)
def join_match(call: Call) -> Answer:
    """Make one record of two. The other one leads to it from then on."""
    given = JoinGiven(**taken(JoinGiven, call.data if call.data is not None else {}))
    return _decided(call, lambda number: joining.join(call.catalogue, call.actor, number, given.keep))


@operation(
    "POST",
    "/matches/{number}/reject",
    tag="matches",
    parameters=(PAIR,),
    gives=COMPARED,
    right=Right.PUBLISH_RECORDS,
    statuses=(409,),
)
def reject_match(call: Call) -> Answer:
    """Say that two records are two. They are not proposed again."""
    return _decided(call, lambda number: joining.reject(call.catalogue, call.actor, number))


@operation(
    "POST",
    "/matches/{number}/split",
    tag="matches",
    parameters=(PAIR,),
    gives=COMPARED,
    right=Right.PUBLISH_RECORDS,
    statuses=(409,),
)
def split_match(call: Call) -> Answer:
    """Take two joined records apart again."""
    return _decided(call, lambda number: joining.split(call.catalogue, call.actor, number))


@operation(
    "POST",
    "/datasets/{name}/divide",
    tag="matches",
    parameters=(NAME,),
    body=Body({JSON_TYPE: components.given(DivideGiven)}, example={"source": "water"}),
    gives=components.ref(Divided),
    status=201,
    right=Right.PUBLISH_RECORDS,
    statuses=(409,),
)
def divide_dataset(call: Call) -> Answer:
    """Make what one source says of a dataset a record of its own. The two stay apart, whatever they share."""
    given = DivideGiven(**taken(DivideGiven, call.data))
    made = dividing.divide(call.catalogue, call.actor, call["name"], given.source)
    return Answer(json_of(Divided(made)), 201, location=f"/api/v1/datasets/{made}")


@operation(
    "POST",
    "/datasets/{name}/release",
    tag="matches",
    parameters=(NAME,),
    body=Body({JSON_TYPE: components.given(ReleaseGiven)}, example={"fields": ["title"]}),
    gives=components.ref(Released),
    right=Right.EDIT_RECORDS,
)
def release_fields(call: Call) -> Answer:
    """Let fields that were edited by hand go back to what the sources say."""
    given = ReleaseGiven(**taken(ReleaseGiven, call.data))
    with with_pointers():
        done = editing.release(call.catalogue, call.actor, call["name"], given.fields)
    return Answer(json_of(Released(done)))
