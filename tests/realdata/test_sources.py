"""Every named source, from `source add` to its pages: nothing is lost, and a second run changes nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from opendata.catalog.records import TextStatus
from opendata.services import index_check
from opendata.store.operations import Job
from tests.realdata.captures import ALL, DOCUMENTS, Capture
from tests.realdata.conftest import FULL, Filled
from tests.realdata.pipeline import records, run, stamps, table, work

pytestmark = pytest.mark.realdata


def test_table(filled: Filled, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + table(list(filled.rows.values())))


@pytest.mark.parametrize("capture", ALL, ids=lambda capture: capture.name)
def test_every_item_is_accounted_for(capture: Capture, filled: Filled) -> None:
    row = filled.rows[capture.name]
    assert row.report.job.status == capture.status, row.report.job.message
    assert row.counts.get("created", 0) == capture.created == len(records(filled.catalogue, capture.name))
    assert dict(row.reasons) == dict(capture.rejected)
    assert row.counts.get("rejected", 0) == sum(capture.rejected.values())
    assert row.warnings["repeated"] == capture.repeated
    assert set(row.counts) <= {"created", "rejected"}


@pytest.mark.parametrize("capture", [c for c in ALL if c.status != "complete"], ids=lambda capture: capture.name)
def test_job_that_is_not_complete_says_why(capture: Capture, filled: Filled) -> None:
    row = filled.rows[capture.name]
    assert row.report.job.message or row.report.problems


def test_no_file_of_the_documents_is_lost(filled: Filled, realdata: Path) -> None:
    row = filled.rows["documents"]
    on_disk = [path for path in (realdata / "documents").rglob("*") if path.is_file()]
    assert row.files == row.stored == len(on_disk) == 335
    assert not row.texts["pending"]
    assert row.texts["text"] >= 280
    assert row.texts["failed"] <= 2
    assert row.texts["unsupported"] <= 5
    assert row.texts["garbled"] <= 5


def test_every_status_but_text_has_a_reason(filled: Filled) -> None:
    for record in records(filled.catalogue, "documents").values():
        for resource in record.resources:
            assert resource.text.status in (TextStatus.TEXT, TextStatus.OCR) or resource.text.reason, resource.filename


def test_index_holds_every_record(filled: Filled) -> None:
    compared = index_check.compare(filled.catalogue, repair=False)
    assert (compared.missing, compared.surplus) == (0, 0)
    assert compared.indexed == sum(capture.created for capture in ALL)


def test_second_run_changes_nothing(filled: Filled) -> None:
    catalogue = filled.catalogue
    before = stamps(catalogue)
    jobs = _jobs(filled)
    for capture in ALL:
        if capture.status == "error":
            continue
        report = run(catalogue, capture)
        counts = {key: value for key, value in report.job.counts.items() if value}
        wanted = Counter({"unchanged": capture.created, "rejected": sum(capture.rejected.values())})
        assert counts == {key: value for key, value in wanted.items() if value}, capture.name
        assert report.job.status == capture.status
    assert _jobs(filled) == jobs
    work(catalogue)
    assert stamps(catalogue) == before


def _jobs(filled: Filled) -> int:
    """How many jobs were ever queued."""
    with filled.catalogue.sessions.read() as session:
        return session.scalar(select(func.max(Job.id))) or 0


def test_every_page_of_every_record_answers(filled: Filled) -> None:
    client = filled.client()
    for capture in ALL:
        found = list(records(filled.catalogue, capture.name).values())
        for record in found if FULL or capture is not DOCUMENTS else found[::10]:
            for language in ("kk", "ru", "en"):
                answer = client.get(f"/{language}/dataset/{record.slug}")
                assert answer.status_code == 200, record.slug
            title = record.title.show("en").value
            assert _escaped(title) in answer.get_data(as_text=True)
            for resource in record.resources:
                page = client.get(f"/en/dataset/{record.slug}/resource/{resource.id}")
                assert page.status_code == 200, resource.filename


def _escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))


def test_files_are_downloaded_as_they_were(filled: Filled, realdata: Path) -> None:
    client = filled.client()
    found = [
        (record, resource)
        for record in records(filled.catalogue, "documents").values()
        for resource in record.resources
    ]
    for record, resource in found if FULL else found[::7]:
        answer = client.get(
            f"/dataset/{record.slug}/resource/{resource.id}/download/{resource.filename}", buffered=True
        )
        assert answer.status_code == 200, resource.filename
        assert answer.data == (realdata / "documents" / resource.key).read_bytes(), resource.key
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment")
