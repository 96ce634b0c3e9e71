"""A form of the desk in a browser: rows within the page, choosing by keyboard, and words that keep themselves."""

from __future__ import annotations

import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visitor
from tests.journeys.site import OPENDATA, Site
from tests.journeys.test_pages import AXE, RULES, violations

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "dina@example.kz", "one password for all"


@pytest.fixture(scope="module")
def account(site: Site) -> None:
    """Somebody who may edit every record."""
    done = subprocess.run(
        [OPENDATA, "user", "add", "Дина", "--email", EMAIL, "--sysadmin", "--password-stdin"],
        env={"OPENDATA_HOME": str(site.home)}, input=PASSWORD, text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def form(visitor: Visitor, path: str, **settings: object) -> Page:
    """The form, once signed in."""
    page = visitor(f"/en/account/sign-in?next={path}", **settings)
    page.fill("#field-email", EMAIL)
    page.fill("#field-password", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"**{path}")
    return page


@pytest.mark.usefixtures("account")
def test_rows_suggestions_and_drafts_work_by_keyboard(visitor: Visitor) -> None:
    page = form(visitor, "/en/desk/datasets/new")
    page.evaluate(AXE)
    assert violations(page, {"runOnly": RULES, "resultTypes": ["violations"]}) == []
    page.fill("[name='title.ru']", "Лавины")
    page.locator("button[value='add:subjects']").press("Enter")
    page.locator("[name='subjects-0-scheme']").wait_for()
    expect(page.locator("[name='subjects-0-scheme']")).to_be_focused()
    code = page.locator("[name='subjects-0-code']")
    code.fill("компьют")
    expect(page.locator(".completions__option").first).to_be_visible()
    code.press("ArrowDown")
    code.press("Enter")
    expect(code).not_to_have_value("компьют")
    expect(page.locator("[name='title.ru']")).to_have_value("Лавины")
    page.locator("button[value='add:contributors']").press("Enter")
    orcid = page.locator("[name='contributors-0-orcid']")
    orcid.fill("0000-0002-1825-0098")
    orcid.press("Tab")
    expect(page.locator("#error-contributors-0-orcid")).to_contain_text("0000-0002-1825-0097")
    expect(page.locator("[data-draft-said]")).to_contain_text("Kept at")
    page.goto("/en/desk/datasets/new")
    page.click("text=Go on with them")
    expect(page.locator("[name='title.ru']")).to_have_value("Лавины")
    expect(page.locator("[name='contributors-0-orcid']")).to_have_value("0000-0002-1825-0098")
    page.click("text=Throw these words away")
    expect(page.locator("[name='title.ru']")).to_have_value("")


@pytest.mark.usefixtures("account")
def test_without_javascript_rows_and_look_ups_work_and_the_focus_is_at_what_is_wrong(visitor: Visitor) -> None:
    page = form(visitor, "/en/desk/datasets/new", java_script_enabled=False)
    page.fill("[name='title.kk']", "Көшкіндер")
    page.click("button[value='add:subjects']")
    page.fill("[name='subjects-0-code']", "37.21")
    page.click("button[value='look:subjects-0-code']")
    page.locator(".found button").first.click()
    assert page.input_value("[name='subjects-0-code']").startswith("37.21")
    page.fill("[name=issued]", "soon")
    page.click(".edit__bar button.button--main")
    page.click("#problems a[href='#field-issued']")
    assert page.input_value("[name=issued]") == "soon"
    assert page.input_value("[name='title.kk']") == "Көшкіндер"
    page.fill("[name=issued]", "2024")
    page.click(".edit__bar button.button--main")
    page.wait_for_url("**done=created*")
