"""What is wrong with an item, as the store can keep it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.run_words import sentence
from opendata.errors import Problem
from opendata.services.preparing import Refused
from opendata.store.harvests import IDENTIFIER_LENGTH, HarvestProblem, compress
from opendata.store.states import Severity

MAX_PROBLEMS = 10_000
"""Problems kept of one job; the count of rejected items goes on, and the job says that the list was cut."""

VALUE_LENGTH = 500
RAW_BYTES = 1_000_000

REPEATED = Problem("repeated", "The source lists this identifier twice; the first record was kept.", severity="warning")


@dataclass
class ProblemList:
    """The problems of one job. `total` counts those that were not kept, too."""

    job_id: int
    source_id: UUID
    total: int = 0

    def add(self, session: Session, identifier: str, problems: Sequence[Problem], raw: bytes, now: dt.datetime) -> None:
        """Add the problems of one item to the session."""
        for problem in problems:
            self.total += 1
            if self.total > MAX_PROBLEMS:
                continue
            session.add(self._row(storable(identifier), problem, raw, now))

    def told(self) -> str:
        """What the job says where not all are kept."""
        return sentence("problems_cut", number=MAX_PROBLEMS, total=self.total) if self.total > MAX_PROBLEMS else ""

    def _row(self, identifier: str, problem: Problem, raw: bytes, now: dt.datetime) -> HarvestProblem:
        return HarvestProblem(
            job_id=self.job_id,
            source_id=self.source_id,
            identifier=identifier,
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
    message = "The identifier cannot be kept."
    problem = Problem("identifier", message, "identifier", hint=hint, value=identifier[:VALUE_LENGTH])
    return Refused(identifier, (problem,), raw)


def storable(text: str, most: int = 2000) -> str:
    """The beginning of `text` as every database takes it: no NUL, no lone surrogates."""
    return text[:most].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
