"""Registering the studies of an upload, tying the datasets that meet what they owe, and taking all that back.

Some studies are one transaction with what the upload keeps of them, so it may be broken off anywhere and done again. An
item of a study is told from one of a dataset by its identifier: STUDY_ITEM and the register number, which names the
study for good.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, undefer

from opendata.catalog.records import DatasetRef, StudyRecord
from opendata.errors import CatalogueError, Unavailable
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.register import revert, save, take_back
from opendata.services.register_updates import with_deposits
from opendata.services.submissions import open_proposal
from opendata.services.uploads.items import STUDY_ITEM, last_study_events
from opendata.services.uploads.studies import StudyDraft
from opendata.services.uploads.study_links import published
from opendata.services.uploads.tasks import advance
from opendata.services.uploads.waiting import Reviewing, study_as_proposed
from opendata.services.uploads.writing import Writing, place
from opendata.store import queries
from opendata.store.base import answering
from opendata.store.codec import dump, load
from opendata.store.operations import UploadItem, UploadRow
from opendata.store.register import Study
from opendata.store.states import ItemResult, UploadStatus

logger = logging.getLogger(__name__)

BATCH = 50
"""Studies registered in one transaction; when it fails, they are registered one by one."""
CHUNK = 500
_NOTHING_TO_WRITE = (ItemResult.REJECTED, ItemResult.UNCHANGED)
Going = Callable[[Session], None]
"""Called in each transaction before it writes; raises where the upload was stopped."""


def register(run: Writing, studies: Sequence[StudyDraft]) -> None:
    """Register the studies of a publication. Stopped when cancelled, Unavailable when the store is away."""
    results = publish_studies(run.catalogue, run.ingest.actor, run.upload_id, studies, _going(run), run.review)
    _note(run, studies, results)


def recall(run: Writing, studies: Sequence[StudyDraft]) -> None:
    """Note what this and earlier attempts have registered of them, for the report of a publication that was stopped."""
    with run.catalogue.sessions.read() as session:
        results = {item.identifier.removeprefix(STUDY_ITEM): item.result for item in _items(session, run.upload_id)}
    _note(run, studies, results)


def tie(run: Writing, studies: Sequence[StudyDraft]) -> None:
    """Tie its datasets, now that they are there, to what the studies owe. Stopped and Unavailable as above."""
    arguments = (run.catalogue, run.ingest.actor, run.upload_id)
    changed = tie_datasets(*arguments, studies, run.ingest.source_id, _going(run), run.review)
    unchanged = [one for one in studies if one.key in changed and _was_unchanged(run, one)]
    _note(run, unchanged, {one.key: ItemResult.UPDATED for one in unchanged})


def _was_unchanged(run: Writing, study: StudyDraft) -> bool:
    line = run.results.get(place(study))
    return line is not None and line.result == ItemResult.UNCHANGED.value


def _going(run: Writing) -> Going:
    def going(session: Session) -> None:
        advance(session, run.upload_id, UploadStatus.PUBLISHING, len(run.results), run.total)

    return going


def _note(run: Writing, studies: Sequence[StudyDraft], results: Mapping[str, ItemResult]) -> None:
    """What became of the studies that have rows of their own, here and at those rows."""
    own = [one for one in studies if not one.of_datasets and one.key in results]
    for one in own:
        run.note(one, results[one.key])
    values = [{"id": run.rows[place(one)], "result": results[one.key]} for one in own if place(one) in run.rows]
    if values:
        with run.catalogue.sessions.write.begin() as session:
            session.execute(update(UploadRow), values)


def publish_studies(
    catalogue: Catalogue,
    actor: Actor,
    upload_id: UUID,
    drafts: Iterable[StudyDraft],
    going: Going,
    review: Reviewing | None = None,
) -> dict[str, ItemResult]:
    """Register the good ones of `drafts`; what became of each, by register number. Unavailable: the store is away."""
    with catalogue.sessions.read() as session:
        results = {item.identifier.removeprefix(STUDY_ITEM): item.result for item in _items(session, upload_id)}
    left = [draft for draft in drafts if draft.key not in results]
    results |= {draft.key: result for draft in left if (result := draft.result()) in _NOTHING_TO_WRITE}
    left = [draft for draft in left if draft.key not in results]
    for start in range(0, len(left), BATCH):
        batch = left[start : start + BATCH]
        try:
            results |= _publish(catalogue, actor, upload_id, batch, going, review)
        except Unavailable:
            raise
        except (SQLAlchemyError, CatalogueError):
            logger.warning("batch failed; registering its %s studies one by one", len(batch), exc_info=True)
            for draft in batch:
                results[draft.key] = _publish_alone(catalogue, actor, upload_id, draft, going, review)
    return results


def tie_datasets(
    catalogue: Catalogue,
    actor: Actor,
    upload_id: UUID,
    drafts: Iterable[StudyDraft],
    source_id: UUID | None,
    going: Going,
    review: Reviewing | None = None,
) -> set[str]:
    """Note the datasets that meet what the registered ones of `drafts` owe, now that they are published. The register
    numbers of the studies that this changed.
    """
    changed: set[str] = set()
    for draft in drafts:
        keys = [meeting.key for meeting in draft.meetings.values() if meeting.dataset is None]
        if not keys or not draft.is_good:
            continue
        with catalogue.sessions.write.begin() as session:
            going(session)
            known = queries.study_by_register_number(session, draft.key)
            found = published(session, source_id, keys)
            if known is not None and found and _tie(session, catalogue, actor, upload_id, draft, known, found, review):
                changed.add(draft.key)
    return changed


def undo_studies(session: Session, catalogue: Catalogue, actor: Actor, upload_id: UUID) -> tuple[int, int]:
    """Withdraw the studies that the upload made and write back those that it changed: how many of each."""
    items = _items(session, upload_id)
    ids = _ids(session, items)
    withdrawn = reverted = 0
    for item in items:
        study_id = ids.get(item.identifier)
        if study_id is None:
            continue
        if item.before is None and item.result is ItemResult.UPDATED:
            continue  # what was proposed, and never accepted
        if item.before is None or item.result is ItemResult.RESTORED:
            take_back(session, catalogue, actor, study_id)
            withdrawn += 1
        else:
            revert(session, catalogue, actor, replace(load(StudyRecord, item.before), id=study_id))
            reverted += 1
    return withdrawn, reverted


def _publish(
    catalogue: Catalogue,
    actor: Actor,
    upload_id: UUID,
    drafts: Sequence[StudyDraft],
    going: Going,
    review: Reviewing | None,
) -> dict[str, ItemResult]:
    """One transaction: all of these, or none."""
    results: dict[str, ItemResult] = {}
    with answering(), catalogue.sessions.write.begin() as session:
        going(session)
        for draft in drafts:
            before = _stored(session, draft.key)
            saved = save(session, catalogue, actor, draft.record, review)
            # One that only waits for a dataset of this upload is not changed yet: it is when that is published.
            results[draft.key] = draft.result() if saved.changed else ItemResult.UNCHANGED
            session.flush()
            if saved.changed:
                _keep(session, upload_id, draft, saved.id, before, results[draft.key])
    return results


def _publish_alone(
    catalogue: Catalogue, actor: Actor, upload_id: UUID, draft: StudyDraft, going: Going, review: Reviewing | None
) -> ItemResult:
    try:
        return _publish(catalogue, actor, upload_id, [draft], going, review)[draft.key]
    except Unavailable:
        raise
    except (SQLAlchemyError, CatalogueError) as error:
        reason = str(getattr(error, "orig", None) or error)[:500]
        draft.row.problems.append(draft.row.problem("unexpected", reason=reason))
        return ItemResult.REJECTED


def _tie(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    upload_id: UUID,
    draft: StudyDraft,
    study_id: UUID,
    found: Mapping[str, DatasetRef],
    review: Reviewing | None,
) -> bool:
    before = queries.study_page(session, study_id, public_only=False)
    told = study_as_proposed(session, upload_id, before) if review is not None else before
    saved = save(session, catalogue, actor, with_deposits(told, draft.deposits(found)), review)
    if saved.changed:
        session.flush()
        _keep(session, upload_id, draft, study_id, before, ItemResult.UPDATED)
    return saved.changed


def _keep(
    session: Session, upload_id: UUID, draft: StudyDraft, study_id: UUID, before: StudyRecord | None, result: ItemResult
) -> None:
    """One item for each study: how it stood before the upload, and the last event that the upload caused."""
    event_id = last_study_events(session, [study_id]).get(study_id)
    mine = (UploadItem.upload_id == upload_id, UploadItem.identifier == STUDY_ITEM + draft.key)
    known = session.scalar(select(UploadItem).where(*mine))
    if known is not None:
        known.event_id = event_id
        return
    title = next((text.value for text in draft.record.title.values()), "")
    waits = open_proposal(session, study_id) is not None  # then nothing of the study is another yet
    item = UploadItem(
        upload_id=upload_id, row=draft.row.number, identifier=STUDY_ITEM + draft.key, title=title, result=result,
        event_id=event_id, before=dump(before) if before and not waits else None,
    )  # fmt: skip
    session.add(item)


def _items(session: Session, upload_id: UUID) -> Sequence[UploadItem]:
    wanted = select(UploadItem).where(UploadItem.upload_id == upload_id, UploadItem.identifier.startswith(STUDY_ITEM))
    alone = wanted.where(UploadItem.dataset_id.is_(None)).options(undefer(UploadItem.before)).order_by(UploadItem.id)
    return session.scalars(alone).all()


def _ids(session: Session, items: Iterable[UploadItem]) -> dict[str, UUID]:
    """The studies of the items, by identifier. A SELECT for CHUNK of them."""
    numbers = [one.identifier.removeprefix(STUDY_ITEM) for one in items]
    found: dict[str, UUID] = {}
    for start in range(0, len(numbers), CHUNK):
        wanted = Study.register_number.in_(numbers[start : start + CHUNK])
        rows = session.execute(select(Study.register_number, Study.id).where(wanted))
        found |= {f"{STUDY_ITEM}{number}": key for number, key in rows}
    return found


def _stored(session: Session, number: str) -> StudyRecord | None:
    known = queries.study_by_register_number(session, number)
    return queries.study_page(session, known, public_only=False) if known else None
