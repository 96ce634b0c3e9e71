"""Who may do what with an upload, in whose name it is done, and what a worker leaves when somebody steps in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound
from opendata.services import access, accounts, organizations
from opendata.services.accounts import NewUser
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import deciding, items, jobs, publishing, steps, undoing, writing
from opendata.services.uploads.receiving import receive
from opendata.store.accounts import User
from opendata.store.operations import DatasetEvent, Upload
from opendata.store.states import UploadStatus, UserState
from opendata.worker import Worker
from tests.services.uploads.conftest import HEADINGS
from tests.services.uploads.steps import BAD, GOOD, confirm, head, many, published, results, rows

PASSWORD = "a long enough password"


@pytest.fixture
def clerk(catalogue: Catalogue, agency: str) -> Callable[..., Actor]:
    """Makes an editor of the agency, or of another one."""

    def make(name: str, organization: str = agency, role: Role = Role.EDITOR) -> Actor:
        new = NewUser(name, f"{name}@example.kz", PASSWORD, organization=organization, role=role)
        accounts.add_user(catalogue, SYSTEM, new)
        with catalogue.sessions.read() as session:
            user_id = session.scalar(select(User.id).where(User.name == name))
        assert user_id
        return access.actor_for_user(catalogue, user_id)

    return make


def test_only_editors_of_the_agency_may_touch_an_upload(
    catalogue: Catalogue, clerk: Callable[..., Actor], workbook: Callable[..., Path]
) -> None:
    organizations.add(catalogue, SYSTEM, "other", "Другое ведомство")
    mine, foreign, member = clerk("mine"), clerk("foreign", "other"), clerk("member", role=Role.MEMBER)
    upload_id = receive(catalogue, mine, "msh", "a.xlsx", workbook([HEADINGS, GOOD]))
    for nobody, told in ((foreign, NotFound), (member, NotAllowed)):  # who sees the desk knows that it is there
        with pytest.raises(NotAllowed):
            receive(catalogue, nobody, "msh", "a.xlsx", workbook([HEADINGS, GOOD]))
        for step in (steps.publish, steps.cancel, steps.check_again, undoing.undo):
            with pytest.raises(told):
                step(catalogue, nobody, upload_id)
        with pytest.raises(told):
            deciding.decide(catalogue, nobody, upload_id, deciding.ACCEPT)
    with pytest.raises(NotFound):
        steps.cancel(catalogue, SYSTEM, UUID(int=1))


def test_records_are_published_in_the_name_of_the_one_who_confirmed(
    catalogue: Catalogue, clerk: Callable[..., Actor], workbook: Callable[..., Path]
) -> None:
    sender, boss = clerk("sender"), clerk("boss")
    upload_id = receive(catalogue, sender, "msh", "a.xlsx", workbook([HEADINGS, GOOD]))
    jobs.check(catalogue, upload_id)
    steps.publish(catalogue, boss, upload_id)
    Worker(catalogue).work(until_idle=True)
    with catalogue.sessions.read() as session:
        wanted = select(DatasetEvent.user_id).where(DatasetEvent.kind == "dataset", DatasetEvent.action == "created")
        assert session.scalars(wanted).all() == [boss.user_id]
    assert head(catalogue, upload_id).status is UploadStatus.PUBLISHED


def test_who_lost_the_right_publishes_nothing(
    catalogue: Catalogue, clerk: Callable[..., Actor], workbook: Callable[..., Path]
) -> None:
    sender = clerk("sender")
    upload_id = receive(catalogue, sender, "msh", "a.xlsx", workbook([HEADINGS, GOOD]))
    jobs.check(catalogue, upload_id)
    steps.publish(catalogue, sender, upload_id)
    with catalogue.sessions.write.begin() as session:
        session.execute(update(User).values(state=UserState.BLOCKED))
    jobs.publish(catalogue, upload_id, sender.user_id)
    assert head(catalogue, upload_id).status is UploadStatus.FAILED
    assert published(catalogue) == 0


def test_undo_needs_something_that_was_published(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD]))
    with pytest.raises(Conflict, match="nothing to take back"):
        undoing.undo(catalogue, SYSTEM, upload_id)
    steps.publish(catalogue, SYSTEM, upload_id)
    with pytest.raises(Conflict, match="Cancel it"):
        undoing.undo(catalogue, SYSTEM, upload_id)
    jobs.publish(catalogue, upload_id)
    assert undoing.undo(catalogue, SYSTEM, upload_id).withdrawn == 1


def test_published_twice_is_refused(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD]))
    confirm(catalogue, upload_id)
    for step in (steps.publish, steps.check_again, steps.cancel):
        with pytest.raises(Conflict, match="is published already"):
            step(catalogue, SYSTEM, upload_id)
    jobs.publish(catalogue, upload_id)  # a job that is run once more finds nothing to do
    jobs.check(catalogue, upload_id)
    assert results(head(catalogue, upload_id)) == {"rows": 1, "created": 1, "errors": 0}


def test_an_upload_is_cancelled_while_the_worker_publishes_it(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 1)
    upload_id = sent(workbook(many(60)))
    steps.publish(catalogue, SYSTEM, upload_id)
    worker = Worker(catalogue)
    thread = threading.Thread(target=worker.work)
    thread.start()
    try:
        _wait(lambda: head(catalogue, upload_id).done > 2)
        steps.cancel(catalogue, SYSTEM, upload_id)
        _wait(lambda: head(catalogue, upload_id).status is UploadStatus.CANCELLED)
    finally:
        worker.stop()
        thread.join()
    upload = head(catalogue, upload_id)
    assert upload.counts["created"] + upload.counts["left"] == 60
    assert published(catalogue) == upload.counts["created"] > 2
    assert undoing.undo(catalogue, SYSTEM, upload_id).withdrawn == upload.counts["created"]
    assert published(catalogue) == 0


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_files_of_rows_that_were_not_written_are_not_left_behind(
    catalogue: Catalogue,
    sent: Callable[..., UUID],
    workbook: Callable[..., Path],
    packed: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run is killed with the files of its batch put away and nothing of it written; then somebody cancels."""
    table = workbook([HEADINGS, (*GOOD[:4], "a.txt"), BAD])
    upload_id = sent(packed(table, {"a.txt": b"text of a file"}))
    before = set(catalogue.files.keys())
    steps.publish(catalogue, SYSTEM, upload_id)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing, "keep_items", killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.publish(catalogue, upload_id)
    assert set(catalogue.files.keys()) > before
    steps.cancel(catalogue, SYSTEM, upload_id)
    jobs.publish(catalogue, upload_id)
    assert head(catalogue, upload_id).status is UploadStatus.CANCELLED
    assert set(catalogue.files.keys()) == before


