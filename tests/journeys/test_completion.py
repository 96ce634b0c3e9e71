"""The search box completes what one types: by keyboard alone, told to who cannot see it, and in the way of nobody."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Visitor
from tests.journeys.site import Site
from tests.journeys.test_pages import AXE

pytestmark = pytest.mark.browser


def typed(page: Page, text: str) -> tuple[Locator, Locator]:
    """The search field with that text in it, and the list below it once it is open."""
    field = page.get_by_role("combobox")
    field.click()
    field.press_sequentially(text, delay=20)
    options = page.get_by_role("listbox")
    expect(options).to_be_visible()
    return field, options


def test_a_record_is_reached_by_keyboard_alone(visitor: Visitor, site: Site) -> None:
    page = visitor("/ru/")
    field, options = typed(page, "подземн")
    expect(field).to_have_attribute("aria-expanded", "true")
    number = options.get_by_role("option").count()
    expect(page.get_by_role("status").filter(has_text=re.compile(rf"^{number} "))).to_have_count(1)
    page.keyboard.press("ArrowDown")
    first = options.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
    expect(field).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowUp")
    expect(options.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    target = first.get_attribute("href") or ""
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(target)))
    assert urlsplit(page.url).path.startswith(("/ru/dataset/", "/ru/study/"))
    assert site.url in page.url


def test_escape_closes_the_list_and_enter_searches_for_what_was_typed(visitor: Visitor) -> None:
    page = visitor("/kk/about")
    field, options = typed(page, "жай")
    page.keyboard.press("Escape")
    expect(options).to_be_hidden()
    expect(field).to_have_value("жай")
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/kk/search"))


def test_another_keyboard_layout_and_the_mouse_lead_there_too(visitor: Visitor) -> None:
    page = visitor("/en/search")
    _, options = typed(page, "gjlptv")
    chosen = options.get_by_role("option").filter(has_text="Подземные воды").first
    target = chosen.get_attribute("href") or ""
    chosen.click()
    page.wait_for_url(re.compile(re.escape(target)))


@pytest.mark.parametrize("width", [320, 1200])
def test_the_open_list_fits_and_axe_finds_nothing(visitor: Visitor, width: int) -> None:
    page = visitor("/ru/about", viewport={"width": width, "height": 800})
    _, options = typed(page, "вод")
    box = options.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run()")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []


def test_without_javascript_it_is_a_plain_search_field(visitor: Visitor) -> None:
    page = visitor("/en/", java_script_enabled=False)
    page.get_by_role("searchbox").fill("salinity")
    page.keyboard.press("Enter")
    expect(page.locator(".card").first).to_be_visible()
