"""Data packages and Croissant: their own makers' programs find the files, the columns and the rows as we told them."""

from __future__ import annotations

import hashlib
import itertools
import logging
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from opendata.catalog.records import DatasetType, ResourceRecord, ResourceRole
from opendata.export import croissant, frictionless
from opendata.export.columns import Kind, kind_of, table_of
from opendata.export.entry import Entry
from opendata.reading.tablepreview import Column, ColumnType, Sheet, TablePreview
from opendata.reading.tables import preview
from tests.export.samples import FULL, REPORT, SITE, entry_of
from tests.factories import WITHHELD

FILES = {
    "plain.csv": b"code,date,flow,share,open\nA-01,2024-01-31,12,0.5,true\nA-02,2024-02-29,-7,1.25,false\n",
    "ru.csv": "пост;дата;расход\nУрал у города;31.01.2024;12,5\nТерек у моста;29.02.2024;7\n".encode("cp1251"),
    "bom.csv": "\ufeffөзен,су\nІле,1\nЕртіс,2\n".encode(),
    "tabs.tsv": b"a\tb\n1\t2\n3\t4\n",
    "titled.csv": "Таблица 1. Сток рек\n\nпост,расход\nУрал,1\nИле,2\n".encode(),
    "twice.csv": b"a,a\n1,2\n",
    "headless.csv": b"1,2\n3,4\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files, as somebody has them who fetched them."""
    made = tmp_path_factory.mktemp("tables")
    for name, content in FILES.items():
        (made / name).write_bytes(content)
    return made


@pytest.fixture(scope="module")
def entry(folder: Path) -> Entry:
    """A dataset of these files, read as the worker reads them."""
    files = [
        ResourceRecord(
            key=name,
            id=UUID(int=100 + number),
            filename=name,
            format=name.rpartition(".")[2].upper(),
            media_type="text/csv" if name.endswith("csv") else "text/tab-separated-values",
            role=ResourceRole.DATA,
            byte_size=len(content),
            checksum=hashlib.sha256(content).hexdigest(),
            stored=True,
        )
        for number, (name, content) in enumerate(FILES.items())
    ]
    closed = replace(REPORT, id=UUID(int=99), filename="closed.csv", disclosure=WITHHELD)
    made = entry_of(replace(FULL, type=DatasetType.DATASET, version="2.0.0", resources=(*files, closed)))
    return replace(made, tables={one.id: preview(folder / one.filename) for one in files if one.id})


def test_a_data_package_is_valid_down_to_its_rows(entry: Entry, folder: Path) -> None:
    from frictionless import Package  # a quarter of a second, for this test alone

    found = frictionless.package(entry, SITE)
    assert [one["path"].rpartition("/")[2] for one in found["resources"]] == list(FILES)
    local = {**found, "resources": [{**one, "path": one["path"].rpartition("/")[2]} for one in found["resources"]]}
    report = Package(local, basepath=str(folder)).validate()
    assert report.valid, report.flatten(["name", "type", "message"])
    fields = {one["name"]: one.get("schema", {}).get("fields", []) for one in found["resources"]}
    assert [field["type"] for field in fields["plain"]] == ["string", "date", "integer", "number", "boolean"]
    assert fields["ru"][1:] == [
        {"name": "дата", "type": "date", "format": "%d.%m.%Y"},
        {"name": "расход", "type": "number", "decimalChar": ","},
    ]
    assert not fields["titled"] + fields["twice"] + fields["headless"]
    encodings = {one["name"]: one["encoding"] for one in found["resources"] if "encoding" in one}
    assert encodings["ru"] == "windows-1251"


@pytest.fixture
def quiet() -> Iterator[None]:
    """mlcroissant draws in libraries that warn of their own future; what it finds wrong it raises."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(before)


@pytest.mark.usefixtures("quiet")
def test_croissant_conforms_and_its_tables_can_be_read(entry: Entry, folder: Path) -> None:
    import mlcroissant  # a second and a half, for this test alone

    found = croissant.metadata(entry, SITE)
    files = {one["@id"]: str(folder / one["name"]) for one in found["distribution"]}
    dataset = mlcroissant.Dataset(found, mapping=files)
    assert dataset.metadata.ctx.conforms_to.value == croissant.PROFILE  # and not an older one that it knows too
    issues = dataset.metadata.ctx.issues
    assert (set(issues.errors), set(issues.warnings)) == (set(), set())
    tables = {one["name"]: one["@id"] for one in found["recordSet"]}
    assert list(tables) == ["plain.csv", "bom.csv", "tabs.tsv"]
    (first, *_), *others = (_rows(dataset, one) for one in tables.values())
    assert [str(value).partition(" ")[0] for value in first] == ["b'A-01'", "2024-01-31", "12", "0.5", "True"]
    assert all(len(rows) == 2 for rows in others)


def _rows(dataset: Any, record_set: str) -> list[list[Any]]:
    return [list(row.values()) for row in itertools.islice(dataset.records(record_set), 5)]


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        (ColumnType.INTEGER, ["1", "-20"], Kind.INTEGER),
        (ColumnType.INTEGER, ["1 000", "20"], Kind.TEXT),
        (ColumnType.NUMBER, ["1.5", "2"], Kind.NUMBER),
        (ColumnType.NUMBER, ["1.5", "2,5"], Kind.TEXT),
        (ColumnType.DATE, ["2024-01-01", "01.02.2024"], Kind.TEXT),
        (ColumnType.DATE, ["2024-01-01 10:00"], Kind.TEXT),
        (ColumnType.BOOLEAN, ["да", "нет"], Kind.TEXT),
        (ColumnType.EMPTY, [], Kind.TEXT),
    ],
)
def test_a_column_is_typed_only_where_one_spelling_holds(kind: ColumnType, values: list[str], told: Kind) -> None:
    assert kind_of(Column("a", kind, len(values), len(values)), values) is told


def test_a_truth_that_was_not_shown_leaves_a_column_text() -> None:
    assert kind_of(Column("a", ColumnType.BOOLEAN, 9, 2), ["true"]) is Kind.TEXT


def test_workbooks_and_what_is_no_table_have_no_columns() -> None:
    sheet = Sheet(columns=(Column("a", ColumnType.TEXT, 1, 1),), rows=(("x",),), total_columns=1)
    assert table_of(None) is None
    assert table_of(TablePreview((sheet,))) is None
    assert table_of(TablePreview((sheet,), ",", "utf-8", problem="broken")) is None
    assert table_of(TablePreview((sheet,), ",", "utf-8")) is not None
