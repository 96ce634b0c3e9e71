"""Studies, contracts and what they owe in a bulk upload: put together by register number, registered, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import select

from opendata.catalog.records import Deliverable, DeliverableKind, RecordState, StudyRecord, StudyStatus
from opendata.catalog.values import PartialDate, Period
from opendata.errors import Conflict
from opendata.services import organizations, register, studies
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import publishing, returning, templates, undoing
from opendata.services.uploads.publishing import Done, Request
from opendata.store.datasets import Dataset
from opendata.store.operations import UploadItem, UploadRow
from opendata.store.organizations import Organization
from opendata.store.register import Study
from tests.services.uploads.conftest import HEADINGS, Rows, codes
from tests.services.uploads.steps import confirm

NUMBER = "BR21881930"
STUDIES: Rows = (
    ("ИРН", "Название", "Исполнитель", "Статус", "Начало", "Окончание", "МРНТИ"),
    (NUMBER, "Климат и сельское хозяйство", "Институт географии", "в работе", "01.2023", "2025", "68.01.94"),
)
CONTRACTS: Rows = (
    ("ИРН", "Номер договора", "Дата договора", "Сумма, тыс. тенге"),
    (NUMBER, "12-1", "15.03.2023", "12 500,5"),
    (NUMBER, "12-2", "16.03.2024", "3 000"),
)
OWED: Rows = (
    ("ИРН", "Номер договора", "Что сдаётся", "Период", "Срок", "Сдано", "Запись"),
    (NUMBER, "12-1", "Промежуточный отчёт", "2023", "01.11.2023", "30.10.2023", "A-1"),
    (NUMBER, "12-2", "итоговый отчет", "", "01.11.2026", "", ""),
)
REPORT = ("A-1", "Отчёт за 2023 год", "Отчёт", "2023", "")


@pytest.fixture
def whole(workbook: Callable[..., Path]) -> Callable[..., Path]:
    """A workbook of all sheets, some of them changed."""

    def write(
        datasets: Rows = ((*HEADINGS, "ИРН"), (*REPORT, NUMBER)),
        studies: Rows = STUDIES,
        contracts: Rows = CONTRACTS,
        owed: Rows = OWED,
    ) -> Path:
        return workbook(datasets, Исследования=studies, Договоры=contracts, Обязательства=owed)

    return write


def study(catalogue: Catalogue, number: str = NUMBER) -> StudyRecord:
    """The study as it stands."""
    return studies.named(catalogue, number)


def owed(record: StudyRecord) -> dict[tuple[str, str, str], Deliverable]:
    """What its contracts owe."""
    return {(c.contract_number, one.kind.value, one.period): one for c in record.contracts for one in c.deliverables}


def dataset_studies(catalogue: Catalogue) -> dict[str, UUID | None]:
    """The study of each dataset, by its identifier."""
    with catalogue.sessions.read() as session:
        return {row.identifier: row.study_id for row in session.scalars(select(Dataset))}


def test_sheets_of_the_register_become_studies_with_contracts_and_deposits(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path]
) -> None:
    report = upload(whole()).report
    assert not [line for line in report.problems if line.severity == "error"]
    assert report.counts["created"] == 2
    record = study(catalogue)
    assert record.title.ru == "Климат и сельское хозяйство"
    assert record.organization is not None
    assert record.organization.slug == "msh"
    assert record.status is StudyStatus.IN_PROGRESS
    assert record.period == Period(PartialDate(2023, 1), PartialDate(2025))
    assert [one.code for one in record.subjects] == ["68.01.94"]
    assert [(c.contract_number, c.amount, c.signed) for c in record.contracts] == [
        ("12-1", Decimal("12500500.00"), dt.date(2023, 3, 15)),
        ("12-2", Decimal("3000000.00"), dt.date(2024, 3, 16)),
    ]
    met = owed(record)["12-1", "interim_report", "2023"]
    assert (met.due, met.delivered) == (dt.date(2023, 11, 1), dt.date(2023, 10, 30))
    assert met.dataset is not None
    assert owed(record)["12-2", "final_report", ""].dataset is None
    assert dataset_studies(catalogue) == {"A-1": record.id}
    assert [one.id for one in record.datasets] == [met.dataset.id]


def test_same_sheets_twice_change_nothing(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path]
) -> None:
    path = whole()
    upload(path)
    before = study(catalogue)
    again = upload(path).report
    assert again.counts["unchanged"] == 2
    assert "updated" not in again.counts
    assert study(catalogue) == before


def test_dry_run_of_studies_stores_nothing(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path]
) -> None:
    assert upload(whole(), dry_run=True).report.counts["created"] == 2
    with catalogue.sessions.read() as session:
        assert not list(session.scalars(select(Study)))


def test_row_changes_only_what_its_cells_say(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path], workbook: Callable[..., Path]
) -> None:
    upload(whole())
    report = upload(workbook([("Регистрационный номер", "Статус"), (NUMBER, "Завершено")])).report
    assert report.counts["updated"] == 1
    record = study(catalogue)
    assert record.status is StudyStatus.COMPLETED
    assert record.title.ru == "Климат и сельское хозяйство"
    assert len(owed(record)) == 2


def test_faults_are_told_cell_by_cell_and_keep_the_whole_study_back(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path]
) -> None:
    contracts = (CONTRACTS[0], (NUMBER, "12-1", "15.2023", "12.500"), (NUMBER, "12-1", "", ""), ("", "9", "", ""))
    demands = (
        OWED[0],
        (NUMBER, "99", "Промежуточный отчёт", "2023", "", "", ""),
        (NUMBER, "", "что-то", "2023", "", "", ""),
        (NUMBER, "12-1", "Заключительный отчёт", "", "весной", "", "Нет такой"),
    )
    report = upload(whole(contracts=contracts, owed=demands)).report
    said = {(line.sheet, line.row, line.code) for line in report.problems if line.severity == "error"}
    assert said == {
        ("Договоры", 2, "bad_date"), ("Договоры", 2, "bad_amount"), ("Договоры", 2, "repeated"),
        ("Договоры", 3, "repeated"), ("Договоры", 4, "required"), ("Обязательства", 2, "contract_missing"),
        ("Обязательства", 3, "not_in_list"), ("Обязательства", 4, "bad_date"), ("Обязательства", 4, "dataset_missing"),
    }  # fmt: skip
    assert report.counts == {**report.counts, "created": 1, "rejected": 1}
    assert dataset_studies(catalogue) == {"A-1": None}
    assert "study_held_back" in [line.code for line in report.problems if line.sheet == "Записи"]


def test_failing_study_comes_back_with_all_its_rows_and_is_mended(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path], tmp_path: Path
) -> None:
    bad = (CONTRACTS[0], (NUMBER, "12-1", "15.03.2023", "много"), CONTRACTS[2])
    done = upload(whole(contracts=bad))
    back = tmp_path / "back.xlsx"
    returning.write_failed(done.checked, back, "ru")
    book = openpyxl.load_workbook(back)
    assert book.sheetnames == ["Исследования", "Договоры", "Обязательства"]
    assert "много" in str(book["Договоры"]["A2"].value)
    book["Договоры"]["E2"] = "12 500 тыс. тенге"
    book.save(back)
    report = upload(back).report
    assert report.counts["created"] == 1
    met = owed(study(catalogue))["12-1", "interim_report", "2023"]
    assert met.dataset is not None
    assert dataset_studies(catalogue)["A-1"] == study(catalogue).id


def test_deliverable_waits_for_a_dataset_that_has_errors(
    upload: Callable[..., Done], whole: Callable[..., Path]
) -> None:
    rows = ((*HEADINGS, "ИРН"), ("A-1", "Отчёт", "Отчётт", "2023", "", NUMBER))
    report = upload(whole(datasets=rows)).report
    assert ("Обязательства", 2, "dataset_held_back") in {(p.sheet, p.row, p.code) for p in report.problems}
    assert report.rejected == 2


def test_undo_withdraws_new_studies_and_restores_changed_ones(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path], workbook: Callable[..., Path]
) -> None:
    first = upload(whole())
    before = study(catalogue)
    changed = [("ИРН", "Название", "Статус"), (NUMBER, "Другое", "Завершено"), ("BR2", "Ещё одно", "")]
    second = upload(workbook([()], name="second.xlsx", Исследования=changed))
    assert second.report.id is not None
    assert first.report.id is not None
    with pytest.raises(Conflict):
        undoing.undo(catalogue, SYSTEM, first.report.id)
    undone = undoing.undo(catalogue, SYSTEM, second.report.id)
    assert (undone.withdrawn, undone.reverted) == (1, 1)
    now = study(catalogue)
    assert (now.title, now.status, owed(now)) == (before.title, before.status, owed(before))
    assert study(catalogue, "BR2").state is RecordState.WITHDRAWN


def test_undone_study_comes_back_when_it_is_uploaded_again(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path]
) -> None:
    path = whole()
    done = upload(path)
    assert done.report.id is not None
    undone = undoing.undo(catalogue, SYSTEM, done.report.id)
    assert (undone.withdrawn, undone.reverted) == (2, 0)
    assert study(catalogue).state is RecordState.WITHDRAWN
    assert dataset_studies(catalogue) == {"A-1": None}
    again = upload(path).report
    assert again.counts["restored"] == 2
    assert study(catalogue).state is RecordState.PUBLISHED
    assert owed(study(catalogue))["12-1", "interim_report", "2023"].dataset is not None
    assert dataset_studies(catalogue) == {"A-1": study(catalogue).id}


def test_upload_is_not_undone_once_somebody_edited_its_study(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path]
) -> None:
    done = upload(whole())
    edited = replace(study(catalogue), official="Ахметова")
    with catalogue.sessions.write.begin() as session:
        register.save(session, catalogue, SYSTEM, edited)
    assert done.report.id is not None
    with pytest.raises(Conflict, match="Климат"):
        undoing.undo(catalogue, SYSTEM, done.report.id)
    assert dataset_studies(catalogue)["A-1"]


def test_one_sheet_makes_the_study_of_its_reports(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    head = ("Название", "ИРН", "Вид отчёта", "Период", "Исполнитель", "Номер договора", "Сумма договора", "Срок сдачи",
            "Название исследования")  # fmt: skip
    rows = [
        head,
        (
            "Отчёт 1",
            NUMBER,
            "Промежуточный отчёт",
            "2023",
            "НИИ",
            "7-1",
            "5 млн тг",
            "01.11.2023",
            "Климат и почвы области",
        ),
        ("Отчёт 2", NUMBER, "Заключительный отчёт", "2023-2024", "НИИ", "7-1", "", "01.11.2024", ""),
    ]
    path = workbook(rows)
    report = upload(path).report
    assert report.counts == {**report.counts, "created": 2, "rows": 2, "errors": 0}
    assert [line.code for line in report.problems] == ["study_from_row"]
    record = study(catalogue)
    assert record.title.ru == "Климат и почвы области"
    assert [p.name.other for p in record.performers] == ["НИИ"]
    assert [(c.contract_number, c.amount) for c in record.contracts] == [("7-1", Decimal("5000000.00"))]
    assert all(one.dataset and one.due for one in owed(record).values())
    assert len(owed(record)) == 2
    assert set(dataset_studies(catalogue).values()) == {record.id}
    again = upload(path).report
    assert again.counts["unchanged"] == 2
    assert study(catalogue) == record


def test_register_number_alone_makes_no_study(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    upload(workbook([("Идентификатор", "Название", "ИРН", "Исполнитель"), ("A", "Отчёт", NUMBER, "НИИ")]))
    with catalogue.sessions.read() as session:
        assert not list(session.scalars(select(Study)))


def test_amount_without_a_contract_is_kept_as_it_is(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    head = ("Идентификатор", "Название", "Файлы", "Сумма", "Срок сдачи")
    upload(workbook([head, ("A-1", "Отчёт о почвах", "", "5 млн", "01.11.2024")]))
    with catalogue.sessions.read() as session:
        (row,) = session.scalars(select(Dataset))
        assert [(one.key, one.value) for one in row.extras] == [("Сумма", "5 млн"), ("Срок сдачи", "01.11.2024")]
        assert not list(session.scalars(select(Study)))


def test_study_of_another_agency_is_not_written(
    catalogue: Catalogue, upload: Callable[..., Done], whole: Callable[..., Path], workbook: Callable[..., Path]
) -> None:
    upload(whole())
    other = organizations.add(catalogue, SYSTEM, "moh", "Министерство здравоохранения")
    with catalogue.sessions.read() as session:
        other_id = session.scalar(select(Organization.id).where(Organization.slug == "moh"))
    assert other_id is not None
    clerk = Actor(name="clerk", roles={other_id: Role.EDITOR})
    assert other
    theirs = [("ИРН", "Название", "Исполнитель"), (NUMBER, "Наше", "НИИ")]
    path = workbook([()], name="foreign.xlsx", Исследования=theirs)
    done = publishing.publish(catalogue, clerk, Request(path, path.name, "moh", "ru"))
    assert codes(done.report) == ["study_foreign"]
    one_sheet = [(*HEADINGS, "ИРН", "Номер договора", "Сумма договора"), ("B-1", "Б", "", "", "", NUMBER, "8", "5")]
    path = workbook(one_sheet, name="one.xlsx")
    done = publishing.publish(catalogue, clerk, Request(path, path.name, "moh", "ru"))
    assert done.report.counts["created"] == 1
    assert [c.contract_number for c in study(catalogue).contracts] == ["12-1", "12-2"]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_template_filled_in_any_language_is_published(
    catalogue: Catalogue, upload: Callable[..., Done], tmp_path: Path, language: str
) -> None:
    path = tmp_path / "template.xlsx"
    templates.write_template(catalogue, SYSTEM, path, language)
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[:6]:
        for cell in sheet[2]:
            if isinstance(cell.value, str) and cell.value.startswith("EXAMPLE-"):
                cell.value = cell.value.removeprefix("EXAMPLE-")
            if cell.value in ("otchet-2023.pdf; dannye.xlsx", "otchet-2023.pdf"):
                cell.value = None
    book.worksheets[1].delete_rows(2)
    book.save(path)
    report = upload(path, language=language).report
    assert [line for line in report.problems if line.severity == "error"] == []
    assert report.counts["created"] == 2
    record = study(catalogue)
    assert [c.contract_number for c in record.contracts] == ["№ 175-32"]
    (met,) = owed(record).values()
    assert met.kind is DeliverableKind.INTERIM_REPORT
    assert met.dataset is not None


def test_checked_upload_shows_and_publishes_only_the_chosen_studies(
    catalogue: Catalogue, sent: Callable[..., UUID], whole: Callable[..., Path]
) -> None:
    more: Sequence[Sequence[object]] = (*STUDIES, ("BR2", "Второе", "НИИ", "", "", "", ""))
    upload_id = sent(whole(studies=more))
    with catalogue.sessions.read() as session:
        rows = list(
            session.scalars(select(UploadRow).where(UploadRow.upload_id == upload_id).order_by(UploadRow.position))
        )
    assert [(row.kind, row.identifier, row.result) for row in rows] == [
        ("studies", NUMBER, "created"), ("studies", "BR2", "created"), ("datasets", "A-1", "created"),
    ]  # fmt: skip
    confirm(catalogue, upload_id, only=[rows[0].id, rows[2].id])
    with catalogue.sessions.read() as session:
        assert [row.register_number for row in session.scalars(select(Study))] == [NUMBER]
        items = list(session.scalars(select(UploadItem.identifier).where(UploadItem.upload_id == upload_id)))
    assert items == [f"study:{NUMBER}", "A-1"]
    assert owed(study(catalogue))["12-1", "interim_report", "2023"].dataset is not None