def test_a_broken_off_upload_of_the_command_line_can_be_cancelled_and_undone_at_once(
    catalogue: Catalogue, agency: str, workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)

    def killed(done: int, _: int | None) -> None:
        if done == 4:
            raise SystemExit

    request = publishing.Request(workbook(many(7)), "a.xlsx", agency, "en")
    with pytest.raises(SystemExit):
        publishing.publish(catalogue, SYSTEM, request, killed)
    with catalogue.sessions.read() as session:
        upload_id = session.scalars(select(Upload.id)).one()
    assert head(catalogue, upload_id).status is UploadStatus.PUBLISHING
    steps.cancel(catalogue, SYSTEM, upload_id)
    assert head(catalogue, upload_id).status is UploadStatus.CANCELLED
    assert published(catalogue) == 4
    assert undoing.undo(catalogue, SYSTEM, upload_id).withdrawn == 4


def test_an_upload_that_failed_its_second_check_can_be_checked_once_more(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD, BAD]))
    steps.check_again(catalogue, SYSTEM, upload_id)

    def refusing(*_: object) -> None:
        raise Invalid("No column is for the title.")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "inspect", refusing)
        jobs.check(catalogue, upload_id)
    failed = head(catalogue, upload_id)
    assert (failed.status, failed.message) == (UploadStatus.FAILED, "No column is for the title.")
    assert not rows(catalogue, upload_id)
    assert set(catalogue.files.keys()) == {failed.checksum}
    with pytest.raises(Conflict, match="could not be taken"):
        steps.publish(catalogue, SYSTEM, upload_id)
    steps.check_again(catalogue, SYSTEM, upload_id)
    jobs.check(catalogue, upload_id)
    assert head(catalogue, upload_id).status is UploadStatus.CHECKED


