"""The desk's pages of matches and of edits, and what the page of a record tells of both."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import ContactPoint, Identifier, OrganizationRef, PartialDate
from opendata.services import editing, joining, proposals
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.harvests import HarvestSource
from opendata.web.app import create_app
from tests.factories import feed, found, link, organization, record, ru, stored
from tests.store.conftest import Selects
from tests.web.filling import filled
from tests.web.people import HERE, People, add_people, sign_in

TITLE = "Оценка водного баланса озера <Балхаш>"


@pytest.fixture
def site(catalogue: Catalogue) -> Flask:
    return create_app(catalogue)


@pytest.fixture
def two(catalogue: Catalogue) -> tuple[DatasetRecord, DatasetRecord]:
    """Two records of the agency "su" that look like one."""
    owner = OrganizationRef(id=organization(catalogue, "su"), slug="su", title=ru("su"))
    given = {"organization": owner, "issued": PartialDate(2023), "landing_page": "https://one.example/1"}
    first = feed(catalogue, "one").one(found("a", record(TITLE, **given, resources=(link(),))))
    second = feed(catalogue, "two").one(found("b", record(TITLE, **given, spatial="Алматы")))
    proposals.everything(catalogue)
    return first, second


@pytest.fixture
def people(catalogue: Catalogue, two: tuple[DatasetRecord, DatasetRecord]) -> People:
    return add_people(catalogue, UUID(str(two[0].id)))


@pytest.fixture
def editor(site: Flask, people: People) -> FlaskClient:
    return sign_in(site.test_client(), people.editor)


Pair = tuple[DatasetRecord, DatasetRecord]


def test_an_editor_joins_a_pair_and_splits_it_again(site: Flask, editor: FlaskClient, two: Pair) -> None:
    listed = editor.get("/en/desk/matches").text
    assert "&lt;Балхаш&gt;" in listed
    assert "same year: 2023" in listed
    compared = editor.get("/en/desk/matches/1").text
    assert "Алматы" in compared
    assert compared.count("differs") >= 1
    keep = {"decision": "join", "keep": str(two[0].id)}
    done = editor.post("/en/desk/matches/1", data=keep, headers=HERE)
    assert done.status_code == 303
    assert "The two records are one now." in editor.get(done.location).text
    reader = site.test_client()
    moved = reader.get(f"/en/dataset/{two[1].slug}")
    assert (moved.status_code, moved.location) == (301, f"/en/dataset/{two[0].slug}")
    assert reader.get(f"/id/{two[1].id}").status_code in (302, 303, 307)
    assert "Split them again" in editor.get("/en/desk/matches/1").text
    assert "Joined" in editor.get("/en/desk/matches?show=decided").text
    assert editor.post("/en/desk/matches/1", data=keep, headers=HERE).status_code == 409
    assert editor.post("/en/desk/matches/1", data={"decision": "split"}, headers=HERE).status_code == 303
    assert reader.get(f"/en/dataset/{two[1].slug}").status_code == 200


def test_a_rejected_pair_is_listed_as_decided(editor: FlaskClient) -> None:
    assert editor.post("/en/desk/matches/1", data={"decision": "reject"}, headers=HERE).status_code == 303
    assert "There are none." in editor.get("/en/desk/matches").text
    assert "Not the same" in editor.get("/en/desk/matches?show=decided").text
    assert editor.post("/en/desk/matches/1", data={"decision": "?"}, headers=HERE).status_code == 400
    assert editor.get("/en/desk/matches/77").status_code == 404


def test_others_neither_see_nor_decide(site: Flask, people: People, two: Pair) -> None:
    stranger = sign_in(site.test_client(), people.stranger)
    assert "There are none." in stranger.get("/en/desk/matches").text
    record = two[0].slug
    for path in (f"/en/desk/datasets/{record}/edit", f"/en/desk/records/{record}/raw/one"):
        assert stranger.get(path).status_code == 403
    assert stranger.get("/en/desk/matches/1").status_code == 404
    for decision in ("join", "split", "reject"):
        asked = [stranger.post(f"/en/desk/matches/{key}", data={"decision": decision}, headers=HERE) for key in (1, 77)]
        assert [one.status_code for one in asked] == [404, 404], decision
    assert stranger.post(f"/en/desk/records/{two[0].slug}", data={"divide": "one"}, headers=HERE).status_code == 403
    assert site.test_client().get("/en/desk/matches").status_code == 303


def test_an_edit_is_shown_on_the_page_of_the_record(
    site: Flask, editor: FlaskClient, two: Pair, catalogue: Catalogue
) -> None:
    path = f"/en/desk/datasets/{two[0].slug}/edit"
    assert f"{path}" in editor.get(f"/en/dataset/{two[0].slug}").text
    assert "Edit this record" not in site.test_client().get(f"/en/dataset/{two[0].slug}").text
    words = {"title.ru": "Новое <название>", "description.ru": "Первая\r\nвторая", "license_id": "CC-BY-4.0"}
    form = {**dict(filled(editor.get(path).text)), **words}
    assert editor.post(path, data=form, headers=HERE).status_code == 303
    page = site.test_client().get(f"/en/dataset/{two[0].slug}").text
    assert "Новое &lt;название&gt;" in page
    assert "Edited by the catalogue" in page
    assert "Оценка водного баланса озера &lt;Балхаш&gt;" in page
    assert stored(catalogue, UUID(str(two[0].id))).description.ru == "Первая\nвторая"
    shown = editor.get(path).text
    assert "Take the source’s word again" in shown
    typed = {**dict(filled(shown)), "spatial": "Алматы", "act": "release:title.ru"}
    answer = editor.post(path, data=typed, headers=HERE)
    assert answer.status_code == 303
    assert stored(catalogue, UUID(str(two[0].id))).title == two[0].title
    assert dict(filled(editor.get(answer.location).text))["spatial"] == "Алматы"


def test_the_form_of_former_days_leads_to_the_present_one(editor: FlaskClient, two: Pair) -> None:
    answer = editor.get(f"/en/desk/records/{two[0].slug}")
    assert (answer.status_code, answer.location) == (301, f"/en/desk/datasets/{two[0].slug}/edit")


def test_the_raw_record_is_saved_and_never_shown(editor: FlaskClient, two: Pair) -> None:
    answer = editor.get(f"/en/desk/records/{two[0].slug}/raw/one")
    assert answer.data == b"raw a"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert editor.get(f"/en/desk/records/{two[0].slug}/raw/none").status_code == 404


def test_a_number_that_no_pair_has_is_not_found(editor: FlaskClient) -> None:
    for number in (0, 99, 2**31, 10**30):
        assert editor.get(f"/en/desk/matches/{number}").status_code == 404
        answer = editor.post(f"/en/desk/matches/{number}", data={"decision": "join"}, headers=HERE)
        assert answer.status_code in (404, 405)


def test_the_public_page_tells_no_keys_and_no_people_that_were_taken_out(site: Flask, catalogue: Catalogue) -> None:
    source = feed(catalogue, "keyed")
    with catalogue.sessions.write.begin() as session:
        row = session.get_one(HarvestSource, source.source_id)
        row.url = "https://user:pass-word@x.example/api?apiKey=typed-key&page=1"
    people = (ContactPoint(name="Асель", email="asel@agency.example"),)
    landing = "https://x.example/1?access_token=typed-token"
    first = source.one(found("a", record("Вода", contacts=people, landing_page=landing)))
    editing.edit(catalogue, SYSTEM, first.slug, {"contacts": "Приёмная <office@agency.example>"})
    page = site.test_client().get(f"/en/dataset/{first.slug}").text
    assert "apiKey=***&amp;page=1" in page
    assert "office@agency.example" in page
    assert not [word for word in ("pass-word", "typed-key", "asel@", "Асель") if word in page]


def test_the_page_tells_who_leads_and_why_with_few_selects(site: Flask, catalogue: Catalogue) -> None:
    doi = (Identifier("doi", "10.5072/x"),)
    first = feed(catalogue, "one").one(
        found("a", record("Вода", identifiers=doi, landing_page="https://one.example/1"))
    )
    feed(catalogue, "two").take(found("b", record("Вода", identifiers=doi, landing_page="https://two.example/2")))
    editing.edit(catalogue, SYSTEM, first.slug, {"spatial": "Алматы"})
    client = site.test_client()
    client.get(f"/en/dataset/{first.slug}")
    with Selects(catalogue.engine) as selected:
        page = client.get(f"/en/dataset/{first.slug}").text
    assert len(selected.statements) <= 8
    assert "its word stands: it had the record first" in page
    assert "fills what the first source leaves empty" in page
    assert 'href="https://one.example/1"' in page
    assert 'href="https://two.example/2"' in page
    assert "The source says nothing." in page


def test_pages_are_whole_in_every_language(editor: FlaskClient, two: Pair, catalogue: Catalogue) -> None:
    editing.edit(catalogue, SYSTEM, two[0].slug, {f"file.{two[0].resources[0].id}.license_id": "CC0-1.0"})
    joining.reject(catalogue, SYSTEM, 1)
    for language in ("kk", "ru", "en"):
        for path in ("matches", "matches?show=decided", "matches/1", f"datasets/{two[0].slug}/edit"):
            assert editor.get(f"/{language}/desk/{path}").status_code == 200
        assert editor.get(f"/{language}/dataset/{two[0].slug}").status_code == 200
