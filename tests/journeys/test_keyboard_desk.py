"""The desk by keyboard alone: the focus can always be seen, and after every answer it is where one goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from opendata.services import dataset_forms, writing
from opendata.services.actors import SYSTEM, Role
from tests.journeys import desk
from tests.journeys.conftest import Visitor
from tests.journeys.site import Site
from tests.journeys.test_pages import AXE, RULES, _tab_to, violations

pytestmark = pytest.mark.browser

AGENCY = "keyboards"


def come_in(visitor: Visitor, name: str, path: str) -> Page:
    """Signed in by keyboard, before that page."""
    page = visitor(f"/en/account/sign-in?next={path}")
    _tab_to(page, "#field-email")
    page.keyboard.type(f"{name}@{AGENCY}.example")
    page.keyboard.press("Tab")
    page.keyboard.type(desk.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}")
    return page


def press(page: Page, selector: str, wait: str) -> None:
    """Tab to it, press Enter, and wait for the address."""
    _tab_to(page, selector, 300)
    page.keyboard.press("Enter")
    page.wait_for_url(wait)


def test_a_record_is_made_mended_sent_in_and_accepted(visitor: Visitor, site: Site) -> None:
    desk.add_agency(site, AGENCY, editor=Role.EDITOR, reviewer=Role.REVIEWER)
    page = come_in(visitor, "editor", "/en/desk/records")
    press(page, 'main a[href$="/desk/datasets/new"]', "**/desk/datasets/new")
    _makes_a_record(page)
    slug = page.url.partition("?")[0].rpartition("/")[2]
    press(page, f'main a[href$="/{slug}/edit"]', "**/edit")
    _chooses_in_a_conflict(page, site, slug)
    press(page, 'form[action$="/submit"] button', "**done=submit")
    reviewer = come_in(visitor, "reviewer", f"/en/desk/datasets/{slug}")
    press(reviewer, 'form[action$="/publish"] button', "**done=publish")
    assert desk.status(reviewer, f"/en/dataset/{slug}") == 200


def _makes_a_record(page: Page) -> None:
    """A row is added and filled from the suggestions; what is wrong is told, and led to."""
    _tab_to(page, "[name='title.en']")
    page.keyboard.type("Locusts of the steppe")
    _tab_to(page, "button[value='add:subjects']")
    page.keyboard.press("Enter")
    expect(page.locator("[name='subjects-0-scheme']")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("компьют")
    expect(page.locator(".completions__option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    code = page.locator("[name='subjects-0-code']")
    expect(code).not_to_have_value("компьют")
    expect(code).to_be_focused()
    _tab_to(page, "[name=issued]")
    page.keyboard.type("soon")
    page.keyboard.press("Enter")
    expect(page.locator("#problems")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#field-issued")).to_be_focused()
    expect(page.locator("#field-issued")).to_be_in_viewport()
    page.keyboard.press("Control+a")
    page.keyboard.type("2024")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=created**")


def _chooses_in_a_conflict(page: Page, site: Site, slug: str) -> None:
    """Somebody else writes the same field first; theirs is taken."""
    with desk.catalogue_of(site) as catalogue:
        record = dataset_forms.opened(catalogue, SYSTEM, slug).record
        writing.replace(catalogue, SYSTEM, slug, replace(record, report_number="A-1"))
    _tab_to(page, "[name=report_number]", 300)
    page.keyboard.type("B-2")
    page.keyboard.press("Enter")
    mine = page.locator("[name='choose.report_number'][value=mine]")
    mine.wait_for()
    page.evaluate(AXE)
    assert violations(page, {"runOnly": RULES, "resultTypes": ["violations"]}) == []
    _tab_to(page, "[name='choose.report_number']")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name='choose.report_number'][value=theirs]")).to_be_checked()
    press(page, "main .button--main", "**done=saved**")
    with desk.catalogue_of(site) as catalogue:
        assert dataset_forms.opened(catalogue, SYSTEM, slug).record.report_number == "A-1"
