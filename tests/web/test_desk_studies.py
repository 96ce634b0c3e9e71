"""The form of a study: what it holds and saves, every fault at its field, rows within rows, and what a study owes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from html import unescape
from pathlib import Path
from shutil import copytree
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from opendata.bootstrap import open_catalogue
from opendata.catalog.records import (
    Contract,
    Deliverable,
    DeliverableKind,
    Performer,
    RecordState,
    StudyRecord,
    StudyStatus,
    Utilisation,
)
from opendata.catalog.values import (
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Keyword,
    PartialDate,
    Period,
    Subject,
    Text,
)
from opendata.config import load_config
from opendata.services import register, reviewing, studies_writing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.organizations import Organization
from opendata.web import desk_studies
from opendata.web.app import create_app
from opendata.web.forms.answers import Answers
from opendata.web.study_form import FORM
from opendata.web.study_reading import Reading, typed
from tests.web.conftest import NOW, ReadingClient
from tests.web.filling import filled, send
from tests.web.people import HERE, People, sign_in

FULL = StudyRecord(
    title=Text(kk="Су балансы", ru="Водный баланс", original="kk"),
    register_number="BR21881930",
    description=Text(ru="Первая строка.\n\nВторая.", en="One.", original="ru"),
    keywords=(Keyword("реки", "ru"), Keyword("өзен", "kk"), Keyword("Fluss", "de")),
    subjects=(Subject("grnti", "37.27", Text(ru="Гидрология", original="ru")), Subject("udc", "556.5")),
    themes=("environment",),
    unit=Text(ru="Отдел науки", original="ru"),
    official="Ахметов А.",
    performers=(
        Performer(
            Text(ru="Институт", en="Institute", original="ru"),
            "990940000006",
            "https://ror.org/03yrm5c26",
            (Contributor("Иванова И.", ContributorRole.LEADER, "0000-0002-1825-0097", "Институт"), Contributor("B.")),
        ),
        Performer(Text(ru="Другой институт", original="ru")),
    ),
    programme=Text(ru="Программа", original="ru"),
    call=Text(ru="Конкурс", original="ru"),
    priority=Text(kk="Су", original="kk"),
    contracts=(
        Contract(
            "7-К",
            dt.date(2025, 3, 1),
            Decimal("1200000.50"),
            "KZT",
            "state-order",
            (
                Deliverable(
                    DeliverableKind.INTERIM_REPORT, "2025", dt.date(2025, 11, 1), dt.date(2025, 10, 1),
                    dt.date(2025, 12, 1), 2, True,
                ),
                Deliverable(DeliverableKind.FINAL_REPORT, "", dt.date(2026, 11, 1)),
            ),
        ),
        Contract("8-К", contract_type="устный"),
    ),
    period=Period(PartialDate(2025), PartialDate(2026, 12)),
    status=StudyStatus.SUSPENDED,
    disclosure=Disclosure(
        DisclosureStatus.EMBARGOED, dt.date(2027, 1, 1), "Закон", Text(ru="Не готово", original="ru")
    ),
    evaluation=Text(ru="Хорошо", original="ru"),
    utilisations=(Utilisation("decision", Text(ru="Принято", original="ru"), PartialDate(2026), "https://example.kz/1"),),
    state=RecordState.DRAFT,
)  # fmt: skip
"""Everything that people say of a study."""


@pytest.fixture(scope="module")
def home(peopled_site: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """A catalogue that the tests of this module write to, each its own studies."""
    folder = copytree(peopled_site[0], tmp_path_factory.mktemp("studies") / "home")
    moments = iter(range(10**9))
    found = open_catalogue(
        load_config(environ={"OPENDATA_HOME": str(folder)}), lambda: NOW + dt.timedelta(seconds=next(moments))
    )
    yield found
    found.close()


@pytest.fixture(scope="module")
def site(home: Catalogue) -> Flask:
    made = create_app(home)
    made.test_client_class = ReadingClient
    return made


@pytest.fixture(scope="module")
def browser(site: Flask, peopled_site: tuple[Path, People]) -> FlaskClient:
    """The browser of an editor of the agency "su"."""
    return sign_in(site.test_client(), peopled_site[1].editor)


def stored(home: Catalogue, **changes: object) -> StudyRecord:
    """A study of the agency "su"; its number is one that no other has."""
    agency = register.page(home, SYSTEM, "balans").record.organization
    number = f"BR{uuid4().int % 10**8:08}"
    return studies_writing.create(home, SYSTEM, replace(FULL, organization=agency, register_number=number, **changes))  # type: ignore[arg-type]


def now(home: Catalogue, record: StudyRecord) -> StudyRecord:
    return register.page(home, SYSTEM, record.slug).record


def at(pairs: list[tuple[str, str]], **values: str) -> list[tuple[str, str]]:
    """The pairs with other values; __ stands for a point and _ for the hyphen of a row."""
    names = {name.replace(".", "__").replace("-", "_"): name for name, _ in pairs}
    assert set(values) <= set(names), sorted(set(values) - set(names))
    new = {names[key]: value for key, value in values.items()}
    return [(name, new.get(name, value)) for name, value in pairs]


def go_on(browser: FlaskClient, answer: TestResponse) -> str:
    """The page that a button led to."""
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["Location"]).text


def test_form_holds_everything_and_gives_it_back_unchanged() -> None:
    again = Reading(Answers(FORM, typed(FULL)), FULL, lambda _: {}).record()
    assert replace(again, organization=None) == FULL


def test_saving_untouched_writes_nothing(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/studies/{record.slug}/edit"
    answer = send(browser, path, filled(browser.get(path).text))
    assert answer.status_code == 303, answer.text
    assert studies_writing.version(now(home, record)) == studies_writing.version(record)


def test_a_study_is_registered_with_rows_within_rows_and_no_script(home: Catalogue, browser: FlaskClient) -> None:
    path = "/desk/studies/new"
    page = browser.get(path).text
    for button in ("add:contracts", "add:contracts-0-deliverables", "add:contracts-0-deliverables", "add:performers"):
        answer = send(browser, path, at(filled(page), title__kk="Көл", register_number="BR77777777"), button)
        page = go_on(browser, answer)
    page = go_on(browser, send(browser, path, filled(page), "add:performers-0-people"))
    pairs = at(
        filled(page),
        contracts_0_contract_number="9-К",
        contracts_0_amount="1 200,50",
        contracts_0_deliverables_0_kind="final_report",
        contracts_0_deliverables_0_due="2026-11-01",
        contracts_0_deliverables_1_kind="dataset",
        contracts_0_deliverables_1_dataset="su-balansy",
        performers_0_name__ru="Институт",
        performers_0_people_0_name="Ахметов",
    )
    go_on(browser, send(browser, path, pairs))
    made = register.page(home, SYSTEM, "kol").record
    assert (made.state, made.contracts[0].amount) == (RecordState.DRAFT, Decimal("1200.50"))
    assert [one.kind.value for one in made.contracts[0].deliverables] == ["final_report", "dataset"]
    assert made.contracts[0].deliverables[1].dataset is not None
    assert [one.slug for one in made.datasets] == ["su-balansy"]
    assert [one.name for one in made.performers[0].people] == ["Ахметов"]
    assert made.creator_id is not None


def test_every_fault_is_at_its_field_and_nothing_typed_is_lost(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/studies/{record.slug}/edit"
    pairs = at(
        filled(browser.get(path).text),
        contracts_0_deliverables_1_due="2020-01-01",
        contracts_0_currency="TNG",
        performers_0_bin="990940000007",
        performers_0_people_0_orcid="0000-0002-1825-0098",
        contracts_0_amount="<b>много",
        official="<script>x</script>",
    )
    answer = send(browser, path, pairs)
    assert answer.status_code == 400
    named = set(re.findall(r'<a href="#field-([^"]*)">', answer.text))
    assert {"performers-0-bin", "performers-0-people-0-orcid", "contracts-0-amount"} <= named
    assert "&lt;b&gt;много" in answer.text
    assert "<script>x" not in answer.text
    kept = {name: value for name, value in pairs if name not in ("draft", "form-draft", "version")}
    assert dict(filled(answer.text)).items() >= kept.items()
    mended = at(
        filled(answer.text), performers_0_bin="", performers_0_people_0_orcid="", contracts_0_amount="5", official=""
    )
    second = send(browser, path, mended)
    assert second.status_code == 400
    named = set(re.findall(r'<a href="#field-([^"]*)">', second.text))
    assert named == {"contracts-0-deliverables-1-due", "contracts-0-currency"}
    assert studies_writing.version(now(home, record)) == studies_writing.version(record)


def test_a_number_that_is_taken_is_told_at_its_field(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/studies/{record.slug}/edit"
    answer = send(browser, path, at(filled(browser.get(path).text), register_number="BR00000001"))
    assert answer.status_code == 400
    assert '<a href="#field-register_number">' in answer.text


def test_two_people_are_told_of_each_other(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/studies/{record.slug}/edit"
    pairs = filled(browser.get(path).text)
    studies_writing.replace(
        home, SYSTEM, record.slug, lambda one: replace(one, official="Theirs", unit=Text(ru="Их отдел", original="ru"))
    )
    answer = send(browser, path, at(pairs, official="Mine", title__en="Balance"))
    assert answer.status_code == 409, answer.text
    assert "Mine" in answer.text
    assert "Theirs" in answer.text
    assert "Их отдел" in answer.text
    assert now(home, record).official == "Theirs"
    merged = [(name, value) for name, value in filled_conflict(answer.text) if name != "choose.official"]
    go_on(browser, send(browser, path, [*merged, ("choose.official", "mine")]))
    stands = now(home, record)
    assert (stands.official, stands.unit.ru, stands.title.en) == ("Mine", "Их отдел", "Balance")


def test_a_change_of_a_public_study_waits_where_review_is_wanted(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home, state=RecordState.PUBLISHED)
    path = f"/desk/studies/{record.slug}/edit"
    with home.sessions.write.begin() as session:
        session.execute(update(Organization).where(Organization.slug == "su").values(review=True))
    try:
        answer = send(browser, path, at(filled(browser.get(path).text), official="Сериков"))
        assert answer.headers["Location"].endswith("done=proposed"), answer.text
        go_on(browser, answer)
        assert now(home, record).official == record.official
        assert ("official", "Сериков") in filled(browser.get(path).text)
        reviewing.publish(home, SYSTEM, "study", record.slug)
    finally:
        with home.sessions.write.begin() as session:
            session.execute(update(Organization).where(Organization.slug == "su").values(review=False))
    stands = now(home, record)
    assert stands.official == "Сериков"
    assert replace(stands, official=record.official, metadata_modified=record.metadata_modified) == record


def filled_conflict(page: str) -> list[tuple[str, str]]:
    """The hidden fields of the page of a conflict."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return [(unescape(name), unescape(value)) for name, value in found]


