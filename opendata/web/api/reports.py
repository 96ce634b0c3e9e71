"""/api/v1/reports: what readers reported about records, and what was answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from flask import request

from opendata.catalog.values import Text
from opendata.services import reporting, reports
from opendata.services.desk_results import ReaderReport
from opendata.services.rights import Right
from opendata.web.api import components, cursors, dataset_calls, studies
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    NAME,
    Answer,
    Body,
    Call,
    Parameter,
    id_in_path,
    listed,
    operation,
)
from opendata.web.api.problems import taken, with_pointers
from opendata.web.api.shapes import json_of
from opendata.web.i18n import page_language
from opendata.web.rendering import absolute


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader wrote about a record (`kind`, `slug`). `contact` is "" for who may not answer; `taken_by` sees to
    it, or has answered; `again`: it was answered before, and that did not help.
    """

    id: UUID
    kind: str
    slug: str
    title: Text
    message: str
    contact: str
    state: str
    answer: str
    created: dt.datetime
    answered: dt.datetime | None
    may_answer: bool
    taken_by: str
    again: bool


@dataclass(frozen=True, slots=True)
class ReportGiven:
    """What is wrong with a record, and how its reporter can be reached: the answer goes to an e-mail address."""

    message: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class ReportSent:
    """`token` is what GET /reports/followed/TOKEN takes, `url` the page of the report; nobody else is told of them."""

    token: str
    url: str


@dataclass(frozen=True, slots=True)
class ReportWords:
    """What the reader wrote, and what was answered."""

    message: str
    created: dt.datetime
    state: str
    answer: str
    answered: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ReportFollowed:
    """A report as its reporter sees it; `slug` is "" where the record is not public any more. It may be opened again
    until `until`.
    """

    kind: str
    slug: str
    title: Text
    exchanges: tuple[ReportWords, ...]
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ReportAnswerGiven:
    """`decision`: answered, or dismissed; the reporter reads the `answer`."""

    decision: str
    answer: str


@dataclass(frozen=True, slots=True)
class ReportAgainGiven:
    """What is still wrong."""

    message: str


SHOWN, SENT, FOLLOWED = (components.ref(one) for one in (Report, ReportSent, ReportFollowed))
REPORT = id_in_path("report_id", "Id of the report.")
TOKEN = Parameter(
    "token", "What its reporter was given.", {"type": "string", "minLength": 1, "maxLength": 200}, place="path",
    required=True,
)  # fmt: skip
STATE = Parameter(
    "state", "Only those in this state.", {"type": "string", "enum": [one.value for one in reports.STATES]}, default=""
)
NO_STORE = {"Cache-Control": "private, no-store"}
"""Whoever has the token reads the report."""


def _shape(found: ReaderReport) -> Report:
    return Report(
        found.id, found.kind, found.slug, found.title, found.message, found.contact, found.state.value, found.answer,
        found.created, found.answered, found.may_answer, found.taken_by, found.again,
    )  # fmt: skip


@operation(
    "GET", "/reports", tag="reports", parameters=(STATE, CURSOR, LIMIT), gives=listed(SHOWN), right=Right.SEE_DESK
)
def list_reports(call: Call) -> Answer:
    """List what readers reported. About the records of one's agencies, in the order of ids."""
    after = cursors.id_of(call)
    found, last = reports.behind(call.catalogue, call.actor, reports.state(call["state"]), after, call["limit"])
    return cursors.page(call, [json_of(_shape(one)) for one in found], last)


@operation("GET", "/reports/{report_id}", tag="reports", parameters=(REPORT,), gives=SHOWN, right=Right.SEE_DESK)
def show_report(call: Call) -> Answer:
    """Show what a reader reported."""
    return _shown(call)


def _shown(call: Call) -> Answer:
    return Answer(json_of(_shape(reports.one(call.catalogue, call.actor, call["report_id"]))))


