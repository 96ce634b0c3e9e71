"""The drafts of an upload beside what the catalogue has: new, changed, unchanged, or known from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.upload_problems import CellProblem, of_record
from opendata.errors import Problem
from opendata.harvesting.contract import Found
from opendata.reading.sheets.drafts import RAW_TYPE, Draft
from opendata.services.catalogue import Catalogue
from opendata.services.preparing import FILE_BROKEN, Prepared, Refused, prepare
from opendata.services.uploads.duplicates import Duplicates, Fresh
from opendata.services.uploads.sources import source_of
from opendata.store.harvests import IDENTIFIER_LENGTH, HarvestRecord
from opendata.store.states import ItemResult

CHUNK = 200
"""Drafts compared by one SELECT."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A draft, ready to be written or refused, and what writing it would come to."""

    draft: Draft
    ready: Prepared | None
    result: ItemResult
    dataset_id: UUID | None = None


def prepared(catalogue: Catalogue, draft: Draft, *, store_files: bool) -> Prepared | None:
    """The draft as the ingest takes it; None where it has an error, or where the rules of all records find one."""
    if not draft.is_good:
        return None
    if len(draft.key) > IDENTIFIER_LENGTH:
        length = {"length": str(len(draft.key)), "most": str(IDENTIFIER_LENGTH)}
        draft.row.problems.append(draft.row.problem("too_long", "identifier", **length))
        return None
    found = Found(draft.key, draft.record, draft.raw(), RAW_TYPE, draft.openers)
    ready = prepare(catalogue, found, store_files=store_files, strict=True)
    draft.row.problems += [_of_row(draft, problem) for problem in ready.problems]
    return None if isinstance(ready, Refused) else ready


def compared(
    catalogue: Catalogue, session: Session, organization_id: UUID, drafts: Sequence[Draft]
) -> Iterator[Compared]:
    """What publishing the drafts would come to, and what the catalogue has already. Nothing is stored."""
    source_id = source_of(session, organization_id)
    duplicates = Duplicates(catalogue, session, organization_id, drafts)
    for start in range(0, len(drafts), CHUNK):
        chunk = drafts[start : start + CHUNK]
        known = _known(session, source_id, [draft.key for draft in chunk])
        found = [
            _compared(draft, prepared(catalogue, draft, store_files=False), known.get(draft.key)) for draft in chunk
        ]
        duplicates.mark(
            [Fresh(one.draft, one.ready.record, one.dataset_id) for one in found if one.ready and _changes(one)]
        )
        yield from found


def _compared(draft: Draft, ready: Prepared | None, known: tuple[str, UUID | None, bool] | None) -> Compared:
    if ready is None:
        return Compared(draft, None, ItemResult.REJECTED)
    if known is None:
        return Compared(draft, ready, ItemResult.CREATED)
    content_hash, dataset_id, gone = known
    if gone:
        return Compared(draft, ready, ItemResult.RESTORED, dataset_id)
    same = content_hash == ready.content_hash
    return Compared(draft, ready, ItemResult.UNCHANGED if same else ItemResult.UPDATED, dataset_id)


def _changes(one: Compared) -> bool:
    return one.result is not ItemResult.UNCHANGED


def _known(session: Session, source_id: UUID | None, keys: Sequence[str]) -> dict[str, tuple[str, UUID | None, bool]]:
    """Of earlier uploads, by key: the hash of what was said, the dataset, and whether it was withdrawn with them."""
    if source_id is None:
        return {}
    wanted = select(HarvestRecord).where(HarvestRecord.source_id == source_id, HarvestRecord.identifier.in_(keys))
    found = {}
    for link in session.scalars(wanted):
        gone = link.result == ItemResult.WITHDRAWN  # though others may have the dataset still
        found[link.identifier] = (link.content_hash, link.dataset_id, gone)
    return found


def _of_row(draft: Draft, problem: Problem) -> CellProblem:
    """A problem that the rules of all records found, at its row."""
    if problem.code == FILE_BROKEN:
        return draft.row.problem(FILE_BROKEN, "files", value=problem.row, reason=problem.message)
    return of_record(problem, draft.row.problem(problem.code, problem.field))