@pytest.mark.parametrize(("who", "status"), [("member", 403), ("stranger", 404), ("lonely", 403)])
def test_who_may_not_edit_sees_no_form(
    home: Catalogue, site: Flask, peopled_site: tuple[Path, People], who: str, status: int
) -> None:
    record = stored(home)
    client = sign_in(site.test_client(), getattr(peopled_site[1], who))
    assert client.get(f"/desk/studies/{record.slug}/edit").status_code == status
    assert client.post(f"/desk/studies/{record.slug}/edit", data={"title.ru": "x"}, headers=HERE).status_code == status
    assert client.get("/desk/studies/new").status_code == (200 if who == "stranger" else 403)


def test_public_page_leads_to_the_form_for_those_who_may(
    browser: FlaskClient, site: Flask, peopled_site: tuple[Path, People]
) -> None:
    assert "/desk/studies/balans/edit" in browser.get("/ru/study/balans").text
    for client in (site.test_client(), sign_in(site.test_client(), peopled_site[1].stranger)):
        assert "/desk/studies" not in client.get("/ru/study/balans").text


def test_what_a_study_owes_is_told_with_the_links_that_mend_it(
    site: Flask, browser: FlaskClient, home: Catalogue
) -> None:
    record = stored(home, contracts=(replace(FULL.contracts[0], deliverables=FULL.contracts[0].deliverables[1:]),))
    owed = record.contracts[0].deliverables[0]
    studies_writing.replace(
        home, SYSTEM, record.slug,
        lambda one: replace(
            one, contracts=(replace(one.contracts[0], deliverables=(replace(owed, due=dt.date(2026, 1, 1)),)),)
        ),
    )  # fmt: skip
    with browser as client:
        client.get("/ru/desk")
        block = desk_studies.block(record.slug)
        shown = site.jinja_env.get_template("desk/studies/_block.html").render(study=block)
    assert (block.overdue, block.due) == (1, 0)
    report = f"/desk/studies/{record.slug}/owed/{owed.id}/report"
    assert report in shown
    page = browser.get(report).text
    assert ("register_number", record.register_number) in filled(page)
    go_on(browser, send(browser, report, at(filled(page), title__ru="Отчёт о балансе")))
    stands = now(home, record)
    met = stands.contracts[0].deliverables[0].dataset
    assert met is not None
    assert met.title.ru == "Отчёт о балансе"
    assert [one.id for one in stands.datasets] == [met.id]
    assert f"/desk/studies/{record.slug}/edit#field-contracts-0-deliverables-0-dataset" in shown
