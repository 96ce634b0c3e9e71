"""What becomes of uploads that nobody looks after: their bytes go, those of records never do."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update

from opendata.errors import Conflict
from opendata.services import care
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import jobs, steps
from opendata.store.operations import Job, Upload
from opendata.store.states import JobStatus, UploadStatus
from tests.conftest import Clock
from tests.services.uploads.conftest import HEADINGS
from tests.services.uploads.steps import BAD, GOOD, confirm, head, published


def test_bytes_go_when_an_upload_is_long_over_and_those_of_records_stay(
    catalogue: Catalogue,
    clock: Clock,
    sent: Callable[..., UUID],
    workbook: Callable[..., Path],
    packed: Callable[..., Path],
) -> None:
    report = b"%PDF-1.4 the report itself"
    table = workbook([HEADINGS, (*GOOD[:4], "отчёт.pdf"), BAD])
    upload_id = sent(packed(table, {"отчёт.pdf": report}))
    confirm(catalogue, upload_id)
    upload = head(catalogue, upload_id)
    of_record = hashlib.sha256(report).hexdigest()
    assert set(catalogue.files.keys()) == {upload.checksum, upload.failed_checksum, of_record}
    clock.advance(days=13)
    care.tend(catalogue)
    assert head(catalogue, upload_id).kept
    clock.advance(days=2)
    care.tend(catalogue)
    assert set(catalogue.files.keys()) == {of_record}
    over = head(catalogue, upload_id)
    assert (over.kept, over.failed_checksum, over.status) == (False, "", UploadStatus.PUBLISHED)


def test_a_sheet_that_is_also_the_file_of_a_record_stays(
    catalogue: Catalogue,
    clock: Clock,
    sent: Callable[..., UUID],
    workbook: Callable[..., Path],
    packed: Callable[..., Path],
) -> None:
    alone = workbook([HEADINGS, ("B-1", "Реестр отчётов", "Набор данных", "2024", "")], "register.xlsx")
    upload_id = sent(alone)
    table = workbook([HEADINGS, (*GOOD[:4], "register.xlsx")])
    second = sent(packed(table, {"register.xlsx": alone.read_bytes()}))
    confirm(catalogue, second)
    steps.cancel(catalogue, SYSTEM, upload_id)
    clock.advance(days=15)
    care.tend(catalogue)
    assert not head(catalogue, upload_id).kept
    assert set(catalogue.files.keys()) == {hashlib.sha256(alone.read_bytes()).hexdigest()}


def test_the_same_file_sent_twice_goes_with_the_second(
    catalogue: Catalogue, clock: Clock, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    path = workbook([HEADINGS, GOOD])
    first = sent(path)
    steps.cancel(catalogue, SYSTEM, first)
    clock.advance(days=10)
    second = sent(path)
    clock.advance(days=10)
    care.tend(catalogue)
    assert (head(catalogue, first).kept, head(catalogue, second).kept) == (False, True)
    assert catalogue.files.exists(head(catalogue, second).checksum)


def test_what_nobody_publishes_is_cancelled_after_a_month(
    catalogue: Catalogue, clock: Clock, sent: Callable[..., UUID], workbook: Callable[..., Path]
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD]))
    clock.advance(days=29)
    care.tend(catalogue)
    assert head(catalogue, upload_id).status is UploadStatus.CHECKED
    clock.advance(days=2)
    care.tend(catalogue)
    upload = head(catalogue, upload_id)
    assert upload.status is UploadStatus.CANCELLED
    assert upload.message == "Nobody published the upload within 30 days. If it is still wanted, send the file again."
    with pytest.raises(Conflict, match="was cancelled"):
        steps.publish(catalogue, SYSTEM, upload_id)
    assert published(catalogue) == 0


def _say(catalogue: Catalogue, **values: object) -> None:
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Job).values(**values))


@pytest.mark.parametrize("step", ["check", "publish"])
def test_an_upload_whose_job_was_given_up_ends(
    catalogue: Catalogue, clock: Clock, sent: Callable[..., UUID], workbook: Callable[..., Path], step: str
) -> None:
    upload_id = sent(workbook([HEADINGS, GOOD]), check=step == "publish")
    if step == "publish":
        _say(catalogue, status=JobStatus.COMPLETE)
        steps.publish(catalogue, SYSTEM, upload_id)
    clock.advance(hours=3)
    care.tend(catalogue)
    assert head(catalogue, upload_id).status in (UploadStatus.RECEIVED, UploadStatus.PUBLISHING)
    _say(catalogue, status=JobStatus.ERROR)
    care.tend(catalogue)
    upload = head(catalogue, upload_id)
    assert upload.status is UploadStatus.FAILED
    assert upload.message.startswith("The work on the upload broke off")
    jobs.check(catalogue, upload_id)
    jobs.publish(catalogue, upload_id)
    assert head(catalogue, upload_id).status is UploadStatus.FAILED


def test_an_upload_at_the_command_line_has_a_day(catalogue: Catalogue, clock: Clock, agency: str) -> None:
    from opendata.services.uploads.receiving import agency as agency_id

    upload = Upload(
        organization_id=agency_id(catalogue, SYSTEM, agency), filename="a.xlsx", checksum="0" * 64, byte_size=1,
        status=UploadStatus.PUBLISHING, created=clock.now,
    )  # fmt: skip
    with catalogue.sessions.write.begin() as session:
        session.add(upload)
    clock.now += dt.timedelta(hours=23)
    care.tend(catalogue)
    assert head(catalogue, upload.id).status is UploadStatus.PUBLISHING
    clock.now += dt.timedelta(hours=2)
    care.tend(catalogue)
    assert head(catalogue, upload.id).status is UploadStatus.FAILED
