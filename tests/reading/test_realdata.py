"""All real documents and hostile files: a status for every one, no fewer texts than were read before, no hang."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from opendata.catalog.records import TextStatus
from opendata.reading import titlepage
from opendata.reading.contract import Extracted, Limits
from opendata.reading.extract import Reader

pytestmark = [pytest.mark.realdata, pytest.mark.timeout(180)]

TEXTS_AT_LEAST = {
    ".pdf": 91,
    ".html": 36,
    ".txt": 38,
    ".docx": 33,
    ".xls": 17,
    ".xlsx": 16,
    ".rtf": 17,
    ".pptx": 14,
    ".ppt": 2,
    ".odt": 8,
    ".doc": 5,
}
"""Files by extension that gave text when all of them were read; garbled ones are not among them."""
GARBLED = {"fstek17.pdf", "ukodeksrf.pdf", "example_with_table9.pdf", "iyun_2011.pdf", "not_stripped_xml.docx"}
"""Looked at by eye: four fonts without a Unicode map, and one document of random keystrokes."""


def read_all(folder: Path, limits: Limits) -> dict[Path, Extracted]:
    found = {}
    with Reader() as reader:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                started = time.monotonic()
                found[path] = reader.read(path, limits=limits)
                assert time.monotonic() - started < limits.seconds + 15, path.name
    return found


@pytest.fixture(scope="module")
def documents(realdata: Path) -> dict[Path, Extracted]:
    return read_all(realdata / "documents", Limits())


def test_no_fewer_texts_than_before(documents: dict[Path, Extracted]) -> None:
    texts = Counter(path.suffix.lower() for path, read in documents.items() if read.status is TextStatus.TEXT)
    assert {kind: texts[kind] for kind, least in TEXTS_AT_LEAST.items() if texts[kind] < least} == {}


def test_garbled_texts_are_those_and_no_others(documents: dict[Path, Extracted]) -> None:
    assert {path.name for path, read in documents.items() if read.status is TextStatus.GARBLED} == GARBLED


def test_texts_are_clean_and_everything_else_has_a_reason(documents: dict[Path, Extracted]) -> None:
    for path, read in documents.items():
        for page in read.pages:
            page.encode("utf-8")
            assert "\0" not in page, path.name
        assert read.reason or read.status is TextStatus.TEXT, path.name
        assert read.pages_total >= len(read.pages), path.name


def test_cyrillic_charsets_give_russian(documents: dict[Path, Extracted]) -> None:
    by_name = {path.name: read for path, read in documents.items()}
    for name in ("cp1251.txt", "example_cp1251.html", "example_koi.html"):
        assert "\ufffd" not in by_name[name].pages[0]
        assert sum("а" <= char <= "я" for char in by_name[name].pages[0]) > 50


def test_only_the_one_report_has_a_title_page(documents: dict[Path, Extracted]) -> None:
    found = {path.name: page for path, read in documents.items() if (page := titlepage.read(read.pages))}
    assert list(found) == ["pr14tz_v5_2007_03_01.docx"]
    page = found["pr14tz_v5_2007_03_01.docx"]
    assert (page.udc.value, page.city.value, page.year.value) == ("681.518", "Москва", "2006")
    assert page.title.value.startswith("Техническое проектирование")
    assert not page.register_number


def test_hostile_files_each_end_with_a_status(realdata: Path) -> None:
    found = read_all(realdata / "hostile", Limits(seconds=20))
    assert len(found) > 240
    for path, read in found.items():
        assert read.reason or read.status is TextStatus.TEXT, path.name
        assert sum(map(len, read.pages)) < 5_000_000, path.name
    archives = {read.status for path, read in found.items() if read.format in ("ZIP", "TAR")}
    assert archives == {TextStatus.UNSUPPORTED}
    encrypted = [
        read for path, read in found.items() if path.parent.name == "pdf-encrypted" and "base" not in path.name
    ]
    assert sum(read.reason == "encrypted: it needs a password" for read in encrypted) >= 7


def test_every_table_gives_a_preview_or_a_problem(realdata: Path) -> None:
    with Reader() as reader:
        for folder in ("tables", "hostile/xlsx", "hostile/csv"):
            for path in sorted((realdata / folder).rglob("*")):
                if path.is_file():
                    found = reader.preview(path, limits=Limits(seconds=20))
                    assert found.problem or found.sheets, path.name
                    if path.suffix == ".csv":
                        assert not found.problem, path.name
