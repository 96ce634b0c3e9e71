"""The files of the demonstration content: present, small, readable, and saying what the records promise."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from importlib.resources.abc import Traversable
from pathlib import Path

import openpyxl
import pypdfium2
import pytest

from opendata.catalog.formats import format_of
from opendata.demo.load import demo_content
from opendata.demo.records import DemoContent
from tests.demo.examples import CLOSED_WORDS, SEARCH_EXAMPLES, SearchExample

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def content() -> DemoContent:
    return demo_content(dt.date(2026, 6, 1))


@pytest.fixture(scope="module")
def named(content: DemoContent) -> dict[tuple[str, str], Traversable]:
    return {(d.record.identifier, key): file for d in content.datasets for key, file in d.files.items()}


def _pages(file: Traversable) -> list[str]:
    pdf = pypdfium2.PdfDocument(file.read_bytes())
    try:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in pdf]
    finally:
        pdf.close()


def _text(file: Traversable) -> list[str]:
    if file.name.endswith(".pdf"):
        return _pages(file)
    if file.name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
            return [archive.read("word/document.xml").decode("utf-8")]
    return [file.read_text(encoding="utf-8")]


def test_every_named_file_exists_and_every_file_is_named_once(named: dict[tuple[str, str], Traversable]) -> None:
    names = [file.name for file in named.values()]
    assert all(file.read_bytes() for file in named.values())
    folder = next(iter(named.values())).parent  # type: ignore[attr-defined]  # a checkout gives real paths
    assert sorted(names) == sorted(path.name for path in folder.iterdir())


def test_all_files_together_are_under_five_megabytes(named: dict[tuple[str, str], Traversable]) -> None:
    assert sum(len(file.read_bytes()) for file in named.values()) < 5 * MEGABYTE


def test_keys_and_formats_agree_with_the_files(content: DemoContent) -> None:
    for dataset in content.datasets:
        resources = dataset.record.resources
        assert len({resource.key for resource in resources}) == len(resources)
        for resource in resources:
            assert bool(resource.access_url) is (resource.key not in dataset.files)
            assert format_of(filename=resource.filename) == resource.format or resource.access_url


def test_reports_have_title_page_properties_and_marks(named: dict[tuple[str, str], Traversable]) -> None:
    for file in (file for file in named.values() if file.name.endswith(".pdf") and "field-log" not in file.name):
        pages = _pages(file)
        pdf = pypdfium2.PdfDocument(file.read_bytes())
        properties = pdf.get_metadata_dict()
        pdf.close()
        assert properties["Title"] in pages[0]
        assert properties["Author"] in pages[0]
        assert "BR999000" in pages[0]
        assert 2 <= len(pages) <= 15
        assert all("емонстрац" in page or "demonstration" in page for page in pages), file.name


def test_full_reports_have_the_parts_that_the_standard_asks_for(named: dict[tuple[str, str], Traversable]) -> None:
    for identifier, parts in (
        ("demo:frost-final", ("ОТЧЁТ О НАУЧНО-ИССЛЕДОВАТЕЛЬСКОЙ", "СПИСОК ИСПОЛНИТЕЛЕЙ", "РЕФЕРАТ", "СОДЕРЖАНИЕ")),
        ("demo:school-bus-final", ("ҒЫЛЫМИ-ЗЕРТТЕУ ЖҰМЫСЫ", "ОРЫНДАУШЫЛАР ТІЗІМІ", "РЕФЕРАТ", "МАЗМҰНЫ")),
    ):
        pages = _pages(named[identifier, "report"])
        assert all(part in page for part, page in zip(parts, pages, strict=False))


def test_the_abstract_counts_its_own_pages(named: dict[tuple[str, str], Traversable]) -> None:
    pages = _pages(named["demo:balkhash-final", "report"])
    assert f"Отчёт {len(pages)} с., 2 рис., 3 табл., 4 источн., 1 прил." in pages[2]


@pytest.mark.parametrize("example", SEARCH_EXAMPLES, ids=lambda example: example.query)
def test_the_fact_stands_on_its_page(example: SearchExample, named: dict[tuple[str, str], Traversable]) -> None:
    pages = _text(named[example.identifier, example.resource])
    assert example.passage in pages[example.page - 1]
    if example.surface:
        words = example.query.lower().split()
        holding = [number for number, page in enumerate(pages, 1) if all(word in page.lower() for word in words)]
        assert holding == [example.page]


@pytest.mark.parametrize(("words", "identifier"), CLOSED_WORDS)
def test_words_of_closed_files_stand_in_them(
    words: str, identifier: str, named: dict[tuple[str, str], Traversable]
) -> None:
    texts = [page for (name, _), file in named.items() if name == identifier for page in _text(file)]
    assert any(words in text for text in texts)


def test_the_scan_has_one_page_and_no_text_layer(named: dict[tuple[str, str], Traversable]) -> None:
    assert _pages(named["demo:field-log-1987", "scan"]) == [""]


def test_tables_have_equal_rows_of_a_real_size(named: dict[tuple[str, str], Traversable]) -> None:
    for file in (file for file in named.values() if file.name.endswith(".csv")):
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))
        assert len({len(row) for row in rows}) == 1, file.name
        assert 50 <= len(rows) - 1 <= 500, file.name


def test_workbooks_open_and_hold_the_rows_of_their_csv(named: dict[tuple[str, str], Traversable]) -> None:
    for identifier in ("demo:balkhash-levels-2", "demo:school-bus-accidents", "demo:wheat-yields"):
        book = openpyxl.load_workbook(io.BytesIO(named[identifier, "xlsx"].read_bytes()), read_only=True)
        rows = len(named[identifier, "csv"].read_text(encoding="utf-8").splitlines())
        sheet = book[book.sheetnames[0]]
        assert len(list(sheet.values)) == rows
        book.close()


def test_posts_are_geojson_and_the_masked_one_has_no_place(named: dict[tuple[str, str], Traversable]) -> None:
    frost = json.loads(named["demo:frost-depths", "posts"].read_text(encoding="utf-8"))
    air = json.loads(named["demo:air-daily", "posts"].read_text(encoding="utf-8"))
    assert len(frost["features"]) == 12
    assert all(feature["geometry"]["type"] == "Point" for feature in frost["features"])
    assert [feature["id"] for feature in air["features"] if feature["geometry"] is None] == ["A-05"]


def test_making_the_files_again_gives_the_same_texts_and_tables(
    named: dict[tuple[str, str], Traversable], tmp_path: Path
) -> None:
    """PDF and office bytes may differ with another release of their libraries; what they say may not."""
    make_files = pytest.importorskip("opendata.demo.make_files")
    if not Path("/usr/share/fonts/truetype/dejavu/DejaVuSerifCondensed.ttf").exists():
        pytest.skip("the DejaVu fonts are not installed")
    make_files.make_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(file.name for file in named.values())
    for file in named.values():
        if not file.name.endswith(".xlsx"):
            assert _text(tmp_path / file.name) == _text(file), file.name
