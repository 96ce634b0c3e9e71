"""An agency's own table: corrected once, read the same way the next time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.errors import Invalid
from opendata.reading.sheets.layout import SHEET_KINDS
from opendata.reading.sheets.tables import recognised
from opendata.reading.spreadsheet import read_spreadsheet
from opendata.services import organizations
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import jobs, steps, viewing
from opendata.services.uploads.headings import HeadingChoice, answers, choices, remember, remembered
from opendata.services.uploads.publishing import Done
from opendata.services.uploads.receiving import receive
from opendata.services.uploads.viewing_results import HeadingLine
from opendata.store.organizations import Organization
from opendata.store.register import Study
from opendata.store.states import UploadStatus
from tests.services.uploads.steps import confirm, head

OWN = [("Шифр темы", "Что исследуем", "Кто делает"), ("BR21881930", "Водные ресурсы реки Или", "Институт географии")]
SAID = {"studies": {"Шифр темы": "register_number", "Что исследуем": "title", "Кто делает": "performer"}}


def agency_id(catalogue: Catalogue, slug: str) -> UUID:
    with catalogue.sessions.read() as session:
        return session.scalars(select(Organization.id).where(Organization.slug == slug)).one()


def test_what_was_said_once_is_applied_to_the_next_upload_of_that_agency_alone(
    catalogue: Catalogue, agency: str, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    path = workbook([()], Лист1=OWN)
    with pytest.raises(Invalid):
        upload(path)
    with catalogue.sessions.write.begin() as session:
        remember(session, SYSTEM, agency_id(catalogue, agency), SAID, catalogue.now())
    assert upload(path).report.counts["created"] == 1
    organizations.add(catalogue, SYSTEM, "moh", "Министерство здравоохранения")
    with catalogue.sessions.read() as session:
        assert remembered(session, agency_id(catalogue, "moh")) == {}
        (study,) = session.scalars(select(Study))
        assert (study.register_number, study.title.ru) == ("BR21881930", "Водные ресурсы реки Или")


def test_last_word_counts(catalogue: Catalogue, agency: str) -> None:
    organization_id = agency_id(catalogue, agency)
    with catalogue.sessions.write.begin() as session:
        remember(session, SYSTEM, organization_id, {"datasets": {"Тема": "title", "Шкаф": "+"}}, catalogue.now())
        remember(session, SYSTEM, organization_id, {"datasets": {"ТЕМА ": "description"}}, catalogue.now())
    with catalogue.sessions.read() as session:
        known = remembered(session, organization_id)
    assert known == {"datasets": {"тема": "description", "шкаф": "+"}}
    assert answers(known, {"datasets": {"Тема": ""}})["datasets"] == {"тема": "", "шкаф": "+"}


@pytest.mark.parametrize(
    "given", [{"datasets": {"a": "amounts"}}, {"tables": {"a": "title"}}, {SHEET_KINDS: {"Лист1": "tables"}}]
)
def test_what_there_is_not_cannot_be_said(catalogue: Catalogue, agency: str, given: dict[str, dict[str, str]]) -> None:
    with pytest.raises(Invalid), catalogue.sessions.write.begin() as session:
        remember(session, SYSTEM, agency_id(catalogue, agency), given, catalogue.now())
    with catalogue.sessions.read() as session:
        assert not remembered(session, agency_id(catalogue, agency))


def test_sheet_that_nobody_knows_can_be_told_what_it_is(
    catalogue: Catalogue, agency: str, workbook: Callable[..., Path]
) -> None:
    path = workbook([()], Лист1=OWN)
    upload_id = receive(catalogue, SYSTEM, agency, path.name, path, "en")
    jobs.check(catalogue, upload_id)
    assert head(catalogue, upload_id).status is UploadStatus.FAILED
    assert viewing.columns(catalogue, SYSTEM, upload_id) == (HeadingLine(SHEET_KINDS, "Лист1", "+"),)
    steps.check_again(catalogue, SYSTEM, upload_id, {SHEET_KINDS: {"Лист1": "studies"}})
    jobs.check(catalogue, upload_id)
    assert [(one.heading, one.column) for one in viewing.columns(catalogue, SYSTEM, upload_id)] == [
        ("Шифр темы", "+"), ("Что исследуем", "+"), ("Кто делает", "+"),
    ]  # fmt: skip
    steps.check_again(catalogue, SYSTEM, upload_id, SAID)
    jobs.check(catalogue, upload_id)
    confirm(catalogue, upload_id)
    with catalogue.sessions.read() as session:
        assert [row.register_number for row in session.scalars(select(Study))] == ["BR21881930"]
        assert set(remembered(session, agency_id(catalogue, agency))["studies"]) == {
            "шифр темы", "что исследуем", "кто делает",
        }  # fmt: skip


def test_every_heading_says_why_it_is_taken_for_what_it_is() -> None:
    taken = {
        "datasets": {"Название": "title", "Тема": "title_ru", "Ключевык слова": "keywords", "Шкаф": "+", "№ п/п": "",
                     "Аннотация отчета о НИР": "+", "Полка": "spatial"},
    }  # fmt: skip
    found = {one.heading: one for one in choices(taken, {"datasets": {"полка": "spatial", "тема": "title_ru"}})}
    assert {heading: one.why for heading, one in found.items()} == {
        "Название": "name", "Тема": "remembered", "Ключевык слова": "guess", "Шкаф": "", "№ п/п": "name",
        "Аннотация отчета о НИР": "", "Полка": "remembered",
    }  # fmt: skip
    assert [column.name for column in found["Аннотация отчета о НИР"].like] == ["description"]
    assert isinstance(found["Шкаф"], HeadingChoice)


def test_real_tables_of_other_things_are_not_taken_for_records(realdata: Path) -> None:
    for folder in ("kazakhstan", "moscow", "readxl", "fivethirtyeight"):
        files = sorted((realdata / "tables" / folder).iterdir())
        # Every eighth where there are many; all of them with OPENDATA_TEST_FULL.
        for path in files if os.environ.get("OPENDATA_TEST_FULL") or len(files) < 40 else files[::8]:
            if path.suffix in (".csv", ".xls", ".xlsx"):
                tables, _ = recognised(read_spreadsheet(path, path.name, 50_000))
                assert not tables, path.name
