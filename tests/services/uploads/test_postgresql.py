"""Bulk uploads with the store in PostgreSQL, where several workers really write at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.errors import Unavailable
from opendata.services import organizations, studies
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import items, jobs, steps, tasks, undoing, writing
from opendata.services.uploads.receiving import receive
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord
from opendata.store.operations import UploadItem
from opendata.store.states import UploadStatus
from tests.factories import work
from tests.services.uploads.conftest import HEADINGS
from tests.services.uploads.steps import BAD, GOOD, head, many, published, results


@pytest.fixture
def large(large: Catalogue) -> Catalogue:
    """That of all services in PostgreSQL, with one agency."""
    organizations.add(large, SYSTEM, "msh", "Министерство сельского хозяйства")
    return large


def count(catalogue: Catalogue, what: type) -> int:
    with catalogue.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_an_upload_is_checked_published_and_undone(large: Catalogue, workbook: Callable[..., Path]) -> None:
    upload_id = receive(large, SYSTEM, "msh", "a.xlsx", workbook([HEADINGS, GOOD, BAD]), "kk")
    work(large)
    assert results(head(large, upload_id)) == {"rows": 2, "created": 1, "rejected": 1, "errors": 3}
    steps.publish(large, SYSTEM, upload_id)
    work(large)
    assert head(large, upload_id).status is UploadStatus.PUBLISHED
    assert published(large) == 1
    undoing.undo(large, SYSTEM, upload_id)
    assert published(large) == 0


def test_two_uploads_of_one_agency_at_the_same_time(
    large: Catalogue, workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the rows stand in both: each becomes one record, whichever comes first."""
    monkeypatch.setattr(writing, "BATCH", 5)
    uploads = []
    for name, rows in (("a.xlsx", many(20)), ("b.xlsx", [HEADINGS, *many(30)[11:]])):
        uploads.append(receive(large, SYSTEM, "msh", name, workbook(rows, name), "en"))
        jobs.check(large, uploads[-1])
        steps.publish(large, SYSTEM, uploads[-1])

    def run(upload_id: UUID) -> None:
        with suppress(Unavailable):  # a deadlock was resolved at its cost: the worker would try again
            jobs.publish(large, upload_id)

    threads = [threading.Thread(target=run, args=(one,)) for one in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in uploads:
        if head(large, one).status is UploadStatus.PUBLISHING:
            jobs.publish(large, one)
    ended = [head(large, one) for one in uploads]
    assert {one.status for one in ended} == {UploadStatus.PUBLISHED}
    assert sum(one.counts["created"] for one in ended) == 30
    assert sum(one.counts.get("unchanged", 0) for one in ended) == 10
    assert (count(large, Dataset), count(large, HarvestRecord), count(large, UploadItem)) == (30, 30, 30)


def test_two_workers_that_take_one_upload_write_it_once(
    large: Catalogue, workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker whose lease ran out while it slept goes on beside the one that took over."""
    monkeypatch.setattr(writing, "BATCH", 3)
    upload_id = receive(large, SYSTEM, "msh", "a.xlsx", workbook(many(12)), "en")
    jobs.check(large, upload_id)
    steps.publish(large, SYSTEM, upload_id)
    slept = threading.Event()
    keep = items.keep_items

    def sleeping(session: Session, *arguments: object) -> None:
        keep(session, *arguments)  # type: ignore[arg-type]
        if threading.current_thread() is first and not slept.is_set():
            slept.set()
            second.start()

    monkeypatch.setattr(writing, "keep_items", sleeping)
    first = threading.Thread(target=jobs.publish, args=(large, upload_id))
    second = threading.Thread(target=jobs.publish, args=(large, upload_id))
    first.start()
    first.join()
    second.join()
    upload = head(large, upload_id)
    assert (upload.status, upload.counts["created"]) == (UploadStatus.PUBLISHED, 12)
    assert (count(large, Dataset), count(large, UploadItem)) == (12, 12)
    assert undoing.undo(large, SYSTEM, upload_id).withdrawn == 12


def test_cancel_waits_for_no_more_than_a_batch(large: Catalogue, workbook: Callable[..., Path]) -> None:
    upload_id = receive(large, SYSTEM, "msh", "a.xlsx", workbook(many(3)), "en")
    jobs.check(large, upload_id)
    steps.publish(large, SYSTEM, upload_id)
    steps.cancel(large, SYSTEM, upload_id)
    assert head(large, upload_id).stopping
    jobs.publish(large, upload_id)
    upload = head(large, upload_id)
    assert (upload.status, upload.counts) == (
        UploadStatus.CANCELLED,
        {"rows": 3, "left": 3, "errors": 0, "warnings": 0},
    )
    with pytest.raises(tasks.Stopped):
        tasks.begin(large, upload_id, (UploadStatus.PUBLISHING,))


def test_studies_are_registered_tied_and_taken_back(large: Catalogue, workbook: Callable[..., Path]) -> None:
    register = [("ИРН", "Название", "Исполнитель"), ("BR21881930", "Климат и почвы", "Институт географии")]
    contracts = [("ИРН", "Номер договора", "Сумма"), ("BR21881930", "12-1", "12 500 000,00 тг")]
    owed = [("ИРН", "Что сдаётся", "Период", "Запись"), ("BR21881930", "Промежуточный отчёт", "2023", "A-1")]
    table = workbook([HEADINGS, GOOD], Исследования=register, Договоры=contracts, Обязательства=owed)
    upload_id = receive(large, SYSTEM, "msh", table.name, table, "en")
    jobs.check(large, upload_id)
    steps.publish(large, SYSTEM, upload_id)
    jobs.publish(large, upload_id)
    assert results(head(large, upload_id))["created"] == 2
    (contract,) = studies.named(large, "BR21881930").contracts
    assert str(contract.amount) == "12500000.00"
    assert contract.deliverables[0].dataset is not None
    undone = undoing.undo(large, SYSTEM, upload_id)
    assert (undone.withdrawn, undone.reverted) == (2, 0)
    assert studies.named(large, "BR21881930").tombstone is not None
