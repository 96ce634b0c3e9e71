"""Writing the good rows of an upload through the ingest, batch by batch.

A batch is one transaction: the records, their events and index jobs, what the upload keeps of them for undoing, and how
far it is. So it may be broken off anywhere: what is kept was done, and is passed over when the upload is written again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from opendata.errors import CatalogueError, Unavailable
from opendata.files.storage import CHUNK
from opendata.reading.sheets.drafts import Draft
from opendata.services.catalogue import Catalogue
from opendata.services.ingest import Ingest
from opendata.services.preparing import Prepared
from opendata.services.uploads.comparing import prepared
from opendata.services.uploads.forgetting import drop
from opendata.services.uploads.items import items_after, keep_items
from opendata.services.uploads.keeping import title
from opendata.services.uploads.results import RowLine
from opendata.services.uploads.studies import StudyDraft
from opendata.services.uploads.tasks import Stopped, advance
from opendata.services.uploads.waiting import Reviewing
from opendata.store.base import answering
from opendata.store.operations import Upload, UploadRow
from opendata.store.states import ItemResult, UploadStatus

logger = logging.getLogger(__name__)

BATCH = 100
"""Most rows written in one transaction; when it fails, its rows are written one by one."""

BATCH_BYTES = 64 * 1024**2
"""Rows whose files come to more than this are not kept waiting for others."""

FILE_WEIGHT = 10
"""A file that came with a row takes as long to look at as this many rows, or longer."""

Progress = Callable[[int, int | None], None]
Place = tuple[str, int]
"""Sheet and number of a row."""
Ready = tuple[Draft, Prepared]


@dataclass
class Writing:
    """The state of one publication. `rows` are the ids of the upload's rows by place, where it has any."""

    catalogue: Catalogue
    upload_id: UUID
    organization_id: UUID
    ingest: Ingest
    total: int
    rows: dict[Place, int] = field(default_factory=dict)
    progress: Progress | None = None
    review: Reviewing | None = None
    """Keeps back what the actor may not make public; None where that is nothing."""
    results: dict[Place, RowLine] = field(default_factory=dict)
    """What became of each row so far."""
    _last_item: int = 0

    def begin(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Note what an earlier attempt has written of these; the others. Stopped where it was cancelled meanwhile."""
        left = self._pass_over(drafts)
        self._go_on(left)
        return left

    def take(self, left: Sequence[Draft], look: Callable[[Sequence[Draft]], None]) -> None:
        """Write every good one of what `begin` left, after a `look` at some of them at a time.

        Stopped when cancelled; Unavailable when store or files are away: the same again goes on from here.
        """
        for part in parts(left, BATCH):
            look(part)
            self._take(part)

    def _take(self, drafts: Sequence[Draft]) -> None:
        batch: list[Ready] = []
        for draft in drafts:
            was_good = draft.is_good
            ready = prepared(self.catalogue, draft, store_files=True)
            if ready is None:
                self.note(draft, ItemResult.REJECTED)
                if was_good and draft.openers:
                    # One of its files is broken; the others were put away, and some may be those of the batch too.
                    self._flush(batch)
                    batch = []
                    self._drop(_digests(draft))
                continue
            batch.append((draft, ready))
            if sum(_weight(one) for _, one in batch) > BATCH_BYTES:
                self._flush(batch)
                batch = []
        self._flush(batch)

    def _pass_over(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Note the rows that an earlier attempt has written; the others are left."""
        with self.catalogue.sessions.read() as session:
            items = {item.identifier: item for item in items_after(session, self.upload_id, 0)}
        self._last_item = max((item.id for item in items.values()), default=0)
        left = []
        for draft in drafts:
            if item := items.get(draft.key):
                self.note(draft, item.result, item.dataset_id)
            else:
                left.append(draft)
        return left

    def _go_on(self, left: Sequence[Draft]) -> None:
        """Stopped where it was cancelled; the files that a killed attempt had put away for its batch go with it."""
        try:
            with self.catalogue.sessions.write.begin() as session:
                advance(session, self.upload_id, UploadStatus.PUBLISHING, len(self.results), self.total)
        except Stopped:
            started = islice((draft for draft in left if draft.is_good), BATCH)
            self._drop(checksum for draft in started for checksum in _digests(draft))
            raise

    def note(self, draft: Draft | StudyDraft, result: ItemResult, dataset_id: UUID | None = None) -> None:
        """Remember what became of the row."""
        self.results[place(draft)] = row_line(draft, result, dataset_id)

    def _flush(self, batch: Sequence[Ready]) -> None:
        try:
            self._commit(batch)
        except Stopped:
            self._drop(_stored(batch))
            raise
        except Unavailable:
            raise
        except (SQLAlchemyError, CatalogueError):
            logger.warning("batch failed; writing its %s rows one by one", len(batch), exc_info=True)
            self.ingest.placer.forget()
            for item in batch:
                self._commit_alone(item)
        if self.progress:
            self.progress(len(self.results), self.total)

    def _commit_alone(self, item: Ready) -> None:
        try:
            self._commit((item,))
        except Unavailable:
            raise
        except (SQLAlchemyError, CatalogueError) as error:
            self.ingest.placer.forget()
            row = item[0].row
            row.problems.append(row.problem("unexpected", reason=str(getattr(error, "orig", None) or error)[:500]))
            self.note(item[0], ItemResult.REJECTED)
            self._drop(_stored((item,)))

    def _commit(self, items: Sequence[Ready]) -> None:
        """One transaction. Another worker that was taken for dead may have written some of these meanwhile."""
        if not items:
            return
        self.ingest.replaced.clear()
        drafts = {draft.key: draft for draft, _ in items}
        with answering(), self.catalogue.sessions.write.begin() as session:
            done = len(self.results) + len(items)
            advance(session, self.upload_id, UploadStatus.PUBLISHING, done, self.total)
            others = {item.identifier: item for item in items_after(session, self.upload_id, self._last_item)}
            outcomes = self.ingest.write(session, [ready for draft, ready in items if draft.key not in others])
            session.flush()
            keep_items(session, self.upload_id, self.ingest, outcomes, drafts)
            told = [(drafts[one.identifier], one.result, one.dataset_id) for one in outcomes]
            told += [(drafts[key], one.result, one.dataset_id) for key, one in others.items() if key in drafts]
            self._keep_results(session, told)
            session.flush()
            kept = items_after(session, self.upload_id, self._last_item)
        self._last_item = max((item.id for item in kept), default=self._last_item)
        for each in told:
            self.note(*each)

    def _keep_results(self, session: Session, told: Sequence[tuple[Draft, ItemResult, UUID | None]]) -> None:
        """What became of them, at the rows of the upload."""
        values = [
            {"id": self.rows[place(draft)], "result": result, "dataset_id": dataset_id}
            for draft, result, dataset_id in told
            if place(draft) in self.rows
        ]
        if values:
            session.execute(update(UploadRow), values)

    def _drop(self, checksums: Iterable[str]) -> None:
        """Files of rows that were not written after all are nobody's, unless another record has them.

        While another upload is published they stay: it may have put the same bytes away for records not written yet.
        """
        put = set(checksums)
        if put:
            with self.catalogue.sessions.write.begin() as session:
                others = select(Upload.id).where(Upload.status == UploadStatus.PUBLISHING, Upload.id != self.upload_id)
                if session.scalar(others.limit(1)) is None:
                    drop(self.catalogue, session, *put)


def place(draft: Draft | StudyDraft) -> Place:
    """Where its row stands: no two rows of an upload have one."""
    return draft.row.sheet, draft.row.number


def row_line(draft: Draft | StudyDraft, result: ItemResult, dataset_id: UUID | None = None) -> RowLine:
    """The row as reports show it."""
    return RowLine(draft.row.number, draft.key, title(draft), result.value, dataset_id)


def parts(drafts: Sequence[Draft], most: int) -> Iterator[list[Draft]]:
    """The drafts by at most `most`; by fewer where they have files, since those take time."""
    part: list[Draft] = []
    weight = 0
    for draft in drafts:
        part.append(draft)
        weight += 1 + FILE_WEIGHT * len(draft.openers)
        if weight >= most:
            yield part
            part, weight = [], 0
    if part:
        yield part


def _weight(ready: Prepared) -> int:
    return sum(file.byte_size or 0 for file in ready.record.resources if file.stored)


def _stored(batch: Iterable[Ready]) -> set[str]:
    """The checksums of the files that were put away for these rows."""
    return {file.checksum for _, ready in batch for file in ready.record.resources if file.stored}


def _digests(draft: Draft) -> Iterator[str]:
    """The checksums of the files that came with the row; of those that can be read."""
    for opener in draft.openers.values():
        with suppress(CatalogueError, OSError), opener() as stream:
            digest = sha256()
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
            yield digest.hexdigest()
