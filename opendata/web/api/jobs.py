"""/api/v1/jobs: runs of sources, what was wrong with their records, and what people decide about them."""

from __future__ import annotations

from typing import Any

from opendata.services import desk, desk_pending, harvest_decisions
from opendata.services.desk_problems import ProblemFilter
from opendata.services.results import ProblemLine
from opendata.services.rights import Right
from opendata.web.api import components, cursors
from opendata.web.api.contract import CURSOR, LIMIT, Answer, Call, Parameter, listed, number_in_path, operation
from opendata.web.api.shapes import json_of
from opendata.web.api.source_shapes import Job, JobProblem, PendingRecord, job

JOB = number_in_path("job_id", "Number of the job.", most=2**31 - 1)
"""No column of numbers holds more."""
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
    before = cursors.number_of(call)
    found = desk.jobs_before(call.catalogue, call.actor, call["source"] or None, before, call["limit"] + 1)
    chosen = found[: call["limit"]]
    last = chosen[-1].id if len(found) > len(chosen) else None
    return cursors.page(call, [json_of(job(one)) for one in chosen], last)


@operation("GET", "/jobs/{job_id}", tag="jobs", parameters=(JOB,), gives=JOB_SHOWN, right=Right.SEE_DESK)
def showjob(call: Call) -> Answer:
    """Show a run."""
    return Answer(json_of(job(_report(call).job)))


def _report(call: Call, limit: int = 1, offset: int = 0, wanted: ProblemFilter | None = None) -> Any:
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
    offset = cursors.number_of(call) or 0
    found = _report(call, call["limit"], offset)
    following = offset + len(found.problems) if found.more else None
    return cursors.page(call, [json_of(problem(one)) for one in found.problems], following)


def problem(line: ProblemLine) -> JobProblem:
    """What was wrong, as it is told."""
    return JobProblem(
        identifier=line.identifier,
        severity=line.severity,
        code=line.code,
        field=line.field,
        message=line.message,
        hint=line.hint,
        value=line.value,
        created=line.created,
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
