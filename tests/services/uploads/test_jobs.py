"""A bulk upload from the file to the records, in the steps that people and the worker take."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import func, select, update

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge, Unavailable
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import failing, inspecting, items, jobs, returning, steps, tasks, undoing, writing
from opendata.services.uploads.checking import Checked
from opendata.services.uploads.receiving import receive
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord
from opendata.store.operations import Job, Upload, UploadItem, UploadProblem
from opendata.store.states import ItemResult, JobStatus, UploadStatus
from tests.factories import work
from tests.services.uploads.conftest import HEADINGS
from tests.services.uploads.steps import BAD, GOOD, THIRD, confirm, head, many, published, results, rows


def test_worker_checks_and_then_publishes_what_was_confirmed(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD, BAD, THIRD]), check=False)
    assert head(catalogue, upload_id).status is UploadStatus.RECEIVED
    work(catalogue)
    checked = head(catalogue, upload_id)
    assert (checked.status, checked.done, checked.total) == (UploadStatus.CHECKED, 3, 3)
    assert results(checked) == {"rows": 3, "created": 2, "rejected": 1, "errors": 3}
    assert [row.result for row in rows(catalogue, upload_id)] == ["created", "rejected", "created"]
    assert published(catalogue) == 0
    steps.publish(catalogue, SYSTEM, upload_id)
    work(catalogue)
    ended = head(catalogue, upload_id)
    assert (ended.status, ended.done, ended.total) == (UploadStatus.PUBLISHED, 2, 2)
    assert results(ended) == {"rows": 3, "created": 2, "rejected": 1, "errors": 3}
    assert published(catalogue) == 2
    assert [bool(row.dataset_id) for row in rows(catalogue, upload_id)] == [True, False, True]


def test_failing_rows_are_kept_as_a_sheet(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD, BAD]))
    with catalogue.files.open(head(catalogue, upload_id).failed_checksum) as stream:
        book = openpyxl.load_workbook(io.BytesIO(stream.read()))
    assert [row[1].value for row in book.worksheets[0].iter_rows()] == ["Идентификатор", "A-2"]


def test_changes_are_told_before_they_are_made(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    first = sent(workbook([HEADINGS, GOOD, THIRD]))
    confirm(catalogue, first)
    second = sent(workbook([HEADINGS, (GOOD[0], "Земельные ресурсы области", *GOOD[2:]), THIRD], "second.xlsx"))
    changed, same = rows(catalogue, second)
    assert (changed.result, same.result) == (ItemResult.UPDATED, ItemResult.UNCHANGED)
    assert changed.changes == [["title", "Водные ресурсы Или", "Земельные ресурсы области"]]
    assert same.changes == []


def test_only_chosen_rows_are_published(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD, BAD, THIRD]))
    third = rows(catalogue, upload_id)[2]
    confirm(catalogue, upload_id, only=[third.id])
    assert results(head(catalogue, upload_id)) == {"rows": 3, "created": 1, "rejected": 1, "left": 1, "errors": 3}
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Dataset.identifier)).all() == ["A-3"]


def test_a_row_with_an_error_cannot_be_chosen(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD, BAD]))
    with pytest.raises(Invalid, match="no row to publish"):
        steps.publish(catalogue, SYSTEM, upload_id, only=[rows(catalogue, upload_id)[1].id])
    assert head(catalogue, upload_id).status is UploadStatus.CHECKED


def test_same_sheet_twice_changes_nothing(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    path = workbook(many(5))
    for result in ("created", "unchanged"):
        upload_id = sent(path)
        assert head(catalogue, upload_id).counts[result] == 5
        confirm(catalogue, upload_id)
        assert head(catalogue, upload_id).counts[result] == 5
    assert published(catalogue) == 5


def test_a_file_that_cannot_be_taken_ends_with_its_reason(catalogue: Catalogue, agency: str) -> None:
    upload_id = receive(catalogue, SYSTEM, agency, "a.xlsx", io.BytesIO(b"no workbook at all \x00\x01"), "en")
    jobs.check(catalogue, upload_id)
    upload = head(catalogue, upload_id)
    assert upload.status is UploadStatus.FAILED
    assert "a.xlsx" in upload.message
    with catalogue.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(UploadProblem)) == 1


class _Breaking(io.RawIOBase):
    """A connection that drops after some bytes."""

    def __init__(self, left: int) -> None:
        self._left = left

    def read(self, size: int = -1) -> bytes:
        if not self._left:
            raise ConnectionResetError("the other side went away")
        given = min(self._left, size if size > 0 else self._left)
        self._left -= given
        return b"x" * given


@pytest.mark.parametrize("left", [0, 1, 100_000])
def test_a_connection_that_drops_leaves_nothing(catalogue: Catalogue, agency: str, left: int) -> None:
    with pytest.raises(ConnectionResetError):
        receive(catalogue, SYSTEM, agency, "a.xlsx", _Breaking(left))  # type: ignore[arg-type]
    assert nothing_is_left(catalogue)


def nothing_is_left(catalogue: Catalogue) -> bool:
    with catalogue.sessions.read() as session:
        counted = [session.scalar(select(func.count()).select_from(one)) for one in (Upload, Job)]
    return counted == [0, 0] and not list(catalogue.files.keys())


def test_what_must_not_come_in_is_refused_at_the_door(
    catalogue: Catalogue, agency: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotAllowed):
        receive(catalogue, PUBLIC, agency, "a.csv", io.BytesIO(b"a"))
    with pytest.raises(NotFound):
        receive(catalogue, SYSTEM, "nobody", "a.csv", io.BytesIO(b"a"))
    with pytest.raises(Invalid, match="empty"):
        receive(catalogue, SYSTEM, agency, "a.csv", io.BytesIO(b""))
    monkeypatch.setitem(catalogue.config.upload.__dict__, "package_bytes", 1024**2)
    with pytest.raises(TooLarge, match="larger than 1 MB"):
        receive(catalogue, SYSTEM, agency, "a.csv", io.BytesIO(b"a" * (1024**2 + 1)))
    assert nothing_is_left(catalogue)


def test_the_name_of_a_file_loses_its_folders(catalogue: Catalogue, agency: str) -> None:
    upload_id = receive(catalogue, SYSTEM, agency, "C:\\отчёты/..\\\ud800таблица\x07.csv", io.BytesIO(b"a"))
    assert head(catalogue, upload_id).filename == "таблица.csv"


def test_cancelled_before_publication_stores_nothing(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    waiting = sent(workbook([HEADINGS, GOOD]), check=False)
    steps.cancel(catalogue, SYSTEM, waiting)
    checked = sent(workbook([HEADINGS, GOOD], "b.xlsx"))
    steps.cancel(catalogue, SYSTEM, checked)
    jobs.check(catalogue, waiting)
    jobs.publish(catalogue, checked)
    assert {head(catalogue, one).status for one in (waiting, checked)} == {UploadStatus.CANCELLED}
    assert published(catalogue) == 0
    for step in (steps.cancel, steps.publish, steps.check_again):
        with pytest.raises(Conflict, match="was cancelled"):
            step(catalogue, SYSTEM, waiting)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)


@pytest.mark.usefixtures("small_batches")
def test_cancelled_while_published_stops_between_batches_and_can_be_undone(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = sent(workbook(many(7)))
    steps.publish(catalogue, SYSTEM, upload_id)
    keep = items.keep_items

    def keep_and_cancel(*arguments: object) -> None:
        keep(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(writing, "advance", cancelling)

    advance = tasks.advance

    def cancelling(session: object, *arguments: object) -> None:
        session.execute(update(Upload).values(stopping=True))  # type: ignore[attr-defined]
        advance(session, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "keep_items", keep_and_cancel)
    jobs.publish(catalogue, upload_id)
    upload = head(catalogue, upload_id)
    assert (upload.status, upload.stopping) == (UploadStatus.CANCELLED, False)
    assert results(upload) == {"rows": 7, "created": 2, "left": 5, "errors": 0}
    assert published(catalogue) == 2
    assert sum(row.chosen for row in rows(catalogue, upload_id)) == 2
    assert undoing.undo(catalogue, SYSTEM, upload_id).withdrawn == 2
    assert published(catalogue) == 0


class DiedError(BaseException):
    """Stands for the process that is gone: nothing catches it."""


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("batches", [0, 1, 2, 3])
def test_killed_publication_goes_on_where_it_was(
    catalogue: Catalogue,
    sent: Callable[..., UUID],
    workbook: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    batches: int,
) -> None:
    earlier = sent(workbook(many(3)))
    confirm(catalogue, earlier)
    table = many(7)
    table[1] = ("N-0", "Новое название", *table[1][2:])
    upload_id = sent(workbook(table, "second.xlsx"))
    steps.publish(catalogue, SYSTEM, upload_id)
    done: list[int] = []
    keep = items.keep_items

    def dying(*arguments: object) -> None:
        if len(done) == batches:
            raise DiedError
        done.append(1)
        keep(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(writing, "keep_items", dying)
        with pytest.raises(DiedError):
            jobs.publish(catalogue, upload_id)
    jobs.publish(catalogue, upload_id)
    upload = head(catalogue, upload_id)
    assert results(upload) == {"rows": 7, "updated": 1, "unchanged": 2, "created": 4, "errors": 0}
    with catalogue.sessions.read() as session:
        assert (
            session.scalar(select(func.count()).select_from(UploadItem).where(UploadItem.upload_id == upload_id)) == 5
        )
        assert session.scalar(select(func.count()).select_from(HarvestRecord)) == 7
    assert published(catalogue) == 7
    undone = undoing.undo(catalogue, SYSTEM, upload_id)
    assert (undone.withdrawn, undone.reverted) == (4, 1)
    assert published(catalogue) == 3


def test_killed_check_is_done_again_from_the_beginning(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspecting, "BATCH", 2)
    upload_id = sent(workbook([*many(5), BAD]), check=False)
    write = tasks.advance

    def dying(*arguments: object) -> None:
        if len(rows(catalogue, upload_id)) == 2:
            raise DiedError
        write(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(inspecting, "advance", dying)
        with pytest.raises(DiedError):
            jobs.check(catalogue, upload_id)
    assert head(catalogue, upload_id).status is UploadStatus.CHECKING
    assert len(rows(catalogue, upload_id)) == 2
    jobs.check(catalogue, upload_id)
    assert head(catalogue, upload_id).status is UploadStatus.CHECKED
    assert [row.position for row in rows(catalogue, upload_id)] == [1, 2, 3, 4, 5, 6]
    with catalogue.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(UploadProblem)) == 3


def test_a_checked_upload_can_be_checked_again(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD, BAD]))
    before = [(row.position, row.identifier, row.result) for row in rows(catalogue, upload_id)]
    steps.check_again(catalogue, SYSTEM, upload_id)
    with pytest.raises(Conflict, match="waiting to be checked"):
        steps.publish(catalogue, SYSTEM, upload_id)
    jobs.check(catalogue, upload_id)
    assert [(row.position, row.identifier, row.result) for row in rows(catalogue, upload_id)] == before
    assert head(catalogue, upload_id).status is UploadStatus.CHECKED


def test_store_that_is_away_uses_up_no_attempt(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD]), check=False)

    def away(_: str) -> object:
        raise Unavailable("files: nobody answers", part="files")

    with monkeypatch.context() as patch:
        patch.setattr(catalogue.files, "local_path", away)
        work(catalogue)
    with catalogue.sessions.read() as session:
        job = session.scalars(select(Job).where(Job.kind == "upload-check")).one()
    assert (job.status, job.attempts) == (JobStatus.NEW, 0)
    assert head(catalogue, upload_id).status in (UploadStatus.RECEIVED, UploadStatus.CHECKING)
    jobs.check(catalogue, upload_id)
    assert head(catalogue, upload_id).status is UploadStatus.CHECKED


def test_killed_with_the_failing_rows_put_away_leaves_one_sheet(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sheet of the second attempt has other bytes: it says when it was written."""
    upload_id = sent(workbook([HEADINGS, GOOD, BAD]), check=False)
    put, write = catalogue.files.put_path, returning.write_failed

    def dying(path: Path, *, max_bytes: int) -> None:
        put(path, max_bytes=max_bytes)
        raise DiedError

    def write_otherwise(checked: Checked, path: Path, language: str) -> None:
        write(checked, path, language)
        path.write_bytes(path.read_bytes() + b"\n")

    with monkeypatch.context() as patch:
        patch.setattr(failing, "write_failed", write_otherwise)
        patch.setattr(catalogue.files, "put_path", dying)
        with pytest.raises(DiedError):
            jobs.check(catalogue, upload_id)
    first = head(catalogue, upload_id).failed_checksum
    assert catalogue.files.exists(first)
    jobs.check(catalogue, upload_id)
    upload = head(catalogue, upload_id)
    assert upload.failed_checksum != first
    assert set(catalogue.files.keys()) == {upload.checksum, upload.failed_checksum}
