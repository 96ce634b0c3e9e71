"""The register of studies: registering, registering again, and the table that an agency sends."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from opendata.catalog.records import (
    Contract,
    Deliverable,
    DeliverableKind,
    DeliverableState,
    Performer,
    StudyRecord,
    StudyStatus,
)
from opendata.catalog.values import Contributor, OrganizationRef, Text
from opendata.errors import Invalid, Moved, NotAllowed, NotFound
from opendata.services import register, studies
from opendata.services.actors import PUBLIC, SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.register import Saved
from opendata.store import queries
from opendata.store.operations import DatasetEvent, Job
from opendata.store.register import Study
from tests.conftest import Clock
from tests.factories import Feed, found, member, organization, record, ru
from tests.services.conftest import rows_of_every_table

HEAD = "register_number,title_ru,abstract_ru,organization,performer,status,contract_number,amount,final_due\n"
ROW = 'BR1,Водный баланс,О воде,ours,Институт,in_progress,1-2025,"1 200,50",2026-11-01\n'


@pytest.fixture
def ours(catalogue: Catalogue) -> UUID:
    """The agency that commissions."""
    return organization(catalogue, "ours")


def study(agency: UUID, **changes: object) -> StudyRecord:
    given = {"title": ru("Водный баланс"), "register_number": "BR1", "organization": OrganizationRef(id=agency)}
    return StudyRecord(**{**given, **changes})  # type: ignore[arg-type]


def save(catalogue: Catalogue, given: StudyRecord) -> Saved:
    with catalogue.sessions.write.begin() as session:
        return register.save(session, catalogue, SYSTEM, given)


def table(tmp_path: Path, text: str, name: str = "studies.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def the(catalogue: Catalogue, number: str = "BR1") -> StudyRecord:
    return studies.named(catalogue, number)


def test_the_same_study_again_writes_nothing(catalogue: Catalogue, ours: UUID, clock: Clock) -> None:
    given = study(ours, contracts=(Contract("1", amount=Decimal("5.00"), deliverables=(owed(),)),))
    assert save(catalogue, given).changed
    before, rows = the(catalogue), rows_of_every_table(catalogue)
    clock.advance(days=1)
    assert not save(catalogue, given).changed
    assert the(catalogue) == before
    assert rows_of_every_table(catalogue) == rows


def owed(**changes: object) -> Deliverable:
    return Deliverable(DeliverableKind.FINAL_REPORT, **{"due": dt.date(2026, 11, 1), **changes})  # type: ignore[arg-type]


def test_a_change_keeps_id_address_state_and_deposits(catalogue: Catalogue, ours: UUID, one: Feed) -> None:
    first = save(catalogue, study(ours, contracts=(Contract("1", deliverables=(owed(),)),)))
    before, report = the(catalogue), one.one(found("a", record("Отчёт")))
    with catalogue.sessions.write.begin() as session:
        row = queries.study_row(session, first.id)
        row.private = True
        row.contracts[0].deliverables[0].dataset_id = report.id
    again = save(
        catalogue, study(ours, title=ru("Другое название"), contracts=(Contract("1", deliverables=(owed(),)),))
    )
    after = the(catalogue)
    assert (again.changed, again.id, after.slug) == (True, first.id, before.slug)
    assert after.private
    assert after.contracts[0].deliverables[0].dataset is not None
    assert after.due_state(catalogue.today()) is DeliverableState.DEPOSITED


def test_datasets_that_name_the_number_are_tied_to_the_study(catalogue: Catalogue, ours: UUID, one: Feed) -> None:
    before = one.one(found("a", record("Отчёт", register_number="BR1")))
    assert before.study is None
    save(catalogue, study(ours))
    later = one.one(found("b", record("Данные", register_number="BR1")))
    assert later.study is not None
    page = register.page(catalogue, PUBLIC, the(catalogue).slug)
    assert {dataset.title.ru for dataset in page.record.datasets} == {"Отчёт", "Данные"}


def test_a_study_is_found_by_its_id_and_by_any_of_its_numbers(catalogue: Catalogue, ours: UUID) -> None:
    save(catalogue, study(ours, contracts=(Contract("77-К"),)))
    found_study = the(catalogue)
    for name in ("77-К", found_study.slug, str(found_study.id)):
        assert the(catalogue, name).id == found_study.id
    with pytest.raises(Moved):
        register.page(catalogue, PUBLIC, str(found_study.id))
    for name in ("BR2", "nothing"):
        with pytest.raises(NotFound):
            the(catalogue, name)


def test_a_study_without_number_or_title_is_not_taken(catalogue: Catalogue, ours: UUID) -> None:
    for change, field in (({"register_number": ""}, "register_number"), ({"title": Text()}, "title")):
        with pytest.raises(Invalid) as caught:
            save(catalogue, study(ours, **change))
        assert field in [problem.field for problem in caught.value.problems]


def test_only_editors_of_both_agencies_may_move_a_study(catalogue: Catalogue, ours: UUID) -> None:
    save(catalogue, study(ours))
    theirs = organization(catalogue, "theirs")
    for actor in (PUBLIC, member(ours, Role.MEMBER), member(theirs, Role.ADMIN)):
        for agency in (ours, theirs):
            with catalogue.sessions.write.begin() as session, pytest.raises(NotAllowed):
                register.save(session, catalogue, actor, study(agency))


def test_a_table_is_registered_row_by_row(catalogue: Catalogue, ours: UUID, tmp_path: Path) -> None:
    report = studies.import_table(catalogue, table(tmp_path, HEAD + ROW))
    assert (report.rows, report.taken, report.problems) == (1, 1, [])
    after = the(catalogue)
    contract = after.contracts[0]
    assert (after.title.ru, after.status, contract.amount) == ("Водный баланс", "in_progress", Decimal("1200.50"))
    assert contract.deliverables[0].due == dt.date(2026, 11, 1)


def test_a_workbook_is_taken_as_well(catalogue: Catalogue, ours: UUID, tmp_path: Path) -> None:
    workbook = Workbook()
    assert workbook.active is not None
    workbook.active.append(["Register_Number", "title_kk", "organization", "start"])
    workbook.active.append(["BR7", "Су теңгерімі", "ours", 2024])
    workbook.save(tmp_path / "studies.xlsx")
    assert studies.import_table(catalogue, tmp_path / "studies.xlsx").taken == 1
    assert (the(catalogue, "BR7").title.kk, str(the(catalogue, "BR7").period.start)) == ("Су теңгерімі", "2024")


BAD = {
    "number": (",Без номера,,ours,,,,,\n", "register_number"),
    "title": ("BR2,,,ours,,,,,\n", "title"),
    "agency": ("BR2,Название,,nobody,,,,,\n", "organization"),
    "status": ("BR2,Название,,ours,,lost,,,\n", "status"),
    "amount": ("BR2,Название,,ours,,,1,a lot,\n", "amount"),
    "due": ("BR2,Название,,ours,,,1,,someday\n", "final_due"),
    "owed": ("BR2,Название,,ours,,,,,2026-11-01\n", "contract_number"),
}


@pytest.mark.parametrize(("row", "field"), BAD.values(), ids=list(BAD))
def test_a_bad_row_fails_alone_and_names_its_cell(
    catalogue: Catalogue, ours: UUID, tmp_path: Path, row: str, field: str
) -> None:
    report = studies.import_table(catalogue, table(tmp_path, HEAD + row + ROW))
    assert (report.rows, report.taken) == (2, 1)
    assert {(problem.row, problem.field) for problem in report.problems} == {("2", field)}
    assert all(problem.message for problem in report.problems)
    assert the(catalogue).title.ru == "Водный баланс"


def test_a_rehearsal_registers_nothing(catalogue: Catalogue, ours: UUID, tmp_path: Path) -> None:
    before = rows_of_every_table(catalogue)
    report = studies.import_table(catalogue, table(tmp_path, HEAD + ROW + "BR2,,,ours,,,,,\n"), dry_run=True)
    assert (report.rows, report.taken, len(report.problems)) == (2, 1, 1)
    assert rows_of_every_table(catalogue) == before


@pytest.mark.parametrize(
    "text", ["", "register_number\n", "title_ru\nНазвание\n", HEAD[:-1] + ",shoe_size\n" + ROW], ids=str
)
def test_a_table_that_is_none_is_refused_whole(catalogue: Catalogue, ours: UUID, tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid):
        studies.import_table(catalogue, table(tmp_path, text), "ours")


def test_unknown_columns_are_named_with_those_that_are_allowed(
    catalogue: Catalogue, ours: UUID, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=r"shoe_size.*register_number, title_kk"):
        studies.import_table(catalogue, table(tmp_path, "register_number,shoe_size\nBR1,43\n"), "ours")


def test_the_same_table_twice_changes_nothing(catalogue: Catalogue, ours: UUID, tmp_path: Path, clock: Clock) -> None:
    path = table(tmp_path, HEAD + ROW)
    studies.import_table(catalogue, path)
    before, rows = the(catalogue), rows_of_every_table(catalogue)
    clock.advance(days=1)
    assert studies.import_table(catalogue, path).taken == 1
    assert the(catalogue) == before
    assert rows_of_every_table(catalogue) == rows


def test_a_table_changes_only_what_its_cells_say(catalogue: Catalogue, ours: UUID, tmp_path: Path) -> None:
    people = (Contributor("Ахметов А."),)
    contracts = (
        Contract("1-2025", amount=Decimal(7), deliverables=(owed(delivered=dt.date(2026, 5, 1), returned=2),)),
        Contract("2-2026"),
    )
    full = study(
        ours,
        title=Text(ru="Водный баланс", kk="Су теңгерімі", original="kk"),
        themes=("ENVI",),
        performers=(Performer(ru("Институт"), people=people),),
        contracts=contracts,
        status=StudyStatus.COMPLETED,
        private=True,
        official="А. Б.",
    )
    save(catalogue, full)
    before = the(catalogue)
    row = "BR1,Новое название,,,,,1-2025,,2026-12-01\n"
    assert studies.import_table(catalogue, table(tmp_path, HEAD + row), "ours").problems == []
    after = the(catalogue)
    assert (after.title.ru, after.title.kk, after.title.original) == ("Новое название", "Су теңгерімі", "kk")
    assert (after.themes, after.performers, after.status) == (before.themes, before.performers, before.status)
    assert (after.private, after.official) == (True, "А. Б.")
    first, second = after.contracts
    assert (first.amount, first.deliverables[0].due) == (Decimal(7), dt.date(2026, 12, 1))
    assert (first.deliverables[0].delivered, first.deliverables[0].returned) == (dt.date(2026, 5, 1), 2)
    assert first.deliverables[0].id == before.contracts[0].deliverables[0].id
    assert second == before.contracts[1]


def test_a_further_contract_is_added(catalogue: Catalogue, ours: UUID, tmp_path: Path) -> None:
    studies.import_table(catalogue, table(tmp_path, HEAD + ROW))
    studies.import_table(catalogue, table(tmp_path, HEAD + "BR1,,,,Другой институт,,2-2026,9,\n"))
    after = the(catalogue)
    assert [contract.contract_number for contract in after.contracts] == ["1-2025", "2-2026"]
    assert [performer.name.values()[0].value for performer in after.performers] == ["Другой институт"]


def test_registering_is_told_and_indexed(catalogue: Catalogue, ours: UUID) -> None:
    saved = save(catalogue, study(ours))
    save(catalogue, study(ours, official="А. Б."))
    with catalogue.sessions.read() as session:
        wanted = select(DatasetEvent.action).where(DatasetEvent.object_id == saved.id).order_by(DatasetEvent.id)
        assert session.scalars(wanted).all() == ["registered", "updated"]
        assert [job.payload for job in session.scalars(select(Job))] == [{"studies": [str(saved.id)]}] * 2
        assert session.scalars(select(Study.id)).all() == [saved.id]
