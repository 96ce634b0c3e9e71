"""The pages of a record's life and history at the desk, walked as people walk them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, update

from opendata.bootstrap import open_catalogue
from opendata.catalog.records import RecordState, StudyRecord
from opendata.catalog.values import OrganizationRef, Text
from opendata.config import load_config
from opendata.services import accounts, studies_writing, writing
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.store.organizations import Organization
from opendata.web.app import create_app
from tests.conftest import settings
from tests.factories import link, organization, record, ru, work
from tests.web.people import HERE, PASSWORD, sign_in


@dataclass
class Site:
    """A site with an agency that wants review, and the browsers of its people."""

    catalogue: Catalogue
    app: Flask
    browsers: dict[str, FlaskClient]

    def get(self, who: str, path: str, status: int = 200) -> str:
        answer = self.browsers[who].get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, who: str, path: str, status: int = 303, **form: str) -> str:
        answer = self.browsers[who].post(path, data=form, headers=HERE)
        assert answer.status_code == status, answer.text
        return answer.headers.get("Location", "") if status == 303 else answer.text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Site]:
    """Signed in: aigul (editor), bolat (reviewer), member, stranger."""
    config = load_config(environ=settings(tmp_path_factory.mktemp("life") / "home"))
    shutil.copytree(prepared, config.home)
    catalogue = open_catalogue(config)
    for slug in ("su", "other"):
        organization(catalogue, slug)
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Organization).where(Organization.slug == "su").values(review=True))
    app = create_app(catalogue)
    browsers = {}
    for name, agency, role in (
        ("aigul", "su", Role.EDITOR), ("bolat", "su", Role.REVIEWER), ("member", "su", Role.MEMBER),
        ("stranger", "other", Role.ADMIN),
    ):  # fmt: skip
        new = accounts.NewUser(name, f"{name}@example.kz", PASSWORD, organization=agency, role=role)
        accounts.add_user(catalogue, SYSTEM, new)
        browsers[name] = sign_in(app.test_client(), f"{name}@example.kz")
    made(opened := Site(catalogue, app, browsers | {"nobody": app.test_client()}), "first")
    work(catalogue)
    yield opened
    catalogue.close()


def made(site: Site, slug: str, **changes: object) -> None:
    given = record("Вода", organization=OrganizationRef(slug="su"), resources=(link(),), **changes)
    writing.create(site.catalogue, SYSTEM, given, slug=slug)


def test_a_draft_becomes_public_by_two_people(site: Site) -> None:
    made(site, "voda", state=RecordState.DRAFT)
    path = "/en/desk/datasets/voda"
    page = site.get("aigul", "/en/desk/datasets/voda")
    assert "Send in for review" in page
    assert "Publish</button>" not in page
    assert 'edit#field-title">Title missing: Kazakh, English</a>' in page
    assert site.post("aigul", "/desk/datasets/voda/submit", message="Ready").endswith("?done=submit")
    assert "Accept and publish" not in site.get("aigul", "/en/desk/datasets/voda")
    assert "Write what is to be done" in site.post("bolat", "/en/desk/datasets/voda/return", 400, message=" ")
    site.post("bolat", "/desk/datasets/voda/comment", message="<b>Year?</b>", field="issued")
    page = site.get("aigul", "/en/desk/datasets/voda")
    assert "&lt;b&gt;Year?&lt;/b&gt;" in page
    assert '<a class="button" href="/en/dataset/voda">The page as it would look</a>' in site.get("bolat", path)
    site.post("bolat", "/desk/datasets/voda/return", message="No year")
    returned = site.get("aigul", path)
    assert returned.index("No year") < returned.index("What can be done now")
    assert returned.count("No year") == 2
    alone = "Only the people of the agency see this page."
    assert "<strong>Draft.</strong> " + alone in site.get("aigul", "/en/dataset/voda")
    site.post("aigul", "/desk/datasets/voda/submit")
    assert "No year" not in site.get("aigul", path).partition("What can be done now")[0]
    assert "<strong>In review.</strong> " + alone in site.get("member", "/en/dataset/voda")
    site.post("bolat", "/desk/datasets/voda/publish")
    assert alone not in site.get("aigul", "/en/dataset/voda")
    public = site.get("nobody", "/en/dataset/voda")
    assert "No year" not in public
    assert "Ready" not in public


def test_who_answers_for_a_record_is_said_and_never_forgotten_by_mistake(site: Site) -> None:
    path = "/en/desk/datasets/first"
    assert "Name somebody who has an account" in site.post("aigul", f"{path}/responsible", 400, person=" ")
    assert 'value="nobody@nowhere.kz"' in site.post("aigul", f"{path}/responsible", 400, person="nobody@nowhere.kz")
    site.post("aigul", f"{path}/responsible", choice="me")
    page = site.get("aigul", path)
    assert "Now: aigul" in page
    assert "I answer for it" not in page
    site.post("aigul", f"{path}/responsible", 400, person="")
    assert "Now: aigul" in site.get("bolat", path)
    site.post("bolat", f"{path}/responsible", choice="nobody")
    assert "Now:" not in site.get("bolat", path)


def test_only_people_of_the_agency_come_in(site: Site) -> None:
    made(site, "hidden", state=RecordState.DRAFT)
    for path in ("/desk/datasets/hidden", "/desk/datasets/hidden/history", "/desk/datasets/hidden/history/1/restore"):
        assert site.browsers["stranger"].get(path).status_code in (403, 404)
        assert site.browsers["nobody"].get(path).status_code == 303
    assert "Send in" not in site.get("member", "/en/desk/datasets/hidden")
    for step in ("submit", "comment", "return", "take-back", "publish", "restore", "withdraw", "responsible"):
        answer = site.browsers["member"].post(f"/desk/datasets/hidden/{step}", data={"message": "x"}, headers=HERE)
        assert answer.status_code == 403, step


def test_a_word_of_a_review_outlives_the_session(site: Site) -> None:
    made(site, "late", state=RecordState.DRAFT)
    path = "/desk/datasets/late/comment"
    site.get("nobody", "/en/")
    page = site.post("nobody", path, 401, message="<b>Long words</b>", field="title")
    assert "send it again from here" in page
    assert 'name="password"' not in page
    again = page[page.index('id="again"') :]
    assert f'action="{path}"' in again
    sent = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', again))
    assert sent == {"message": "&lt;b&gt;Long words&lt;/b&gt;", "field": "title"}
    site.post("aigul", path, **{name: unescape(value) for name, value in sent.items()})
    assert "Long words" in site.get("bolat", "/en/desk/datasets/late")
    assert site.browsers["nobody"].post("/desk/no/such", data={"a": "b"}, headers=HERE).status_code == 404


def test_a_change_that_meets_another_says_so(site: Site) -> None:
    made(site, "old", state=RecordState.DRAFT)
    answer = site.post("aigul", "/en/desk/datasets/old/submit", 409, version="20200101000000000000", message="my words")
    assert "Nothing was changed." in answer
    assert "Somebody changed this record after you opened the page." in answer
    assert "my words" in answer
    site.post("aigul", "/en/desk/datasets/old/submit")
    assert "It is in another state by now" in site.post("aigul", "/en/desk/datasets/old/submit", 409)


def test_the_history_shows_what_changed_and_brings_it_back(site: Site) -> None:
    made(site, "led")
    assert "It was never changed" in site.get("bolat", "/en/desk/datasets/led/history")
    site_change = Text(ru="Вода и лёд", kk="Су", original="ru")
    writing.replace(site.catalogue, SYSTEM, "led", lambda before: replace(before, title=site_change))
    page = site.get("bolat", "/en/desk/datasets/led/history")
    assert "/en/desk/datasets/led/history/compare?first=1&amp;second=2" in page
    assert page.count('data-label="When"') == 2  # on a telephone each state is a list of its own
    page = site.get("bolat", "/en/desk/datasets/led/history/compare?first=1&second=2")
    assert "<ins>" in page
    assert " и лёд<" in page
    assert "Removed:" not in page
    assert "Bring state 1 back" in page
    assert "Bring state 2 back" not in page  # it is what stands
    assert "Bring it back" not in site.get("bolat", "/en/desk/datasets/led/history/2/restore")
    assert "Bring state" not in site.get("member", "/en/desk/datasets/led/history/compare?first=1&second=2")
    page = site.get("bolat", "/en/desk/datasets/led/history/1/restore")
    assert "<del>" in page
    assert site.post("aigul", "/desk/datasets/led/history/1/restore").endswith("?done=proposed")
    assert "Вода и лёд" in site.get("nobody", "/ru/dataset/led")  # until somebody accepts it
    assert site.post("bolat", "/desk/datasets/led/history/1/restore").endswith("?done=revision")
    assert "Вода и лёд" not in site.get("bolat", "/en/desk/datasets/led")
    site.get("bolat", "/en/desk/datasets/led/history/99/restore", 404)
    site.get("bolat", "/en/desk/datasets/led/history/compare?first=x", 400)


def test_withdrawing_asks_for_the_reason_and_shows_the_tombstone(site: Site) -> None:
    made(site, "gone")
    assert "Withdraw this record?" in site.get("aigul", "/en/desk/datasets/gone/withdraw")
    assert "Write why" in site.post("aigul", "/en/desk/datasets/gone/withdraw", 400, reason="")
    look = site.post("aigul", "/en/desk/datasets/gone/withdraw", 200, reason="A mistake", look="1")
    assert "What its address will say" in look
    site.post("aigul", "/desk/datasets/gone/withdraw", reason="A mistake")
    assert "A mistake" in site.get("nobody", "/en/dataset/gone", 410)
    assert "Bring it back" not in site.get("aigul", "/en/desk/datasets/gone")
    site.post("bolat", "/desk/datasets/gone/restore")
    site.get("nobody", "/en/dataset/gone")


def test_a_draft_that_is_withdrawn_promises_readers_nothing(site: Site) -> None:
    made(site, "never", state=RecordState.DRAFT)
    for path in ("/en/desk/datasets/never", "/en/desk/datasets/never/withdraw"):
        page = site.get("aigul", path)
        assert "Readers never saw it" in page
        assert "Its address stays" not in page
    assert "Everybody can read it." not in page
    assert "Show what its address will say" not in page


def test_the_list_finds_by_state_and_words_in_few_selects(site: Site) -> None:
    made(site, "list-1", state=RecordState.DRAFT)

    def selects(path: str) -> int:
        asked: list[str] = []
        event.listen(site.catalogue.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
        site.get("aigul", path)
        return len([one for one in asked if one.startswith("SELECT") and "datasets" in one])

    assert "/en/desk/datasets/list-1" in site.get("aigul", "/en/desk/records?state=draft&q=list-1")
    assert "There are none." in site.get("aigul", "/en/desk/records?q=nowhere")
    assert "/en/desk/datasets/list-1" not in site.get("stranger", "/en/desk/records")
    assert selects("/en/desk/records") <= 3
    site.get("aigul", "/en/desk/records?state=nonsense", 400)


def test_a_study_has_the_same_life(site: Site) -> None:
    given = StudyRecord(
        ru("Сток Урала"), "0124РК00001", organization=OrganizationRef(slug="su"), state=RecordState.DRAFT
    )
    unnumbered = studies_writing.create(site.catalogue, SYSTEM, replace(given, register_number=""))
    page = site.get("aigul", f"/ru/desk/studies/{unnumbered.slug}")
    assert "needs its register number" not in page
    assert 'edit#field-register_number">Регистрационный номер: ' in page
    study = studies_writing.create(site.catalogue, SYSTEM, given)
    assert "Send in for review" in site.get("aigul", f"/en/desk/studies/{study.slug}")
    site.post("aigul", f"/desk/studies/{study.slug}/submit")
    site.post("bolat", f"/desk/studies/{study.slug}/publish")
    assert "Public page" in site.get("aigul", f"/en/desk/studies/{study.slug}")
    assert "<li>Study</li>" in site.get("aigul", "/en/desk/records?kind=study")
    assert "What changed" in site.get("aigul", f"/en/desk/studies/{study.slug}/history")
