"""What the catalogue has already is told at the row: copies of files, of names and of texts, and nothing that is not to
be seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from opendata.catalog.records import DatasetRecord, DatasetType, RecordState, ResourceRecord, TextInfo, TextStatus
from opendata.catalog.values import Disclosure, DisclosureStatus, Identifier, PartialDate, Text
from opendata.services import indexing
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import likeness
from opendata.services.uploads.publishing import Done
from opendata.store.from_records import new_dataset
from opendata.store.organizations import Organization
from tests.services.uploads.conftest import HEADINGS, codes

TEXT = "Отчёт о водном балансе.".encode()
TITLE = "Водный баланс озера Балхаш за десять лет"
ABSTRACT = (
    "Водный баланс озера определяется притоком реки Или и испарением с поверхности. Наблюдения на семи постах показали "
    "заметное снижение среднего уровня в летние месяцы. Минерализация восточной части растёт быстрее западной, потому "
    "что пролив Узунарал ограничивает перемешивание. Предложены правила попусков из Капчагайского водохранилища."
)
WIDE = (
    "Идентификатор",
    "DOI",
    "Название",
    "Описание",
    "Номер отчёта",
    "Номер договора",
    "Тип",
    "Дата публикации",
    "Файлы",
)


class Shelf:
    """Puts records into the catalogue that did not come by an upload."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def add(self, slug: str, data: bytes = b"", disclosure: Disclosure | None = None, **says: Any) -> UUID:
        """A published record, with that file, of the agency `organization`."""
        files: tuple[ResourceRecord, ...] = ()
        if data:
            stored = self.catalogue.files.put(BytesIO(data), max_bytes=10**6)
            file = ResourceRecord(
                key="f",
                filename="f.pdf",
                checksum=stored.checksum,
                byte_size=len(data),
                stored=True,
                text=TextInfo(TextStatus.TEXT),
            )
            files = (replace(file, disclosure=disclosure or Disclosure()),)
        organization = says.pop("organization", "")
        title = says.pop("title", f"Совсем другой отчёт {slug}")
        record = DatasetRecord(title=Text.of(title, "ru"), slug=slug, resources=files, **says)
        with self.catalogue.sessions.write.begin() as session:
            row = new_dataset(session, record, self.catalogue.now())
            if organization:
                row.organization_id = session.scalars(
                    select(Organization.id).where(Organization.slug == organization)
                ).one()
            session.flush()
            return row.id


@pytest.fixture
def shelf(catalogue: Catalogue) -> Shelf:
    return Shelf(catalogue)


def messages(done: Done, code: str) -> list[str]:
    return [line.message for line in done.report.problems if line.code == code]


@pytest.fixture
def check(workbook: Callable[..., Path], upload: Callable[..., Done]) -> Callable[..., Done]:
    """Checks one row that says what is given, by heading."""

    def run(language: str = "en", **says: str) -> Done:
        named = {"title": "Название", "abstract": "Описание", "identifier": "Идентификатор", "doi": "DOI"}
        named |= {"report_number": "Номер отчёта", "contract_number": "Номер договора", "issued": "Дата публикации"}
        given = {named[key]: value for key, value in {"title": "Отчёт о чём-то ином", **says}.items()}
        path = workbook([WIDE, [given.get(heading, "") for heading in WIDE]])
        return upload(path, dry_run=True, language=language)

    return run


def packed_rows(*names: str) -> list[tuple[str, ...]]:
    return [HEADINGS, *[(f"R-{i}", f"Отчёт номер {i}", "Отчёт", "2024", name) for i, name in enumerate(names, 1)]]


def test_file_of_another_record_is_told_in_each_language(
    shelf: Shelf, workbook: Callable[..., Path], packed: Callable[..., Path], upload: Callable[..., Done]
) -> None:
    shelf.add("su-balansy", TEXT, title=TITLE)
    path = packed(workbook(packed_rows("a.txt", "b.txt")), {"a.txt": TEXT, "b.txt": b"other text"})
    said = f"{TITLE} (/dataset/su-balansy)"
    for language, words in (
        ("en", f"The file “a.txt” is in the catalogue already, byte for byte: {said}"),
        ("ru", f"Файл «a.txt» уже есть в каталоге, байт в байт: {said}"),
        ("kk", f"«a.txt» файлы каталогта бар, дәл сол байттармен: {said}"),
    ):
        done = upload(path, dry_run=True, language=language)
        assert messages(done, "same_file") == [words]
    line = next(line for line in done.report.problems if line.code == "same_file")
    assert (line.row, line.cell, line.severity) == (2, "E2", "warning")
    assert line.hint


