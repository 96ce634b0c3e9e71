"""From a spreadsheet to records: what is published, what is kept back, and what happens the second time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from opendata.catalog.records import DatasetRecord, DatasetType, RecordState, ResourceRole
from opendata.catalog.values import Disclosure, DisclosureStatus, PartialDate
from opendata.errors import Conflict, Invalid, NotFound, TooLarge
from opendata.services import access, accounts, desk, responsible, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import publishing, returning, templates, undoing
from opendata.services.uploads.publishing import Done, Request
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.operations import Upload, UploadItem, UploadProblem
from opendata.store.states import UploadStatus
from opendata.store.to_records import dataset_record
from tests.factories import work
from tests.services.uploads.conftest import HEADINGS, codes

GOOD = ("A-1", "Водные ресурсы Или", "Отчёт", "31.12.2023", "")


def stored(catalogue: Catalogue) -> dict[str, DatasetRecord]:
    """Every dataset of the store by its identifier."""
    with catalogue.sessions.read() as session:
        rows = queries.dataset_rows(session, list(session.scalars(select(Dataset.id))))
        return {row.identifier: dataset_record(row, full=False, public_only=False) for row in rows}


def test_good_rows_are_published_and_bad_ones_kept_back(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    bad = ("A-2", "Вторая", "Отчётт", "32.13.2023", "нет.pdf")
    report = upload(workbook([HEADINGS, GOOD, bad])).report
    assert report.counts["created"] == 1
    assert report.counts["rejected"] == 1
    assert codes(report, 3) == ["not_in_list", "bad_date", "file_missing"]
    record = stored(catalogue)["A-1"]
    assert record.type is DatasetType.REPORT
    assert record.issued == PartialDate(2023, 12, 31)
    assert record.title.ru == "Водные ресурсы Или"
    assert record.organization
    assert record.organization.slug == "msh"


def test_dry_run_stores_nothing(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    report = upload(workbook([HEADINGS, GOOD]), dry_run=True).report
    assert report.counts["created"] == 1
    assert report.id is None
    with catalogue.sessions.read() as session:
        assert not session.scalar(select(func.count()).select_from(Dataset))
        assert not session.scalar(select(func.count()).select_from(Upload))


def test_what_uploads_hang_on_is_no_source_of_the_desk_and_has_an_owner(
    catalogue: Catalogue, agency: str, workbook: Callable[..., Path]
) -> None:
    password = "one password for all of them"
    new = accounts.NewUser("Aigul", "aigul@example.kz", password, organization=agency, role=Role.EDITOR)
    accounts.add_user(catalogue, SYSTEM, new)
    visit = access.Visit("203.0.113.7")
    session = access.open_session(catalogue, access.prove(catalogue, new.email, password, visit), visit)
    editor = access.actor_for_session(catalogue, session)
    path = workbook([HEADINGS, GOOD])
    publishing.publish(catalogue, editor, Request(path, path.name, agency, "en"))
    assert len(stored(catalogue)) == 1
    assert desk.sources(catalogue, SYSTEM) == ()
    assert responsible.unowned(catalogue, SYSTEM) == ()


def test_same_sheet_twice_changes_nothing(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    path = workbook([HEADINGS, GOOD, ("", "Без идентификатора", "", "", "")])
    upload(path)
    before = stored(catalogue)
    again = upload(path).report
    assert again.counts["unchanged"] == 2
    assert "created" not in again.counts
    assert stored(catalogue) == before


def test_changed_row_updates_its_record(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    upload(workbook([HEADINGS, GOOD]))
    report = upload(workbook([HEADINGS, ("A-1", "Новое название", "Отчёт", "2024", "")])).report
    assert report.counts["updated"] == 1
    assert stored(catalogue)["A-1"].title.ru == "Новое название"
    assert len(stored(catalogue)) == 1


def test_two_rows_with_one_key_are_an_error_on_both(upload: Callable[..., Done], workbook: Callable[..., Path]) -> None:
    report = upload(workbook([HEADINGS, GOOD, ("A-1", "Другая", "", "", ""), ("A-3", "Третья", "", "", "")])).report
    assert codes(report, 2) == ["repeated"]
    assert codes(report, 3) == ["repeated"]
    assert report.counts["created"] == 1
    assert report.rejected == 2


def test_reports_of_one_study_differ_by_kind_and_period(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    headings = ("Название темы", "ИРН", "Вид отчёта", "Период")
    told = (("Промежуточный отчёт", "2021"), ("Промежуточный отчёт", "2022"), ("Заключительный отчёт", "2021-2023"))
    path = workbook([headings, *(("Одна тема", "AP09259734", kind, period) for kind, period in told)])
    report = upload(path).report
    assert report.counts["created"] == 3
    assert not codes(report)
    assert upload(path).report.counts["unchanged"] == 3
    assert all(record.type is DatasetType.REPORT for record in stored(catalogue).values())


def test_register_number_alone_is_no_key(upload: Callable[..., Done], workbook: Callable[..., Path]) -> None:
    rows = [("Название", "ИРН"), ("Первый", "AP09259734"), ("Второй", "AP09259734")]
    report = upload(workbook(rows)).report
    assert report.counts["created"] == 2
    assert codes(report) == ["no_key", "no_key"]


def test_files_of_a_zip_become_files_of_the_record(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path], packed: Callable[..., Path]
) -> None:
    table = workbook(
        [(*HEADINGS, "Вид отчёта"), ("A-1", "Вода", "Отчёт", "2023", "Отчёт.pdf; данные.csv", "Заключительный отчёт")],
        Файлы=[("Запись", "Файл", "Доступ", "Открыть с"), ("A-1", "закрыто.txt", "Закрыто до срока", "01.02.2030")],
    )
    files = {"отчёт.pdf": b"%PDF-1.4", "данные.csv": b"a;b\n1;2\n", "закрыто.txt": "тайна".encode(), "лишний.txt": b"x"}
    report = upload(packed(table, files, folder="папка/")).report
    assert codes(report) == ["file_unnamed", "content_unchecked"]  # a PDF of one line cannot be read
    assert {one.disclosure.status for one in stored(catalogue)["A-1"].resources} == {
        DisclosureStatus.WITHHELD,  # until somebody has looked into them
        DisclosureStatus.EMBARGOED,
    }
    work(catalogue)
    found = {one.key: one for one in stored(catalogue)["A-1"].resources}
    assert set(found) == {"отчёт.pdf", "данные.csv", "закрыто.txt"}
    assert all(one.stored for one in found.values())
    assert found["закрыто.txt"].disclosure == Disclosure(DisclosureStatus.EMBARGOED, dt.date(2030, 2, 1))
    assert found["отчёт.pdf"].disclosure.status is DisclosureStatus.OPEN
    assert found["данные.csv"].role is ResourceRole.DATA


def test_people_of_their_own_sheet_join_the_record(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    people = [
        ("Запись", "ФИО", "Роль", "ORCID"),
        ("A-1", "Сериков А.Б.", "Руководитель", "0000-0002-1825-0097"),
        ("A-9", "Никто Н.Н.", "", ""),
    ]
    report = upload(workbook([HEADINGS, GOOD], Люди=people)).report
    assert codes(report) == ["dataset_missing"]
    (leader,) = stored(catalogue)["A-1"].contributors
    assert (leader.name, leader.role, leader.orcid) == ("Сериков А.Б.", "leader", "0000-0002-1825-0097")


def test_error_in_a_part_keeps_its_dataset_back(upload: Callable[..., Done], workbook: Callable[..., Path]) -> None:
    people = [("Запись", "ФИО", "ORCID"), ("A-1", "Сериков А.Б.", "0000-0002-1825-0098")]
    report = upload(workbook([HEADINGS, GOOD], Люди=people)).report
    assert report.rejected == 1
    assert {"bad_orcid", "part_broken"} == set(codes(report))


def test_word_for_access_that_nobody_knows_never_opens_a_file(
    upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    rows = [(*HEADINGS, "Доступ"), (*GOOD, "как обычно"), ("A-2", "Вторая", "", "", "", "ДСП")]
    report = upload(workbook(rows)).report
    assert codes(report, 2) == ["not_in_list"]
    assert report.counts["created"] == 1


def test_upload_keeps_its_record_with_rows_and_problems(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    done = upload(workbook([HEADINGS, GOOD, ("A-2", "", "", "", "")]))
    with catalogue.sessions.read() as session:
        row = session.get_one(Upload, done.report.id)
        assert row.status is UploadStatus.PUBLISHED
        assert row.counts["created"] == 1
        assert row.filename == "table.xlsx"
        assert [item.identifier for item in session.scalars(select(UploadItem))] == ["A-1"]
        (problem,) = session.scalars(select(UploadProblem))
        assert (problem.row, problem.code) == (3, "no_title")


def test_undo_withdraws_what_was_made_and_restores_what_was_changed(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    upload(workbook([HEADINGS, GOOD]))
    before = stored(catalogue)["A-1"]
    second = workbook([HEADINGS, ("A-1", "Другое", "", "2020", ""), ("A-2", "Вторая", "", "", "")])
    done = upload(second)
    assert done.report.id is not None
    undone = undoing.undo(catalogue, SYSTEM, done.report.id)
    assert (undone.withdrawn, undone.reverted) == (1, 1)
    now = stored(catalogue)
    assert (now["A-1"].title, now["A-1"].issued, now["A-1"].type) == (before.title, before.issued, before.type)
    assert now["A-2"].state is RecordState.WITHDRAWN
    with pytest.raises(Conflict):
        undoing.undo(catalogue, SYSTEM, done.report.id)
    again = upload(second).report
    assert again.counts["updated"] == 1
    assert again.counts["restored"] == 1
    assert stored(catalogue)["A-2"].state is RecordState.PUBLISHED


def test_upload_is_not_undone_once_somebody_edited(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    done = upload(workbook([HEADINGS, GOOD, ("A-2", "Вторая", "", "", "")]))
    writing.remove(catalogue, SYSTEM, stored(catalogue)["A-2"].slug, "Ошибка")
    assert done.report.id is not None
    with pytest.raises(Conflict, match="row 3"):
        undoing.undo(catalogue, SYSTEM, done.report.id)
    assert stored(catalogue)["A-1"].state is RecordState.PUBLISHED


def test_public_and_unknown_agencies_are_refused(
    catalogue: Catalogue, agency: str, workbook: Callable[..., Path]
) -> None:
    path = workbook([HEADINGS, GOOD])
    with pytest.raises(NotFound):
        publishing.publish(catalogue, SYSTEM, Request(path, path.name, "nobody"))
    for stranger in (PUBLIC, Actor(name="stranger")):
        with pytest.raises(Exception, match="may not"):
            publishing.publish(catalogue, stranger, Request(path, path.name, agency))


def test_rows_name_only_agencies_of_the_catalogue(upload: Callable[..., Done], workbook: Callable[..., Path]) -> None:
    rows = [(*HEADINGS, "Организация"), (*GOOD, "Министерство волшебства")]
    assert codes(upload(workbook(rows)).report) == ["organization_unknown"]


def test_failing_rows_come_back_coloured_and_can_be_mended(
    upload: Callable[..., Done], workbook: Callable[..., Path], tmp_path: Path
) -> None:
    bad = ("A-2", "=HYPERLINK(1)", "Отчётт", "2023", "")
    rows = [(*HEADINGS, "Своё поле"), (*GOOD, "да"), (*bad, "нет")]
    path = workbook(rows)
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["B3"].data_type = "s"
    book.save(path)
    done = upload(path)
    back = tmp_path / "back.xlsx"
    returning.write_failed(done.checked, back, "ru")
    sheet = openpyxl.load_workbook(back).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["Проблемы", *HEADINGS, "Своё поле"]
    assert sheet.max_row == 2
    assert "Отчётт" in sheet["A2"].value
    assert sheet["C2"].data_type == "s"
    assert sheet["C2"].quotePrefix
    assert sheet["C2"].value == "=HYPERLINK(1)"
    assert sheet["D2"].fill.start_color.rgb.endswith("F8CBAD")
    assert sheet["D2"].comment
    mended = openpyxl.load_workbook(back)
    mended.worksheets[0]["D2"] = "Отчёт"
    mended.save(back)
    assert upload(back).report.counts["created"] == 1


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_empty_template_is_read_and_publishes_nothing(
    catalogue: Catalogue, upload: Callable[..., Done], tmp_path: Path, language: str, suffix: str
) -> None:
    path = tmp_path / f"template.{suffix}"
    templates.write_template(catalogue, SYSTEM, path, language)
    report = upload(path, language=language).report
    assert report.counts["rows"] == 0
    assert set(codes(report)) == {"example_row"}


def test_template_offers_the_lists(catalogue: Catalogue, agency: str, tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    templates.write_template(catalogue, SYSTEM, path, "ru", agency)
    book = openpyxl.load_workbook(path)
    offered = {cell.value for row in book["lists"].iter_rows() for cell in row}
    assert {"Отчёт", "Заключительный отчёт", "Министерство сельского хозяйства", "Не публикуется"} <= offered
    assert book["lists"].sheet_state == "hidden"
    assert book.worksheets[0].data_validations.dataValidation


def test_file_without_a_table_of_records_is_refused(upload: Callable[..., Done], workbook: Callable[..., Path]) -> None:
    with pytest.raises(Invalid, match="Title"):
        upload(workbook([("a", "b"), (1, 2)]))


def test_limit_of_rows_is_said_before_work_starts(
    catalogue: Catalogue, agency: str, workbook: Callable[..., Path]
) -> None:
    from opendata.reading.sheets import package

    path = workbook([HEADINGS, *((f"A-{n}", "x", "", "", "") for n in range(30))])
    with pytest.raises(TooLarge, match="more than 20"), package.opened(path, path.name, 20):
        pass
    assert not stored(catalogue)
