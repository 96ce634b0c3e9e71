"""The form of a dataset: what it holds, what it saves, and that nothing typed is ever lost."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from shutil import copytree
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.bootstrap import open_catalogue
from opendata.catalog.records import DatasetRecord, DatasetType, RecordState
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    ContributorRole,
    Extra,
    Identifier,
    Keyword,
    PartialDate,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.config import load_config
from opendata.services import form_drafts, indexing, writing
from opendata.services.actors import SYSTEM, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.dataset_forms import opened
from opendata.store.accounts import User
from opendata.store.datasets import Dataset
from opendata.store.organizations import Organization
from opendata.web.app import create_app
from opendata.web.dataset_form import FORM
from opendata.web.dataset_values import record_of, typed_of
from opendata.web.forms.answers import Answers
from tests.factories import work
from tests.store.conftest import Selects
from tests.web.conftest import NOW, ReadingClient
from tests.web.filling import changed, filled, send
from tests.web.people import HERE, PASSWORD, People, sign_in

FULL = DatasetRecord(
    title=Text(kk="Өзен сулары", ru="Воды рек", original="kk"),
    type=DatasetType.REPORT,
    description=Text(ru="Первая строка.\n\nВторая.", en="One.", original="ru"),
    table_of_contents=Text(ru="1. Введение", original="ru"),
    keywords=(Keyword("реки", "ru"), Keyword("өзен", "kk"), Keyword("river", "en"), Keyword("Fluss", "de")),
    themes=("environment",),
    subjects=(Subject("grnti", "37.27", Text(ru="Гидрология", original="ru")), Subject("udc", "556.5")),
    performer=Text(ru="Институт", original="ru"),
    contributors=(
        Contributor("Ахметов А.", ContributorRole.LEADER, "0000-0002-1825-0097", "Институт"),
        Contributor("Институт", ContributorRole.PERFORMER, is_organization=True, bin="", ror="https://ror.org/03yrm5c26"),
    ),
    contacts=(ContactPoint("Канцелярия", "a@example.kz", "+7 727 000", "https://example.kz"),),
    license_id="CC-BY-4.0",
    license_text="CC BY",
    identifiers=(Identifier("doi", "10.1234/abcd"), Identifier("handle", "20.500.12592/abcd")),
    issued=PartialDate(2024, 5),
    modified=PartialDate(2024, 6, 1),
    languages=("ru", "kk", "de"),
    frequency="annual",
    temporal=Period(PartialDate(2020), PartialDate(2023, 12)),
    spatial="Жайық",
    bbox=BoundingBox(46.5, 40.123456789, 87.25, 55.5),
    landing_page="https://example.kz/report",
    version="2",
    relations=(Relation("References", "https://example.org/a"), Relation("Cites", "ГОСТ 7.32")),
    extras=(Extra("shelf", "A\n1"),),
    report_number="R-1",
    state=RecordState.DRAFT,
)  # fmt: skip
"""Everything that people say of a record."""


@pytest.fixture(scope="module")
def home(peopled_site: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """A catalogue that the tests of this module write to, each its own records."""
    folder = copytree(peopled_site[0], tmp_path_factory.mktemp("forms") / "home")
    moments = iter(range(10**9))
    opened_home = open_catalogue(
        load_config(environ={"OPENDATA_HOME": str(folder)}), lambda: NOW + dt.timedelta(seconds=next(moments))
    )
    yield opened_home
    opened_home.close()


@pytest.fixture(scope="module")
def browser(home: Catalogue, peopled_site: tuple[Path, People]) -> FlaskClient:
    """The browser of an editor of the agency "su"."""
    app = create_app(home)
    app.test_client_class = ReadingClient
    return sign_in(app.test_client(), peopled_site[1].editor)


def stored(home: Catalogue, record: DatasetRecord = FULL, **changes: object) -> DatasetRecord:
    """A record of the agency "su" in the store."""
    owner = opened(home, SYSTEM, "su-balansy").record.organization
    return writing.create(home, SYSTEM, replace(record, organization=owner, **changes))  # type: ignore[arg-type]


def test_form_holds_everything_and_gives_it_back_unchanged() -> None:
    typed = typed_of(FULL, {})
    assert record_of(Answers(FORM, typed), FULL, typed, lambda _: {}) == FULL
    empty = DatasetRecord(title=Text())
    again = record_of(Answers(FORM, typed), empty, typed_of(empty, {}), lambda _: {})
    labels = tuple(replace(one, label=Text()) for one in FULL.subjects)
    words = tuple(replace(one, language="") if one.language == "de" else one for one in FULL.keywords)
    expected = replace(FULL, subjects=labels, state=empty.state)
    assert sorted(again.keywords, key=str) == sorted(words, key=str)
    assert replace(again, keywords=(), languages=(), table_of_contents=Text()) == replace(
        expected, keywords=(), languages=(), table_of_contents=Text()
    )
    assert set(again.languages) == set(FULL.languages)


def test_saving_untouched_writes_nothing(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    page = browser.get(path)
    assert page.status_code == 200, page.text
    answer = send(browser, path, filled(page.text))
    assert answer.status_code == 303, answer.text
    after = opened(home, SYSTEM, record.slug)
    assert after.version == writing.version(record)


def test_what_is_changed_is_saved_and_nothing_else(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    pairs = changed(filled(browser.get(path).text), title__en="River waters", contributors_0_affiliation="Almaty")
    answer = send(browser, path, pairs)
    assert answer.status_code == 303
    after = opened(home, SYSTEM, record.slug).record
    assert after.title == replace(FULL.title, en="River waters")
    assert after.contributors[0].affiliation == "Almaty"
    same = {"title": record.title, "contributors": record.contributors, "metadata_modified": record.metadata_modified}
    assert replace(after, **same) == replace(record, edited=after.edited)
    assert not form_drafts.mine(home, editor(home), "dataset", record.id)


def test_a_new_record_is_a_draft_of_the_agency(home: Catalogue, browser: FlaskClient) -> None:
    page = browser.get("/desk/datasets/new").text
    refused = send(browser, "/desk/datasets/new", changed(filled(page), title__kk="Жаңа жазба"))
    assert refused.status_code == 400
    assert '<a href="#field-organization">' in refused.text
    (agency,) = set(re.findall(r'<option value="([0-9a-f-]{36})">', page)) - {str(below(home))}
    pairs = changed(filled(refused.text), organization=agency)
    answer = send(browser, "/desk/datasets/new", pairs)
    assert answer.status_code == 303, answer.text
    name = re.search(r"/desk/datasets/([^/?]+)", answer.location)
    assert name
    made = opened(home, SYSTEM, name[1]).record
    assert (made.state, made.title.kk, made.title.original) == (RecordState.DRAFT, "Жаңа жазба", "kk")
    assert made.organization


def test_every_error_stands_at_its_field_and_every_word_is_kept(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    bad = {
        "issued": "soon", "contributors_0_orcid": "0000-0002-1825-0098", "bbox__west": "",
        "landing_page": "javascript:1",
        "contacts_0_email": "nobody", "identifiers_0_value": "no doi", "description__en": "x" * 100_001,
        "relations_1_target": "nothing of ours",
    }  # fmt: skip
    answer = send(browser, path, changed(filled(browser.get(path).text), title__kk="Жаңа", **bad))
    assert answer.status_code == 400
    for name in ("issued", "contributors-0-orcid", "bbox.west", "landing_page", "contacts-0-email",
                 "identifiers-0-value", "description.en", "relations-1-target"):  # fmt: skip
        assert f'<a href="#field-{name}">' in answer.text, name
        assert re.search(
            rf'id="field-{re.escape(name)}"[^>]*aria-describedby="[^"]*error-{re.escape(name)}', answer.text
        )
        assert f'id="error-{name}"' in answer.text
    again = dict(filled(answer.text))
    assert again["title.kk"] == "Жаңа"
    assert len(again["description.en"]) == 100_001
    (draft,) = form_drafts.mine(home, editor(home), "dataset", record.id)
    assert draft.title == "Жаңа"
    offered = browser.get(path).text
    assert f"{path}?draft={draft.id}" in offered
    assert "soon" not in offered
    assert dict(filled(browser.get(f"{path}?draft={draft.id}").text))["issued"] == "soon"


def test_a_form_in_which_nobody_wrote_anything_leaves_no_draft(home: Catalogue, browser: FlaskClient) -> None:
    drafts = browser.get("/en/desk/drafts").text
    refused = send(browser, "/en/desk/datasets/new", filled(browser.get("/en/desk/datasets/new").text))
    assert refused.status_code == 400
    assert "What you typed is kept." not in refused.text
    assert browser.get("/en/desk/drafts").text == drafts


def test_a_list_of_drafts_shows_the_beginning_of_what_was_typed(home: Catalogue, browser: FlaskClient) -> None:
    page = browser.get("/en/desk/datasets/new").text
    refused = send(browser, "/en/desk/datasets/new", changed(filled(page), title__ru="Ы" * 5000))
    assert dict(filled(refused.text))["title.ru"] == "Ы" * 5000
    drafts = browser.get("/en/desk/drafts").text
    assert "Ы" * 200 in drafts
    assert "Ы" * 201 not in drafts


def test_rows_are_added_moved_and_removed_by_buttons(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    pairs = changed(filled(browser.get(path).text), title__en="Not saved yet")
    answer = send(browser, path, pairs, "add:contributors")
    assert answer.status_code == 303
    assert answer.location.endswith("#field-contributors-2")
    page = browser.get(answer.location).text
    assert dict(filled(page))["title.en"] == "Not saved yet"
    pairs = changed(filled(page), contributors_2_name="Third")
    page = browser.get(send(browser, path, pairs, "up:contributors-2").location).text
    assert dict(filled(page))["contributors-1-name"] == "Third"
    page = browser.get(send(browser, path, filled(page), "remove:contributors-0").location).text
    assert send(browser, path, filled(page)).status_code == 303
    assert [one.name for one in opened(home, SYSTEM, record.slug).record.contributors] == ["Third", "Институт"]
    assert not form_drafts.mine(home, editor(home), "dataset", record.id)


def test_looking_up_shows_choices_and_taking_one_fills_its_row(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    page = browser.get(send(browser, path, filled(browser.get(path).text), "add:subjects").location).text
    answer = send(browser, path, changed(filled(page), subjects_2_code="37.21"), "look:subjects-2-code")
    page = browser.get(answer.location).text
    (choice, *_) = re.findall(r'value="(take:subjects-2-code:[^"]*)"', page)
    page = browser.get(send(browser, path, filled(page), unescape(choice)).location).text
    assert dict(filled(page))["subjects-2-code"].startswith("37.21")


def test_a_draft_is_kept_while_one_types_and_is_nobody_elses(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    pairs = changed(filled(browser.get(f"/desk/datasets/{record.slug}/edit").text), title__kk="Пишу")
    answer = browser.post("/desk/drafts", data=dict(pairs), headers={**HERE, "Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    draft = answer.get_json()["draft"]
    again = browser.post("/desk/drafts", data={**dict(pairs), "form-draft": draft}, headers=HERE)
    assert again.get_json()["draft"] == draft
    assert "Пишу" in browser.get("/desk/drafts").text
    other = sign_in(browser.application.test_client(), "admin@example.kz")
    assert "Пишу" not in other.get("/desk/drafts").text
    assert "Пишу" not in other.get(f"/desk/datasets/{record.slug}/edit?draft={draft}").text
    other.post(f"/desk/drafts/{draft}/discard", headers=HERE)
    assert "Пишу" in browser.get("/desk/drafts").text
    assert browser.post(f"/desk/drafts/{draft}/discard", headers=HERE).status_code == 303
    assert "Пишу" not in browser.get("/desk/drafts").text


def test_a_form_sent_after_the_session_ended_goes_on_after_signing_in(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    pairs = changed(filled(browser.get(path).text), title__ru="Не теряй")
    late = browser.application.test_client()
    answer = send(late, path, pairs)
    assert answer.status_code == 401
    assert opened(home, SYSTEM, record.slug).record.title.ru == FULL.title.ru
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
    hidden = [(unescape(name), unescape(value)) for name, value in found]
    wrong = send(late, "/account/sign-in", [*hidden, ("email", "editor@example.kz"), ("password", "wrong")])
    assert wrong.status_code == 403
    assert "Не теряй" in wrong.text
    answer = send(late, "/account/sign-in", [*hidden, ("email", "editor@example.kz"), ("password", PASSWORD)])
    assert answer.status_code == 303
    page = late.get(answer.location).text
    assert dict(filled(page))["title.ru"] == "Не теряй"
    assert send(late, path, filled(page)).status_code == 303
    assert opened(home, SYSTEM, record.slug).record.title.ru == "Не теряй"


def test_who_may_not_edit_it_sees_no_form_and_saves_nothing(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    pairs = changed(filled(browser.get(path).text), title__ru="Чужое")
    for email in ("stranger@example.kz", "member@example.kz"):
        other = sign_in(browser.application.test_client(), email)
        assert other.get(path).status_code in (403, 404)
        assert send(other, path, pairs).status_code in (403, 404)
    assert opened(home, SYSTEM, record.slug).record.title.ru == FULL.title.ru


def test_a_field_that_the_form_has_not_is_not_written(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    strange = [("state", "published"), ("slug", "mine"), ("demo", "yes"), ("title", "x"), ("contributors-x-name", "x")]
    answer = send(browser, path, [*filled(browser.get(path).text), *strange])
    assert answer.status_code == 303
    assert opened(home, SYSTEM, record.slug).version == writing.version(record)


def test_a_form_without_its_agency_takes_no_record_away_not_even_by_a_sysadmin(
    home: Catalogue, browser: FlaskClient, peopled_site: tuple[Path, People]
) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    sysadmin = sign_in(browser.application.test_client(), peopled_site[1].sysadmin)
    pairs = changed(filled(sysadmin.get(path).text), title__ru="Реки")
    for given in ([pair for pair in pairs if pair[0] != "organization"], changed(pairs, organization="")):
        answer = send(sysadmin, path, given)
        assert answer.status_code == 400
        assert opened(home, SYSTEM, record.slug).version == writing.version(record)
    assert send(sysadmin, path, pairs).status_code == 303


def test_a_form_takes_as_many_selects_for_fifty_authors_as_for_one(home: Catalogue, browser: FlaskClient) -> None:
    counts = []
    for number in (1, 50):
        people = tuple(Contributor(f"Author {place}") for place in range(number))
        record = stored(home, contributors=people)
        browser.get(f"/desk/datasets/{record.slug}/edit")
        with Selects(home.engine) as selects:
            page = browser.get(f"/desk/datasets/{record.slug}/edit").text
        assert f"contributors-{number - 1}-name" in page
        counts.append(selects.count)
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def below(home: Catalogue) -> UUID:
    """The agency below "su"."""
    with home.sessions.read() as session:
        return session.scalars(select(Organization.id).where(Organization.slug == "su-head")).one()


def editor(home: Catalogue) -> Actor:
    """Who sits before the browser."""
    with home.sessions.read() as session:
        return Actor(session.scalar(select(User.id).where(User.email == "editor@example.kz")))


def test_of_two_people_none_overwrites_the_other(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    pairs = filled(browser.get(path).text)
    other = sign_in(browser.application.test_client(), "admin@example.kz")
    theirs = changed(filled(other.get(path).text), title__en="Theirs", spatial="Ертіс")
    assert send(other, path, theirs).status_code == 303
    answer = send(browser, path, changed(pairs, title__en="Mine", report_number="R-2"))
    assert answer.status_code == 409
    assert "Theirs" in answer.text
    assert "Mine" in answer.text
    assert answer.text.count('value="theirs"') == 1
    assert opened(home, SYSTEM, record.slug).record.title.en == "Theirs"
    (draft,) = form_drafts.mine(home, editor(home), "dataset", record.id)
    assert dict(form_drafts.open(home, editor(home), draft.id).form)["title.en"] == "Mine"
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
    hidden = [(unescape(name), unescape(value)) for name, value in found]
    assert send(browser, path, [*hidden, ("choose.title.en", "theirs")]).status_code == 303
    after = opened(home, SYSTEM, record.slug).record
    assert (after.title.en, after.spatial, after.report_number) == ("Theirs", "Ертіс", "R-2")
    assert after.contributors == record.contributors
    assert not form_drafts.mine(home, editor(home), "dataset", record.id)


def test_a_file_that_was_read_meanwhile_is_no_conflict_and_a_publication_is(
    home: Catalogue, browser: FlaskClient
) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    pairs = filled(browser.get(path).text)
    kept = browser.post("/desk/drafts", data=dict(pairs), headers=HERE).get_json()["draft"]
    with home.sessions.write.begin() as session:  # as reading a file does
        session.get_one(Dataset, record.id).metadata_modified = home.now()
    assert "Somebody changed this record" not in browser.get(f"{path}?draft={kept}").text
    assert send(browser, path, changed(pairs, title__en="Mine")).status_code == 303
    assert opened(home, SYSTEM, record.slug).record.title.en == "Mine"
    late = filled(browser.get(path).text)
    writing.replace(home, SYSTEM, record.slug, lambda one: replace(one, state=RecordState.PUBLISHED))
    assert send(browser, path, changed(late, title__en="Too late")).status_code == 409
    assert opened(home, SYSTEM, record.slug).record.title.en == "Mine"


def test_what_a_file_filled_in_meanwhile_and_what_was_typed_are_saved_without_a_question(
    home: Catalogue, browser: FlaskClient
) -> None:
    record = stored(home, state=RecordState.PUBLISHED, issued=None)
    writing.replace(home, SYSTEM, record.slug, lambda one: replace(one, spatial="Ертіс"))
    path = f"/desk/datasets/{record.slug}/edit"
    pairs = filled(browser.get(path).text)
    with home.sessions.write.begin() as session:  # as reading a file does
        row = session.get_one(Dataset, record.id)
        row.issued, row.metadata_modified = PartialDate(2020), home.now()
    assert send(browser, path, changed(pairs, title__en="Mine")).status_code == 303
    after = opened(home, SYSTEM, record.slug).record
    assert (after.title.en, str(after.issued), after.spatial) == ("Mine", "2020", "Ертіс")


def test_where_review_is_wanted_a_public_record_changes_after_it(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home, state=RecordState.PUBLISHED)
    path = f"/desk/datasets/{record.slug}/edit"
    with home.sessions.write.begin() as session:
        session.scalars(select(Organization).where(Organization.slug == "su")).one().review = True
    try:
        page = browser.get(path).text
        answer = send(browser, path, changed(filled(page), title__en="Proposed"))
        assert answer.status_code == 303, answer.text
        assert opened(home, SYSTEM, record.slug).record.title.en == FULL.title.en
        assert dict(filled(browser.get(path).text))["title.en"] == "Proposed"
    finally:
        with home.sessions.write.begin() as session:
            session.scalars(select(Organization).where(Organization.slug == "su")).one().review = False


def test_what_may_be_there_already_is_said_before_it_is_made(home: Catalogue, browser: FlaskClient) -> None:
    words = (
        "Гидрологический режим малых рек бассейна Жайыка изучен по наблюдениям четырнадцати постов за двадцать лет; "
        "оценены весенний сток, паводки, межень, наносы, мутность и минерализация воды в засушливые годы"
    )
    record = stored(home, state=RecordState.PUBLISHED, description=Text(ru=words, original="ru"))
    work(home)
    indexing.rebuild(home)
    page = browser.get("/desk/datasets/new").text
    agency = str(record.organization.id) if record.organization else ""
    pairs = changed(filled(page), title__ru="Режим рек", description__ru=words, organization=agency)
    answer = send(browser, "/desk/datasets/new", pairs)
    assert answer.status_code == 400
    assert f"/dataset/{record.slug}" in answer.text
    assert dict(filled(answer.text))["description.ru"] == words
    assert send(browser, "/desk/datasets/new", filled(answer.text), "save:anyway").status_code == 303


def test_a_form_that_is_sent_twice_makes_one_record(home: Catalogue, browser: FlaskClient) -> None:
    with home.sessions.read() as session:
        agency = str(session.scalars(select(Organization.id).where(Organization.slug == "su")).one())
    given = changed(filled(browser.get("/en/desk/datasets/new").text), title__ru="Дважды", organization=agency)
    made = send(browser, "/en/desk/datasets/new", given)
    assert made.status_code == 303
    again = send(browser, "/en/desk/datasets/new", given)
    assert again.status_code == 400
    assert f'href="{made.location.partition("?")[0]}"' in again.text
    other = changed(filled(again.text), issued="2025")
    assert send(browser, "/en/desk/datasets/new", other).status_code == 303


def test_a_form_beyond_all_bounds_is_refused_and_shown_again(home: Catalogue, browser: FlaskClient) -> None:
    record = stored(home)
    path = f"/desk/datasets/{record.slug}/edit"
    pairs = changed(filled(browser.get(path).text), title__kk="Сақта", description__en="x" * 2_100_000)
    answer = send(browser, path, pairs)
    assert answer.status_code == 413
    assert "x" * 2_100_000 in answer.text
    assert "Сақта" in answer.text
    assert opened(home, SYSTEM, record.slug).version == writing.version(record)
    assert not form_drafts.mine(home, editor(home), "dataset", record.id)
