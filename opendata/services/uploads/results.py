"""What an upload came to, for whoever asks: plain values, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.cell_names import cell_name
from opendata.catalog.upload_problems import CellProblem, quoted

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One problem. `row` is the number that the spreadsheet shows (0: the whole sheet), `cell` its address ("C7")."""

    severity: str
    sheet: str
    row: int
    cell: str
    column: str
    value: str
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class RowLine:
    """What becomes, or became, of one row: created, updated, unchanged, restored or rejected."""

    row: int
    identifier: str
    title: str
    result: str
    dataset_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class UploadReport:
    """An upload from its rows to its problems. `id` is None where nothing was stored."""

    id: UUID | None
    filename: str
    organization: str
    status: str
    counts: Mapping[str, int]
    rows: tuple[RowLine, ...]
    problems: tuple[ProblemLine, ...]

    @property
    def rejected(self) -> int:
        """How many rows were not taken."""
        return self.counts.get("rejected", 0)


def problem_line(problem: CellProblem, language: str) -> ProblemLine:
    """The problem for a reader of `language`."""
    return ProblemLine(
        severity=ERROR if problem.is_error else WARNING,
        sheet=problem.sheet,
        row=problem.row,
        cell=cell_name(problem.column, problem.row) if problem.column and problem.row else "",
        column=problem.heading,
        value=quoted(problem.value),
        code=problem.code,
        message=problem.message(language),
        hint=problem.hint(language),
    )
