"""A record from the invitation of its editor to its return from withdrawal, by people in browsers of their own.

The whole journey runs in one language with JavaScript and in another without; with OPENDATA_TEST_FULL=1 in all three
both ways.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from opendata.services import care
from opendata.services.actors import Role
from tests.journeys import desk
from tests.journeys.conftest import Visitor
from tests.journeys.site import LANGUAGES, Site

pytestmark = pytest.mark.browser

ALL = [(language, javascript) for language in LANGUAGES for javascript in (True, False)]
WAYS = ALL if os.environ.get("OPENDATA_TEST_FULL") else [("kk", True), ("ru", False)]
TITLES = {"kk": "Тау мұздықтарының шегінуі", "ru": "Отступление горных ледников", "en": "Retreat of mountain glaciers"}
WORDS = "Первая строка отчёта о ледниках.\n"
REASON = "Превью показало чужие данные."
MEND = "Не сказано, о чём это."


@dataclass
class Journey:
    """Where it happens; `slug` is that of the record once there is one."""

    visitor: Visitor
    site: Site
    language: str
    javascript: bool
    agency: str
    slug: str = ""

    def person(self, name: str, path: str) -> Page:
        """Somebody of the agency before that page of the site."""
        where = f"/{self.language}{path}"
        email = f"{name}@{self.agency}.example"
        return desk.signed_in(self.visitor, email, where, java_script_enabled=self.javascript)

    @property
    def at_desk(self) -> str:
        """The record at the desk."""
        return f"/{self.language}/desk/datasets/{self.slug}"

    @property
    def public(self) -> str:
        """The record's public page."""
        return f"/{self.language}/dataset/{self.slug}"


@pytest.mark.parametrize(("language", "javascript"), WAYS)
def test_from_invitation_to_restored(
    visitor: Visitor, site: Site, tmp_path: Path, language: str, javascript: bool
) -> None:
    agency = f"glaciers-{language}-{'script' if javascript else 'plain'}"
    desk.add_agency(site, agency, admin=Role.ADMIN, reviewer=Role.REVIEWER)
    journey = Journey(visitor, site, language, javascript, agency)
    editor = _comes_in(journey)
    public = visitor(f"/{language}/")
    file = _creates(journey, editor, tmp_path)
    assert desk.status(public, journey.public) == 404
    _is_reviewed(journey, editor)
    assert desk.status(public, journey.public) == 200
    expect(public.get_by_role("heading", level=1)).to_contain_text(TITLES[language])
    _opens_on_its_day(journey, public, file)
    _is_withdrawn_and_restored(journey, public)


def _comes_in(journey: Journey) -> Page:
    """The administrator invites; the letter brings the editor in, who names a password."""
    email, agency = f"editor@{journey.agency}.example", f"/desk/organizations/{journey.agency}"
    admin = journey.person("admin", agency)
    admin.fill("#field-email", email)
    admin.select_option("#field-role", "editor")
    admin.click('form[action$="/invite"] .button--main')
    expect(admin.locator("[role=status] code")).to_contain_text("/account/invitation/")
    editor = journey.visitor(desk.link_in(desk.letter_to(journey.site, email)), java_script_enabled=journey.javascript)
    editor.fill("#field-name", "Айгүл Ермекова")
    editor.select_option("#field-language", journey.language)
    editor.fill("#field-new", "short")
    editor.click(desk.MAIN)
    expect(editor.locator("#error-new")).to_be_visible()
    editor.fill("#field-new", desk.PASSWORD)
    editor.click(desk.MAIN)
    editor.wait_for_url(f"**/{journey.language}/desk")
    return editor


def _creates(journey: Journey, editor: Page, tmp_path: Path) -> str:
    """The form with a title, a licence and a person; a file, which opens tomorrow. The path of the file."""
    editor.goto(f"/{journey.language}/desk/datasets/new")
    owner = editor.locator("#field-organization option", has_text=journey.agency).get_attribute("value")
    editor.select_option("#field-organization", owner)
    editor.fill(f"[name='title.{journey.language}']", TITLES[journey.language])
    editor.select_option("[name=license_id]", "CC-BY-4.0")
    editor.click("button[value='add:contributors']")
    editor.fill("[name='contributors-0-name']", "Ермекова, Айгүл")
    editor.click("button[value='save:files']")
    editor.wait_for_url("**/files**")
    journey.slug = editor.url.split("/desk/datasets/")[1].split("/")[0]
    written = tmp_path / "Мұздықтар.txt"
    written.write_text(WORDS, "utf-8")
    editor.set_input_files("input[name=file]", written)
    editor.click("form[data-upload] .button--main")
    editor.wait_for_url("**done=added**")
    entry = editor.locator(".desk-file")
    file = str(entry.locator("a.button").first.get_attribute("href"))
    editor.click('.desk-file a[href*="/disclosure"]')
    with desk.catalogue_of(journey.site) as catalogue:
        tomorrow = catalogue.today() + dt.timedelta(days=1)
    editor.select_option("[name=status]", "embargoed")
    editor.fill("[name=until]", str(tomorrow))
    editor.click(desk.MAIN)
    expect(editor.locator("#problems")).to_be_focused()
    editor.fill(f"[name='reason.{journey.language}']", "Статья ещё не вышла.")
    editor.click(desk.MAIN)
    editor.wait_for_url("**done=**")
    return f"/{journey.language}/dataset/{journey.slug}/resource/{file.rpartition('/')[2]}/download"


def _is_reviewed(journey: Journey, editor: Page) -> None:
    """Sent in, returned with a reason, mended, sent in again, accepted."""
    editor.goto(journey.at_desk)
    expect(editor.locator('form[action$="/publish"]')).to_have_count(0)
    desk.step(editor, "submit")
    reviewer = journey.person("reviewer", f"/desk/datasets/{journey.slug}")
    desk.step(reviewer, "return", MEND)
    editor.goto(journey.at_desk)
    expect(editor.locator(".talk")).to_contain_text(MEND)
    editor.click(f'a.button--main[href$="/{journey.slug}/edit"]')
    editor.fill(f"[name='description.{journey.language}']", "О том, как отступали ледники.")
    editor.click(".edit__bar .button--main")
    editor.wait_for_url("**done=saved**")
    editor.goto(journey.at_desk)
    desk.step(editor, "submit", "Сказано.")
    reviewer.goto(journey.at_desk)
    desk.step(reviewer, "publish")


def _opens_on_its_day(journey: Journey, public: Page, file: str) -> None:
    """Closed until the care of a worker whose clock is a day ahead comes by."""
    desk.settled(journey.site)
    assert desk.status(public, file) == 403
    with desk.catalogue_of(journey.site, dt.timedelta(days=1)) as tomorrow:
        care.open_due(tomorrow)
    answer = public.request.get(file)
    assert (answer.status, answer.text()) == (200, WORDS)


def _is_withdrawn_and_restored(journey: Journey, public: Page) -> None:
    """Its address says why, and then shows it again."""
    reviewer = journey.person("reviewer", f"/desk/datasets/{journey.slug}")
    reviewer.click('a[href$="/withdraw"]')
    reviewer.click(desk.MAIN)
    expect(reviewer.locator("#field-reason")).to_have_attribute("aria-invalid", "true")
    reviewer.fill("#field-reason", REASON)
    reviewer.click(desk.MAIN)
    reviewer.wait_for_url("**done=withdraw")
    assert desk.status(public, journey.public) == 410
    expect(public.locator("main")).to_contain_text(REASON)
    desk.step(reviewer, "restore")
    assert desk.status(public, journey.public) == 200
