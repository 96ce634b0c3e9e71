"""The end of a publication: what became of every row, the problems that only writing showed, the counts."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from opendata.reading.sheets.drafts import Draft
from opendata.services.catalogue import Catalogue
from opendata.services.uploads.checking import Checked
from opendata.services.uploads.comparing import prepared
from opendata.services.uploads.deciding import announce
from opendata.services.uploads.failing import keep_failed
from opendata.services.uploads.keeping import add_problems, counts, new_row
from opendata.services.uploads.results import RowLine
from opendata.services.uploads.studies import StudyDraft
from opendata.services.uploads.tasks import Task, end
from opendata.services.uploads.writing import Writing, place, row_line
from opendata.store.operations import Upload, UploadProblem, UploadRow
from opendata.store.states import ItemResult, Severity, UploadStatus

logger = logging.getLogger(__name__)

Record = Draft | StudyDraft
LEFT = "left"
"""The count of good rows that were not published: not chosen, or not reached before somebody cancelled."""


def close_whole(
    catalogue: Catalogue, task: Task, status: UploadStatus, run: Writing, checked: Checked
) -> list[RowLine]:
    """Keep the report of an upload that no check had written down; the rows in the order of the sheet."""
    lines = [run.results.get(place(draft)) or _left(draft) for draft in checked.records]
    keep_failed(catalogue, task, _at(status), checked)
    with catalogue.sessions.write.begin() as session:
        add_problems(session, task.upload_id, checked.problems, task.language)
        for position, (draft, line) in enumerate(zip(checked.records, lines, strict=True), 1):
            result = ItemResult.POSTPONED if line.result == LEFT else ItemResult(line.result)
            more = {"dataset_id": line.dataset_id, "chosen": line.result != LEFT}
            session.add(new_row(task.upload_id, position, draft, result, **more))
        _end(catalogue, session, task, status, counts(lines, checked))
    return lines


def close_chosen(
    catalogue: Catalogue, task: Task, status: UploadStatus, run: Writing, checked: Checked, drafts: Sequence[Record]
) -> None:
    """Keep the report of an upload whose rows and problems stand there from its check. `drafts` are the chosen ones."""
    broken = [draft for draft in drafts if (line := run.results.get(place(draft))) and line.result == "rejected"]
    if broken:
        _check_others(catalogue, checked, drafts)
        keep_failed(catalogue, task, _at(status), checked)
    with catalogue.sessions.write.begin() as session:
        for draft in broken:
            _keep_broken(session, task, run, draft)
        published = [run.rows[each] for each, line in run.results.items() if line.result != "rejected"]
        counted = _close_rows(session, task, set(published))
        _end(catalogue, session, task, status, counted)


def _left(draft: Record) -> RowLine:
    if not draft.is_good:
        return row_line(draft, ItemResult.REJECTED)
    return RowLine(draft.row.number, draft.key, row_line(draft, ItemResult.POSTPONED).title, LEFT)


def _check_others(catalogue: Catalogue, checked: Checked, drafts: Sequence[Record]) -> None:
    """Ask once more what the rules of all records say of the rows not chosen: the sheet tells of them too."""
    chosen = {place(draft) for draft in drafts}
    for draft in checked.drafts:
        if draft.is_good and place(draft) not in chosen:
            prepared(catalogue, draft, store_files=False)


def _keep_broken(session: Session, task: Task, run: Writing, draft: Record) -> None:
    """A row that was good when it was checked and could not be written after all."""
    problems = draft.problems
    errors = [problem for problem in problems if problem.is_error]
    add_problems(session, task.upload_id, errors, task.language)
    values = {"result": ItemResult.REJECTED, "errors": len(errors), "warnings": len(problems) - len(errors)}
    session.execute(update(UploadRow).where(UploadRow.id == run.rows[place(draft)]).values(**values))


def _close_rows(session: Session, task: Task, published: Collection[int]) -> dict[str, int]:
    """The counts over all rows. Good ones that were not published are not chosen any more."""
    counted: Counter[str] = Counter()
    left: list[int] = []
    wanted = select(UploadRow.id, UploadRow.result, UploadRow.errors).where(UploadRow.upload_id == task.upload_id)
    for row_id, result, errors in session.execute(wanted):
        if row_id in published:
            counted[result.value] += 1
        elif errors or result is ItemResult.REJECTED:
            counted[ItemResult.REJECTED.value] += 1
        else:
            left.append(row_id)
    if left:
        counted[LEFT] = len(left)
        session.execute(update(UploadRow), [{"id": row_id, "chosen": False} for row_id in left])
    found = select(UploadProblem.severity, func.count()).where(UploadProblem.upload_id == task.upload_id)
    problems = dict(session.execute(found.group_by(UploadProblem.severity)).all())
    told = {"errors": problems.get(Severity.ERROR, 0), "warnings": problems.get(Severity.WARNING, 0)}
    return {"rows": sum(counted.values()), **counted, **told}


def _at(status: UploadStatus) -> tuple[UploadStatus, ...]:
    """The statuses that an upload may be in when it ends so: one of the command line may be cancelled already."""
    here = (UploadStatus.PUBLISHING,)
    return (*here, status) if status is UploadStatus.CANCELLED else here


def _end(catalogue: Catalogue, session: Session, task: Task, status: UploadStatus, counted: dict[str, int]) -> None:
    """Stopped where another worker has ended it meanwhile."""
    end(session, task.upload_id, _at(status), status=status, finished=catalogue.now(), counts=counted)
    session.flush()
    announce(session, catalogue, task.actor, session.get_one(Upload, task.upload_id))
    logger.info("upload ended upload=%s status=%s rows=%s", task.upload_id, status, counted["rows"])
