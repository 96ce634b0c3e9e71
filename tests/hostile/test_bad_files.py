"""Files that are broken, locked, empty, wrongly named or made to harm, in folders and in archives."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.hostile.conftest import Way, records

SCRIPT = b"<!doctype html><title><script>alert(1)</script></title><script>alert(1)</script><p>text of the page</p>"


def _xlsx_bomb() -> bytes:
    """A workbook whose only sheet unpacks to a hundred megabytes of nothing."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook><sheets><sheet name='1'/></sheets></workbook>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>" + b" " * 100_000_000)
    return made.getvalue()


FILES = {
    "empty.pdf": b"",
    "empty.xlsx": b"",
    "empty": b"",
    "broken.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer",
    "not-a-pdf.pdf": b"PK\x03\x04 this is no archive",
    "page.pdf": SCRIPT,
    "script.html": SCRIPT,
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>",
    "table.csv": "а;б\n=cmd|' /C calc'!A0;<script>alert(1)</script>\n\x00;\x01\n".encode(),
    "letters.txt": "a\x00b\ufffe c \u202eevil\u202c <script>alert(1)</script>".encode(),
    "bytes.txt": bytes(range(256)) * 40,
    "one-line.txt": b"word " * 400_000,
    "one-word.txt": b"x" * 2_000_000,
    "deep.json": b"[" * 300_000,
    "laughs.xml": b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>',
    "entity.xml": b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>',
}
NAMES = (
    "<script>alert(1)<script>.txt", "<img src=x onerror=alert(2)>.txt", "a\u202etxt.exe.txt", "б" * 120 + ".txt",
    "x" * 240 + ".txt", "..txt", "%2e%2e%2fetc%2fpasswd.txt", "javascript:alert(1).txt", "a b\tc.txt", "'\"&.txt",
    "\u0430\u0306\u0301.txt", "con.txt", "a;b,c=d.txt", "\U0001f600.txt", "tab\nline.txt",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of all bad files, and of good ones with bad names."""
    made = tmp_path / "folder"
    made.mkdir()
    for name, content in FILES.items():
        (made / name).write_bytes(content)
    (made / "bomb.xlsx").write_bytes(_xlsx_bomb())
    for number, name in enumerate(NAMES):
        (made / name).write_bytes(f"good text {number}".encode())
    return made


def test_folder_of_bad_files_is_stored_whole(either: Way, folder: Path) -> None:
    report = either.harvest("folder", folder)
    assert report.job.status == "complete", report.problems[:3]
    assert either.check() == report.job.counts["created"]
    resources = [resource for record in records(either.catalogue, "source").values() for resource in record.resources]
    visible = [path for path in folder.iterdir() if not path.name.startswith(".")]
    assert len(resources) == len(visible)
    assert all(resource.stored for resource in resources)
    status = {resource.filename: resource.text for resource in resources}
    assert status["empty.pdf"].status.value in ("no_text", "failed")
    assert status["broken.pdf"].status.value == "failed"
    assert status["bomb.xlsx"].status.value in ("failed", "too_large", "no_text")
    assert all(text.reason for text in status.values() if text.status.value not in ("text", "ocr"))
    assert status["con.txt"].status.value == "text"
    again = either.harvest("folder", folder)
    assert {key: n for key, n in again.job.counts.items() if n} == {"unchanged": report.job.counts["created"]}


def test_downloads_of_bad_files_are_their_bytes_and_never_run(way: Way, folder: Path) -> None:
    way.harvest("folder", folder)
    client = way.app.test_client()
    for record in records(way.catalogue, "source").values():
        for resource in record.resources:
            base = f"/dataset/{record.slug}/resource/{resource.id}/download"
            answer = client.get(base + "?inline=1", buffered=True)
            assert answer.status_code == 200, resource.filename
            assert len(answer.data) == resource.byte_size
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            kind = answer.headers["Content-Type"].split(";")[0]
            if not answer.headers["Content-Disposition"].startswith("attachment"):
                assert kind in ("application/pdf", "text/plain", "image/png", "image/jpeg", "image/gif", "image/webp")


def test_archive_with_paths_that_lead_out_stores_only_what_is_inside(way: Way, tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("../out.txt", "/abs.txt", "a/../../b.txt", "C:\\x.txt", "..\\win.txt", "good.txt", "x\x00y.txt"):
            archive.writestr(name, "text of it")
        archive.writestr("bomb.txt", b"\0" * 50_000_000)
    report = way.harvest("folder", path)
    assert report.job.status == "incomplete"
    assert way.check() == report.job.counts["created"] >= 1
    assert report.job.counts["rejected"] >= 4
    assert not list(tmp_path.rglob("out.txt"))


@pytest.mark.realdata
def test_hostile_files_as_a_folder(either: Way, realdata: Path, full: bool, tmp_path: Path) -> None:
    """Two thirds on SQLite, every eighth on PostgreSQL, where the same reader meets another database; or all."""
    source = realdata / "hostile"
    if not full:
        every, taken = (8, (0,)) if either.catalogue.engine.dialect.name == "postgresql" else (3, (0, 1))
        source = tmp_path / "some"
        for number, path in enumerate(sorted((realdata / "hostile").rglob("*"))):
            if path.is_file() and number % every in taken:
                (source / path.parent.name).mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, source / path.parent.name / path.name)
    report = either.harvest("folder", source)
    assert report.job.status in ("complete", "incomplete"), report.job.message
    assert either.check() == report.job.counts["created"]
    on_disk = [path for path in source.rglob("*") if path.is_file()]
    resources = [resource for record in records(either.catalogue, "source").values() for resource in record.resources]
    refused = [problem for problem in report.problems if problem.severity == "error"]
    assert len(resources) + len(refused) == len(on_disk)
    assert all(resource.text.reason for resource in resources if resource.text.status.value not in ("text", "ocr"))


@pytest.mark.realdata
@pytest.mark.timeout(1800)
def test_every_hostile_archive_as_a_source(way: Way, realdata: Path, full: bool) -> None:
    archives = sorted(
        path
        for path in (realdata / "hostile").rglob("*")
        if path.is_file() and ("zip" in path.parent.name or path.suffix in (".zip", ".docx", ".xlsx"))
    )
    for number, path in enumerate(archives if full else archives[::3]):
        name = f"archive-{number}"
        report = way.harvest("folder", path, name)
        assert report.job.status in ("complete", "incomplete", "error"), path
        assert report.job.status == "complete" or report.job.message or report.problems, path
        if report.job.status == "error":
            assert "Unexpected" not in report.job.message, path
        way.check(name)