@pytest.mark.parametrize("by", ["ctrl-c", "desk"])
def test_an_upload_of_the_command_line_can_be_stopped(
    catalogue: Catalogue, agency: str, workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)

    def stop(done: int, _: int | None) -> None:
        if done == 4 and by == "ctrl-c":
            raise KeyboardInterrupt
        if done == 4:
            with catalogue.sessions.read() as session:
                upload_id = session.scalars(select(Upload.id)).one()
            steps.cancel(catalogue, SYSTEM, upload_id)

    request = publishing.Request(workbook([*many(7), BAD]), "a.xlsx", agency, "en")
    report = publishing.publish(catalogue, SYSTEM, request, stop).report
    assert report.id
    assert report.status == "cancelled"
    upload = head(catalogue, report.id)
    assert upload.status is UploadStatus.CANCELLED
    assert results(upload) == {"rows": 8, "created": 4, "left": 3, "rejected": 1, "errors": 3}
    assert published(catalogue) == 4
    assert undoing.undo(catalogue, SYSTEM, report.id).withdrawn == 4


def test_headings_that_were_corrected_are_remembered(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    table = [("Ярлык карточки", "Название", "Тип", "Примечание"), ("A-1", "Водные ресурсы Или", "Отчёт", "из папки 3")]
    upload_id = sent(workbook(table))
    assert head(catalogue, upload_id).columns["datasets"]["Ярлык карточки"] != "identifier"
    columns = {"datasets": {"Ярлык карточки": "identifier", "Примечание": ""}}
    steps.check_again(catalogue, SYSTEM, upload_id, columns)
    jobs.check(catalogue, upload_id)
    assert [row.identifier for row in rows(catalogue, upload_id)] == ["A-1"]
    steps.cancel(catalogue, SYSTEM, upload_id)
    again = sent(workbook(table, "second.xlsx"))
    assert [row.identifier for row in rows(catalogue, again)] == ["A-1"]
    assert head(catalogue, again).columns["datasets"]["Примечание"] == ""
    with pytest.raises(Invalid, match="columns"):
        steps.check_again(catalogue, SYSTEM, again, {"datasets": {"Ярлык карточки": "nonsense"}})
    assert head(catalogue, again).status is UploadStatus.CHECKED


def test_cancelled_after_a_kill_the_report_knows_what_was_done(
    catalogue: Catalogue, sent: Callable[..., UUID], workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)
    study = [("ИРН", "Название", "Статус"), ("BR21881930", "Климат и сельское хозяйство", "в работе")]
    upload_id = sent(workbook(many(5), Исследования=study))
    steps.publish(catalogue, SYSTEM, upload_id)

    def killed(*_: object) -> None:
        if published(catalogue) == 2:
            raise KeyboardInterrupt
        items.keep_items(*_)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(writing, "keep_items", killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.publish(catalogue, upload_id)
    steps.cancel(catalogue, SYSTEM, upload_id)
    jobs.publish(catalogue, upload_id)
    assert results(head(catalogue, upload_id)) == {"rows": 6, "created": 3, "left": 3, "errors": 0}
    assert [row.chosen for row in rows(catalogue, upload_id)] == [True, True, True, False, False, False]
    assert undoing.undo(catalogue, SYSTEM, upload_id).withdrawn == 3
