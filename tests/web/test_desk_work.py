"""What waits at the desk, on its pages and by API: each thing with a link that leads somewhere, in every language."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import OrganizationRef, Text
from opendata.services import accounts, desk_work, reports, writing
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.store.operations import ReportedProblem
from opendata.web import desk_work as pages
from opendata.web.desk_work import TITLES
from tests.factories import feed
from tests.web.people import HERE, PASSWORD, People, sign_in

DRAFT = DatasetRecord(
    Text(ru="Черновик <& ко"), organization=OrganizationRef(slug="su"), state=RecordState.DRAFT, license_id=""
)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_link_of_what_waits_leads_to_where_it_is_mended(
    app: Flask, people: People, peopled: Catalogue, language: str
) -> None:
    writing.create(peopled, SYSTEM, DRAFT)
    for who in (people.editor, people.admin, people.sysadmin):
        client = sign_in(app.test_client(), who)
        page = client.get(f"/{language}/desk").text
        assert "Черновик &lt;&amp; ко" in page
        assert f'href="/{language}/desk/problems?state=new#report-{people.report}"' in page
        links = {unescape(one).partition("#")[0] for one in re.findall(r'href="(/[^"]*)"', page)}
        for link in sorted(one for one in links if "/desk" in one):
            assert client.get(link).status_code == 200, link
    for kind in desk_work.KINDS:
        assert client.get(f"/{language}/desk/work/{kind}?mine=1").status_code == 200, kind


def test_who_has_nothing_to_do_is_shown_how_to_begin(app: Flask, people: People, peopled: Catalogue) -> None:
    new = accounts.NewUser("Fresh", "fresh@example.kz", PASSWORD, organization="other", role=Role.EDITOR)
    accounts.add_user(peopled, SYSTEM, new)
    client = sign_in(app.test_client(), "fresh@example.kz")
    page = client.get("/en/desk?mine=1").text
    assert "Nothing waits for you." in page
    ways = [f'href="/en/desk/{one}"' for one in ("datasets/new", "datasets/new/file", "studies/new", "uploads/new")]
    for shown in (page, client.get("/en/desk/records").text):
        assert all(shown.count(one) == 1 for one in ways)
    member = sign_in(app.test_client(), people.member).get("/en/desk").text
    assert "Nothing waits for you." in member
    assert "datasets/new" not in member


def test_what_lacks_a_field_leads_to_that_field(app: Flask, people: People, peopled: Catalogue) -> None:
    writing.create(peopled, SYSTEM, replace(DRAFT, title=Text(ru="Без лицензии"), state=RecordState.PUBLISHED))
    client = sign_in(app.test_client(), people.sysadmin)
    assert re.search(r'href="[^"]*/edit#field-license_id"', client.get("/en/desk/work/licenses").text)
    assert re.search(r'href="[^"]*/edit#field-title"', client.get("/en/desk/work/languages").text)


def test_what_belongs_to_no_agency_says_so(app: Flask, people: People, peopled: Catalogue) -> None:
    feed(peopled, "stray")
    page = sign_in(app.test_client(), people.sysadmin).get("/en/desk/work/unowned").text
    assert re.search(r'<a href="[^"]*/handover[^"]*">Of no agency</a>', page)


def test_kinds_of_work_have_titles_and_others_are_not_found(app: Flask, people: People) -> None:
    assert set(TITLES) == set(desk_work.KINDS)
    client = sign_in(app.test_client(), people.editor)
    assert client.get("/desk/work/eaten").status_code == 404
    assert client.get("/desk/work/drafts?organization=other").status_code == 404
    assert client.get("/desk?organization=other").status_code == 404
    assert client.get("/desk?organization=su-head").status_code == 200
    assert client.get("/desk/work/drafts?after=5").status_code == 400


def test_a_long_list_of_what_waits_is_leafed_through(
    app: Flask, people: People, peopled: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        writing.create(peopled, SYSTEM, replace(DRAFT, title=Text(ru=f"Черновик {number}")))
    monkeypatch.setattr(pages, "PER_PAGE", 1)
    monkeypatch.setattr(desk_work, "MOST_LISTED", 2)
    client = sign_in(app.test_client(), people.sysadmin)
    page = client.get("/en/desk/work/drafts?organization=su").text
    assert "More than 2 things wait" in page
    assert "Previous" not in page
    onward = unescape(re.findall(r'href="([^"]*after=[^"]*)"', page)[0])
    second = client.get(onward).text
    assert "organization=su" in onward
    assert titles(second) != titles(page)
    back = unescape(re.findall(r'href="([^"]*before=[^"]*)"', second)[0])
    assert titles(client.get(back).text) == titles(page)


def titles(page: str) -> list[str]:
    """Of what waits on that page."""
    return re.findall(r"Черновик \d", page)


def test_the_same_by_api(app: Flask, people: People, peopled: Catalogue) -> None:
    before = desk_work.listing(peopled, SYSTEM, "drafts").count
    for _ in range(3):
        writing.create(peopled, SYSTEM, DRAFT)
    assert app.test_client().get("/api/v1/work").status_code == 401
    token = accounts.create_token(peopled, people.editor)
    client, bearer = app.test_client(), {"Authorization": f"Bearer {token}"}
    groups = {one["name"]: one for one in client.get("/api/v1/work", headers=bearer).get_json()["items"]}
    assert groups["drafts"]["count"] == before + 3
    assert groups["reports"]["items"][0]["url"].endswith(f"/desk/problems?state=new#report-{people.report}")
    slugs, cursor = [], ""
    for _ in range(before + 3):
        found = client.get(f"/api/v1/work/drafts?limit=1&cursor={cursor}", headers=bearer).get_json()
        slugs += [one["slug"] for one in found["items"]]
        cursor = found["next"] or ""
    assert len(set(slugs)) == before + 3
    assert cursor == ""
    assert client.get("/api/v1/work?organization=other", headers=bearer).status_code == 404
    assert client.get("/api/v1/work/eaten", headers=bearer).status_code == 404
    lonely = {"Authorization": f"Bearer {accounts.create_token(peopled, people.lonely)}"}
    assert client.get("/api/v1/work", headers=lonely).get_json()["items"] == []


def test_a_report_is_taken_up_by_name_and_leads_to_the_form(app: Flask, people: People, peopled: Catalogue) -> None:
    client, path = sign_in(app.test_client(), people.editor), f"/desk/problems/{people.report}"
    assert re.search(r'href="/en/desk/datasets/[^"]+/edit"', client.get("/en/desk/problems").text)
    taken = client.post(path, data={"decision": "in_progress"}, headers=HERE)
    assert taken.headers["Location"] == "/desk/problems?done=in_progress"
    other = sign_in(app.test_client(), people.admin)
    page = other.get("/en/desk/problems?state=in_progress").text
    assert "<small>editor</small>" in page
    assert "Take it over" in page
    assert other.post(path, data={"decision": "dismissed"}, headers=HERE).status_code == 400
    done = other.post(path, data={"decision": "dismissed", "answer": "It is right"}, headers=HERE)
    assert done.status_code == 303
    with peopled.sessions.read() as session:
        assert session.get_one(ReportedProblem, people.report).answer == "It is right"
    assert reports.counts(peopled, SYSTEM)