def test_two_rows_with_the_same_bytes_are_told_and_empty_files_are_not(
    workbook: Callable[..., Path], packed: Callable[..., Path], upload: Callable[..., Done]
) -> None:
    rows = packed_rows("a.txt", "b.txt", "c.txt", "d.txt")
    files = {"a.txt": TEXT, "b.txt": TEXT, "c.txt": b"", "d.txt": b""}
    done = upload(packed(workbook(rows), files), dry_run=True)
    assert messages(done, "same_file_here") == ["The file “b.txt” is an exact copy of “a.txt” in row 2"]
    assert codes(done.report, 3) == ["same_file_here"]


def test_sheet_that_is_sent_again_is_told_nothing(
    workbook: Callable[..., Path], packed: Callable[..., Path], upload: Callable[..., Done], catalogue: Catalogue
) -> None:
    path = packed(workbook(packed_rows("a.txt", "b.txt")), {"a.txt": TEXT, "b.txt": b"other text"})
    upload(path)
    indexing.rebuild(catalogue)
    done = upload(path, dry_run=True)
    assert (done.report.counts["unchanged"], codes(done.report)) == (2, [])


def test_row_that_takes_the_file_of_another_record_is_told_when_it_changes(
    workbook: Callable[..., Path], packed: Callable[..., Path], upload: Callable[..., Done]
) -> None:
    upload(packed(workbook(packed_rows("a.txt", "b.txt")), {"a.txt": TEXT, "b.txt": b"other text"}))
    done = upload(packed(workbook(packed_rows("a.txt", "b.txt")), {"a.txt": TEXT, "b.txt": TEXT}), dry_run=True)
    assert codes(done.report, 2) == []
    assert codes(done.report, 3) == ["same_file"]


@pytest.mark.parametrize(
    ("stored", "given", "words"),
    [
        ({"identifiers": (Identifier("doi", "10.1234/Ab"),)}, {"doi": "https://doi.org/10.1234/ab"}, "the same DOI"),
        ({"identifier": "Rep 7", "organization": "msh"}, {"identifier": "REP  7"}, "the same identifier"),
        ({"identifier": "https://x.kz/7"}, {"identifier": "https://x.kz/7"}, "the same identifier"),
        ({"report_number": "OFR-7", "organization": "msh"}, {"report_number": "ofr-7"}, "the same report number"),
        (
            {"identifiers": (Identifier("contract_number", "12-2024"),), "type": DatasetType.DATASET},
            {"contract_number": "12-2024"},
            "the same contract number",
        ),
        ({"title": TITLE}, {"title": f"«{TITLE.upper()}»."}, "the same title"),
    ],
    ids=["doi", "identifier", "global identifier", "report number", "contract", "title"],
)
@pytest.mark.usefixtures("agency")
def test_name_that_is_known_already_is_told(
    shelf: Shelf, check: Callable[..., Done], stored: dict[str, Any], given: dict[str, str], words: str
) -> None:
    shelf.add("known", **stored)
    (said,) = messages(check(**given), "same_identifier")
    assert words in said
    assert said.endswith("(/dataset/known)")
    assert "{" not in said + messages(check("kk", **given), "same_identifier")[0]


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ({"identifier": "7"}, {"identifier": "7"}),
        ({"report_number": "7"}, {"report_number": "7"}),
        ({"title": "Годовой отчёт"}, {"title": "Годовой отчёт"}),
        ({"title": TITLE, "issued": PartialDate(2023)}, {"title": TITLE, "issued": "2024"}),
        ({"title": TITLE, "report_number": "1"}, {"title": TITLE, "report_number": "2"}),
        (
            {"identifiers": (Identifier("contract_number", "12-2024"),), "type": DatasetType.REPORT},
            {"contract_number": "12-2024"},
        ),
    ],
    ids=["number of another agency", "report of another agency", "short title", "year", "report number", "type"],
)
@pytest.mark.usefixtures("agency")
def test_what_only_looks_the_same_is_not_told(
    shelf: Shelf, check: Callable[..., Done], stored: dict[str, Any], given: dict[str, str]
) -> None:
    shelf.add("other", **stored)
    assert messages(check(**given), "same_identifier") == []


