"""/api/v1/jobs: runs of sources, what was wrong with their records, and what people decide about them."""

from __future__ import annotations

from typing import Any

from opendata.errors import NotFound
from opendata.services import desk, desk_pending, harvest_decisions
from opendata.services.desk_problems import ProblemFilter
from opendata.services.results import ProblemLine
from opendata.services.rights import Right
from opendata.web.api import components, cursors
from opendata.web.api.contract import CURSOR, LIMIT, Answer, Call, Parameter, listed, number_in_path, operation
from opendata.web.api.shapes import Json, json_of
from opendata.web.api.source_shapes import Job, JobProblem, PendingRecord, job

JOB = number_in_path("job_id", "Number of the job.")
JOB_SHOWN = components.ref(Job)
components.MADE["Job"]["properties"]["counts"] = {"type": "object", "additionalProperties": {"type": "integer"}}
OF_SOURCE = Parameter("source", "Only those of this source.", {"type": "string", "maxLength": 100}, default="")


@operation(
    "GET",
    "/jobs",
    tag="jobs",
    parameters=(CURSOR, LIMIT, OF_SOURCE),
    gives=listed(JOB_SHOWN),
    right=Right.SEE_DESK,
    statuses=(404,),
)
def list_jobs(call: Call) -> Answer:
    """List runs. Newest first."""
    place = cursors.decode(call["cursor"], call.given)
    before = number_of(place)
    found = desk.jobs_before(call.catalogue, call.actor, call["source"] or None, before, call["limit"] + 1)
    chosen = found[: call["limit"]]
    following = cursors.encode(str(chosen[-1].id), call.given) if len(found) > len(chosen) else ""
    return Answer({"items": [json_of(job(one)) for one in chosen], "next": following or None}, next=following)


def number_of(place: str) -> int | None:
    """The number that a cursor stands for; None for the beginning. WrongCursor for what is none."""
    if not place:
        return None
    if not (place.isascii() and place.isdecimal() and len(place) < 19):
        raise cursors.strange()
    return int(place)


@operation("GET", "/jobs/{job_id}", tag="jobs", parameters=(JOB,), gives=JOB_SHOWN, right=Right.SEE_DESK)
def showjob(call: Call) -> Answer:
    """Show a run."""
    return Answer(json_of(job(_report(call).job)))


def _report(call: Call, limit: int = 1, offset: int = 0, wanted: ProblemFilter | None = None) -> Any:
    if call["job_id"] >= 2**31:  # more than a column of numbers holds
        raise NotFound(f"There is no job {call['job_id']}.")
    return desk.report(call.catalogue, call.actor, call["job_id"], limit, offset, wanted or ProblemFilter())


@operation(
    "GET",
    "/jobs/{job_id}/problems",
    tag="jobs",
    parameters=(JOB, CURSOR, LIMIT),
    gives=listed(components.ref(JobProblem)),
    right=Right.SEE_DESK,
)
def list_job_problems(call: Call) -> Answer:
    """List what was wrong with the records of a run. In the order in which it was found."""
    offset = number_of(cursors.decode(call["cursor"], call.given)) or 0
    found = _report(call, call["limit"], offset)
    following = cursors.encode(str(offset + len(found.problems)), call.given) if found.more else ""
    return Answer({"items": [_problem(one) for one in found.problems], "next": following or None}, next=following)


def _problem(line: ProblemLine) -> Json:
    return json_of(
        JobProblem(
            identifier=line.identifier,
            severity=line.severity,
            code=line.code,
            field=line.field,
            message=line.message,
            hint=line.hint,
            value=line.value,
            created=line.created,
        )
    )


@operation(
    "GET",
    "/jobs/{job_id}/pending",
    tag="jobs",
    parameters=(JOB,),
    gives={
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": components.ref(PendingRecord)},
            "next": {"type": "null"},
        },
    },
    right=Right.SEE_DESK,
)
def list_pending(call: Call) -> Answer:
    """List the records that would be withdrawn. They stay until somebody confirms or refuses."""
    _report(call)
    found = desk_pending.pending(call.catalogue, call.actor, call["job_id"])
    items = [json_of(PendingRecord(one.identifier, one.slug, one.missing_since)) for one in found]
    return Answer({"items": items, "next": None})


def _decide(call: Call, decision: Any) -> Answer:
    _report(call)
    decision(call.catalogue, call.actor, call["job_id"])
    return Answer(json_of(job(_report(call).job)))


@operation("POST", "/jobs/{job_id}/cancel", tag="jobs", parameters=(JOB,), gives=JOB_SHOWN, right=Right.RUN_HARVEST)
def canceljob(call: Call) -> Answer:
    """Ask a run to end. What it has taken stays."""
    return _decide(call, harvest_decisions.cancel)


@operation("POST", "/jobs/{job_id}/confirm", tag="jobs", parameters=(JOB,), gives=JOB_SHOWN, right=Right.WITHDRAW_MANY)
def confirm_withdrawal(call: Call) -> Answer:
    """Withdraw the records that a waiting run found missing."""
    return _decide(call, harvest_decisions.confirm)


@operation("POST", "/jobs/{job_id}/refuse", tag="jobs", parameters=(JOB,), gives=JOB_SHOWN, right=Right.WITHDRAW_MANY)
def refuse_withdrawal(call: Call) -> Answer:
    """Keep the records that a waiting run found missing."""
    return _decide(call, harvest_decisions.refuse)