@operation(
    "POST",
    "/reports/{report_id}/take",
    tag="reports",
    parameters=(REPORT,),
    gives=SHOWN,
    right=Right.EDIT_RECORDS,
    statuses=(409,),
)
def take_report(call: Call) -> Answer:
    """Say that one sees to a report."""
    reports.take(call.catalogue, call.actor, call["report_id"])
    return _shown(call)


@operation(
    "POST",
    "/reports/{report_id}/answer",
    tag="reports",
    parameters=(REPORT,),
    body=Body(
        {JSON_TYPE: components.given(ReportAnswerGiven)},
        example={"decision": "answered", "answer": "The missing table is there now."},
    ),
    gives=SHOWN,
    right=Right.EDIT_RECORDS,
    statuses=(409,),
)
def answer_report(call: Call) -> Answer:
    """Answer a report, or dismiss it. The reporter reads the words, and gets them by mail where an address was left."""
    given = ReportAnswerGiven(**taken(ReportAnswerGiven, call.data))
    with with_pointers():
        reports.decide(call.catalogue, call.actor, call["report_id"], given.decision, given.answer)
    return _shown(call)


def _report(call: Call, kind: str, slug: str) -> Answer:
    given = ReportGiven(**taken(ReportGiven, call.data))
    address, language = request.remote_addr or "", page_language()
    with with_pointers():
        token = reporting.report(
            call.catalogue, kind, slug, given.message, given.contact, address=address, language=language
        )
    at = f"/api/v1/reports/followed/{token}"
    return Answer(json_of(ReportSent(token, absolute(f"/report/{token}"))), 201, location=at)


GIVEN = Body(
    {JSON_TYPE: components.given(ReportGiven)},
    example={"message": "Table 3 ends in 2019.", "contact": "a@example.org"},
)


@operation(
    "POST",
    "/datasets/{name}/reports",
    tag="reports",
    parameters=(NAME,),
    body=GIVEN,
    gives=SENT,
    status=201,
    signed_in=True,
    statuses=(308, 404, 410),
)
def report_dataset(call: Call) -> Answer:
    """Tell what is wrong with a public dataset. Everybody who has an account may; without one the page takes it."""
    return _report(call, "dataset", dataset_calls.record_of(call).slug)


@operation(
    "POST",
    "/studies/{name}/reports",
    tag="reports",
    parameters=(NAME,),
    body=GIVEN,
    gives=SENT,
    status=201,
    signed_in=True,
    statuses=(308, 404, 410),
)
def report_study(call: Call) -> Answer:
    """Tell what is wrong with a public study. Everybody who has an account may; without one the page takes it."""
    return _report(call, "study", studies.record_of(call).slug)


@operation("GET", "/reports/followed/{token}", tag="reports", parameters=(TOKEN,), gives=FOLLOWED)
def follow_report(call: Call) -> Answer:
    """Show what became of one's report."""
    return _followed(call)


def _followed(call: Call) -> Answer:
    found = reporting.follow(call.catalogue, call["token"])
    words = tuple(
        ReportWords(one.message, one.created, one.state.value, one.answer, one.answered) for one in found.exchanges
    )
    shown = ReportFollowed(found.kind, found.slug, found.title, words, found.until)
    return Answer(json_of(shown), headers=NO_STORE)


@operation(
    "POST",
    "/reports/followed/{token}/reopen",
    tag="reports",
    parameters=(TOKEN,),
    body=Body({JSON_TYPE: components.given(ReportAgainGiven)}, example={"message": "It still ends in 2019."}),
    gives=FOLLOWED,
    signed_in=True,
    statuses=(404, 409),
)
def reopen_report(call: Call) -> Answer:
    """Say that the answer does not help. Once, within thirty days of the answer."""
    given = ReportAgainGiven(**taken(ReportAgainGiven, call.data))
    with with_pointers():
        reporting.reopen(call.catalogue, call["token"], given.message, request.remote_addr or "")
    return _followed(call)
