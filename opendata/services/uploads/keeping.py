"""What the store keeps of an upload: its problems, its rows and its counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from opendata.catalog.upload_problems import CellProblem
from opendata.reading.sheets.drafts import Draft
from opendata.services.uploads.checking import Checked
from opendata.services.uploads.results import RowLine, problem_line
from opendata.services.uploads.studies import StudyDraft
from opendata.store.harvests import IDENTIFIER_LENGTH
from opendata.store.operations import UploadProblem, UploadRow
from opendata.store.states import ItemResult, Severity

MOST_PROBLEMS = 20_000
"""Problems kept with an upload."""
_CHUNK = 1000


def add_problems(session: Session, upload_id: UUID, problems: Sequence[CellProblem], language: str) -> None:
    """Keep these with the upload, in words of that language; of very many the first ones."""
    for start in range(0, min(len(problems), MOST_PROBLEMS), _CHUNK):
        part = problems[start : min(start + _CHUNK, MOST_PROBLEMS)]
        session.execute(insert(UploadProblem), [_values(upload_id, one, language) for one in part])


def stored_problem(upload_id: UUID, problem: CellProblem, language: str) -> UploadProblem:
    """The problem in words of that language."""
    return UploadProblem(**_values(upload_id, problem, language))


def _values(upload_id: UUID, problem: CellProblem, language: str) -> dict[str, object]:
    line = problem_line(problem, language)
    return {
        "upload_id": upload_id, "sheet": storable(line.sheet), "row": line.row, "place": problem.column,
        "heading": storable(line.column), "field": problem.field[:200], "value": storable(line.value),
        "code": line.code[:100], "message": storable(line.message), "hint": storable(line.hint),
        "severity": Severity(line.severity),
    }  # fmt: skip


def new_row(upload_id: UUID, position: int, draft: Draft | StudyDraft, result: ItemResult, **more: object) -> UploadRow:
    """The row of the upload that the draft came from."""
    problems = draft.problems
    errors = sum(problem.is_error for problem in problems)
    return UploadRow(
        upload_id=upload_id, position=position, sheet=draft.row.sheet, row=draft.row.number, kind=draft.row.kind,
        identifier=storable(draft.key)[:IDENTIFIER_LENGTH], title=title(draft), result=result,
        errors=errors, warnings=len(problems) - errors, **more,
    )  # fmt: skip


def title(draft: Draft | StudyDraft) -> str:
    """The title of the record, in the first language that has one."""
    return storable(next((text.value for text in draft.record.title.values()), ""))


def counts(lines: Iterable[RowLine], checked: Checked) -> dict[str, int]:
    """How many rows there are, how many of each result, how many errors and warnings."""
    results = [line.result for line in lines]
    problems = checked.problems
    errors = sum(problem.is_error for problem in problems)
    return {"rows": len(results), **Counter(results), "errors": errors, "warnings": len(problems) - errors}


def storable(text: str) -> str:
    """The text as both databases take it: without NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
