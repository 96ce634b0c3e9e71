"""What is wrong with an item, as the store can keep it."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from opendata.errors import Problem
from opendata.services.preparing import Refused
from opendata.store.harvests import IDENTIFIER_LENGTH, HarvestProblem, compress
from opendata.store.states import Severity

VALUE_LENGTH = 500
RAW_BYTES = 1_000_000


def problem_row(
    job_id: int, source_id: UUID, identifier: str, problem: Problem, raw: bytes, now: dt.datetime
) -> HarvestProblem:
    """The row of one problem; texts and raw bytes are cut to what is worth keeping."""
    return HarvestProblem(
        job_id=job_id,
        source_id=source_id,
        identifier=storable(identifier),
        code=storable(problem.code, 100),
        field=storable(problem.field, 200),
        row=storable(problem.row),
        message=storable(problem.message),
        hint=storable(problem.hint),
        value=storable(problem.value, VALUE_LENGTH),
        severity=Severity(problem.severity),
        raw=compress(raw[:RAW_BYTES]),
        created=now,
    )


def unnamed(identifier: str, raw: bytes) -> Refused | None:
    """The item refused, when its identifier is none that can be kept."""
    if 0 < len(identifier) <= IDENTIFIER_LENGTH and storable(identifier, IDENTIFIER_LENGTH) == identifier:
        return None
    hint = f"An identifier has 1 to {IDENTIFIER_LENGTH} characters, and no control characters."
    problem = Problem(
        "identifier", "The identifier cannot be kept.", "identifier", hint=hint, value=identifier[:VALUE_LENGTH]
    )
    return Refused(identifier, (problem,), raw)


def storable(text: str, most: int = 2000) -> str:
    """The beginning of `text` as every database takes it: no NUL, no lone surrogates."""
    return text[:most].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