@pytest.mark.parametrize("hidden", [{"private": True}, {"state": RecordState.DRAFT}], ids=["private", "draft"])
def test_hidden_record_is_told_to_its_own_agency_alone(
    shelf: Shelf, check: Callable[..., Done], agency: str, hidden: dict[str, Any]
) -> None:
    shelf.add("theirs", title=TITLE, **hidden)
    assert messages(check(title=TITLE), "same_identifier") == []
    shelf.add("ours", title=TITLE, organization=agency, **hidden)
    (said,) = messages(check(title=TITLE), "same_identifier")
    assert "/dataset/ours" in said


def test_closed_file_of_another_agency_is_not_told(
    shelf: Shelf, workbook: Callable[..., Path], packed: Callable[..., Path], upload: Callable[..., Done], agency: str
) -> None:
    closed = Disclosure(DisclosureStatus.EMBARGOED, dt.date(2099, 1, 1))
    path = packed(workbook(packed_rows("a.txt")), {"a.txt": TEXT})
    shelf.add("theirs", TEXT, closed)
    assert codes(upload(path, dry_run=True).report) == []
    shelf.add("ours", TEXT, closed, organization=agency)
    assert codes(upload(path, dry_run=True).report) == ["same_file"]


@pytest.mark.usefixtures("agency")
def test_text_that_stands_in_the_catalogue_is_told(
    shelf: Shelf, check: Callable[..., Done], catalogue: Catalogue
) -> None:
    shelf.add("balkhash", title="Отчёт по теме двенадцать", description=Text.of(ABSTRACT, "ru"))
    for number in range(5):
        shelf.add(f"other-{number}", description=Text.of(f"Промерзание грунтов под дорогами, участок {number}.", "ru"))
    shelf.add("secret", title="Тайный отчёт по теме", description=Text.of(ABSTRACT, "ru"), private=True)
    indexing.rebuild(catalogue)
    (said,) = messages(check(abstract=ABSTRACT), "similar_record")
    assert "/dataset/balkhash" in said
    assert (
        messages(check(abstract="Яровая пшеница отзывается на сроки посева сильнее, чем на нормы."), "similar_record")
        == []
    )


@pytest.mark.usefixtures("agency")
def test_likeness_has_bounds(
    shelf: Shelf, workbook: Callable[..., Path], upload: Callable[..., Done], catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    shelf.add("balkhash", description=Text.of(ABSTRACT, "ru"))
    indexing.rebuild(catalogue)
    path = workbook(
        [("Идентификатор", "Название", "Описание"), *[(f"R-{i}", f"Отчёт {i}", ABSTRACT) for i in range(4)]]
    )
    assert codes(upload(path, dry_run=True).report).count("similar_record") == 4
    monkeypatch.setattr(likeness.Likeness.__init__, "__kwdefaults__", {"most": 2, "seconds": 60.0})
    done = upload(path, dry_run=True)
    assert [codes(done.report, row) for row in (2, 3, 4, 5)] == [["similar_record"]] * 2 + [["similar_unchecked"], []]


def test_statements_do_not_grow_with_rows(
    shelf: Shelf, workbook: Callable[..., Path], upload: Callable[..., Done], catalogue: Catalogue
) -> None:
    shelf.add("known", title=TITLE)
    said: list[str] = []
    event.listen(catalogue.engine, "before_cursor_execute", lambda *args: said.append(args[2]))

    def statements(rows: int) -> int:
        said.clear()
        table = [("Идентификатор", "Название"), *[(f"R-{i}", f"Водный баланс {i}") for i in range(rows)]]
        upload(workbook(table), dry_run=True)
        return len(said)

    assert statements(1) == statements(50)
