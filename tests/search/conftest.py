"""A small corpus in three languages, and every engine that must answer the same about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from opendata.search.document import FileText, SearchDocument
from opendata.search.index import SearchIndex
from opendata.search.open import open_index

ENGINES = ("whoosh",)


def uid(number: int) -> UUID:
    return UUID(int=number)


def file_of(number: int, *pages: str) -> FileText:
    return FileText(uid(1_000 + number), f"{number:064x}", pages)


def document(number: int, title: str, **fields: object) -> SearchDocument:
    given: dict[str, object] = {
        "kind": "dataset",
        "type": "report",
        "slug": f"record-{number}",
        "title": title,
        "titles": (title,),
        **fields,
    }
    return SearchDocument(id=uid(number), **given)  # type: ignore[arg-type]


def corpus() -> list[SearchDocument]:
    return [
        document(
            1,
            "Исследование качества воды в реках",
            titles=("Исследование качества воды в реках", "Өзендердегі су сапасын зерттеу"),
            descriptions=("Пробы отобраны в Ертисе и Или.",),
            keywords=("вода", "реки"),
            people=("Иванова А. Б.",),
            identifiers=("BR21881930",),
            organization=("water", "ministry"),
            license_id=("CC-BY-4.0",),
            open="yes",
            format=("PDF", "CSV"),
            language=("ru", "kk"),
            theme=("environment",),
            subject=("87", "87.19"),
            text=("text",),
            year=2019,
            issued=20190301,
            metadata_modified=30,
            downloads=5,
            files=(file_of(1, "Титульный лист", "Содержание меди превышает норму. Шифр 03.29.00."),),
        ),
        document(
            2,
            "Survey of river fish",
            descriptions=("Fish populations and water quality in two rivers.",),
            keywords=("Fish", "rivers"),
            organization=("fishery", "ministry"),
            license_id=("CC0-1.0",),
            open="yes",
            format=("CSV",),
            language=("en",),
            theme=("environment",),
            subject=("34",),
            year=2020,
            issued=20200615,
            metadata_modified=20,
            downloads=50,
        ),
        document(
            3,
            "Қазақстандағы білім беру",
            kind="study",
            type="study",
            descriptions=("Білім беру жүйесін зерттеу.",),
            keywords=("білім",),
            organization=("education",),
            open="unstated",
            language=("kk",),
            theme=("education",),
            year=2021,
            issued=20210901,
            metadata_modified=10,
        ),
        document(
            4,
            "Доступ школ к воде",
            type="dataset",
            keywords=("Вода", "школы"),
            organization=("education",),
            license_id=("other-closed",),
            open="no",
            format=("XLSX",),
            language=("ru",),
            theme=("education", "environment"),
            year=2021,
            issued=20210101,
            metadata_modified=40,
            downloads=7,
        ),
        document(5, "Без даты", open="unstated", language=("ru",), theme=("other",)),
    ]


@pytest.fixture(params=ENGINES)
def open_here(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], SearchIndex]:
    """Opens the same index as another process would, empty at first."""
    open_index(tmp_path / "index", request.param, create=True)
    return lambda: open_index(tmp_path / "index", request.param)


@pytest.fixture
def index(open_here: Callable[[], SearchIndex]) -> SearchIndex:
    """An index that holds the corpus."""
    opened = open_here()
    opened.update(corpus())
    return opened
