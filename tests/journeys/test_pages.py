"""Every type of page for every reader: narrow screens, dark mode, keyboard alone, a screen reader, enlarged text."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visitor
from tests.journeys.site import LANGUAGES, Site

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def paths(site: Site) -> dict[str, str]:
    """One page of each type, without its language."""
    return {
        "home": "/",
        "search": "/search?q=вода&open=yes",
        "some of the words": "/search?q=качество питьевой воды в школах",
        "another keyboard layout": "/search?q=rkbvfn ,tp djls",
        "misspelt": "/search?q=салёность",
        "also in other languages": "/search?q=солёность&also=тұздылық",
        "nothing found": "/search?q=qqzz&format=PDF",
        "advanced search": "/search/advanced?q=вода",
        "how to search": "/search/help",
        "values of a filter": "/search/facet/keyword?q=вода",
        "inside a record": f"{site.dataset('balkhash-final')}/inside?q=вода",
        "similar": "/similar",
        "similar to a record": f"/similar?kind=dataset&record={site.dataset('balkhash-final').rpartition('/')[2]}",
        "no short link": "/s/zzzzzzzz",
        "datasets": "/dataset/?page=2",
        "studies": "/study/",
        "report": site.dataset("balkhash-final"),
        "table of a dataset": site.dataset("balkhash-levels-2"),
        "link only": site.dataset("flood-service"),
        "embargo": site.dataset("teachers-final"),
        "text with hits": f"{site.file('balkhash-final', 'report')}?q=нерест сазана",
        "first rows": site.file("balkhash-levels-2", "csv"),
        "scan": site.file("field-log-1987", "scan"),
        "closed file": site.file("teachers-final", "report"),
        "refused": f"{site.file('teachers-final', 'report')}/download",
        "withdrawn": site.dataset("groundwater-2023"),
        "study": site.study(1),
        "overdue": site.study(6),
        "agencies": "/organization/",
        "agency": "/organization/demo-water",
        "report a problem": f"{site.dataset('air-final')}/report",
        "about": "/about",
        "terms": "/terms",
        "privacy": "/privacy",
        "accessibility": "/accessibility",
        "not found": "/no/such/page",
        "patterns": "/-/patterns",
    }


OVERFLOWS = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".table-scroll"))
    .map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`);
}"""

STRUCTURE = """() => {
  const names = [...document.querySelectorAll("nav")].map((n) => {
    const by = n.getAttribute("aria-labelledby");
    return by ? document.getElementById(by).textContent : n.getAttribute("aria-label");
  });
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((h) => Number(h.tagName[1]));
  return {
    h1: document.querySelectorAll("h1").length,
    landmarks: ["header", "main", "footer"].map((n) => document.querySelectorAll(`body > ${n}`).length),
    unnamed: names.filter((n) => !n).length,
    repeated: names.length - new Set(names).size,
    skipped: levels.filter((level, i) => i && level > levels[i - 1] + 1).length,
    images: document.querySelectorAll("img:not([alt])").length,
    title: document.title,
    lang: document.documentElement.lang,
    scripts: document.querySelectorAll("script:not([src]):not([type='application/ld+json'])").length,
  };
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_overflows_and_titles_and_structure_are_sound(visitor: Visitor, site: Site, language: str) -> None:
    page = visitor(f"/{language}/", viewport={"width": 390, "height": 844})
    problems: dict[str, Any] = {}
    titles: dict[str, str] = {}
    for name, path in paths(site).items():
        answer = page.goto(f"/{language}{path}")
        if answer is None or answer.status >= 500:
            problems[f"answer of {name}"] = answer and answer.status
        found = page.evaluate(STRUCTURE)
        title = found.pop("title")
        if titles.setdefault(title, name) != name:
            problems[f"title of {name}"] = f"the same as that of {titles[title]}: {title}"
        sound = {"h1": 1, "landmarks": [1, 1, 1], "unnamed": 0, "repeated": 0, "skipped": 0, "images": 0}
        if found != {**sound, "lang": language, "scripts": 0}:
            problems[name] = found
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            if wide := page.evaluate(OVERFLOWS):
                problems[f"{name} at {width}"] = wide[:5]
    assert problems == {}


def test_axe_finds_nothing_in_light_and_dark(visitor: Visitor, site: Site) -> None:
    page = visitor("/ru/", reduced_motion="reduce")  # colours that are still on their way have no contrast yet
    problems: dict[str, list[str]] = {}
    for name, path in paths(site).items():
        page.emulate_media(color_scheme="light")
        page.goto(f"/ru{path}")
        page.evaluate(AXE)
        found = violations(page, {"runOnly": RULES, "resultTypes": ["violations"]})
        page.emulate_media(color_scheme="dark")
        found += violations(page, {"runOnly": ["color-contrast"], "resultTypes": ["violations"]})
        if found:
            problems[name] = found
    assert problems == {}


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    result = page.evaluate("(options) => axe.run(options)", options)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in result["violations"]
        for node in one["nodes"][:2]
    ]


def test_keyboard_alone_skips_searches_and_filters(visitor: Visitor) -> None:
    page = visitor("/en/search")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("water")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=water")
    _tab_to(page, "#filters summary >> nth=2")
    assert _tab_to(page, '.facet a[href*="open=yes"]') < 60
    page.keyboard.press("Enter")
    page.wait_for_url("**open=yes**")
    expect(page.locator(".chip--on")).to_have_count(1)
    _tab_to(page, ".facet:not([open]) summary >> nth=0")
    closed = page.locator(".facet:not([open])").count()
    page.keyboard.press("Enter")
    expect(page.locator(".facet:not([open])")).to_have_count(closed - 1)


def _tab_to(page: Page, selector: str, limit: int = 150) -> int:
    """Press Tab until `selector` has the focus; how often. Everything on the way must show that it has it."""
    target = page.locator(selector).first.element_handle()
    for pressed in range(1, limit):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUS, target)
        assert here["visible"], f"the focus cannot be seen on {here['what']}"
        if here["there"]:
            return pressed
    raise AssertionError(f"{selector} was not reached by keyboard")


FOCUS = """(target) => {
  const here = document.activeElement;
  const shown = [here, here.closest(".search-form")].filter(Boolean).some((e) => {
    const style = getComputedStyle(e);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  return { there: here === target, visible: shown || here === document.body, what: here.outerHTML.slice(0, 120) };
}"""


def test_motion_is_reduced_where_asked(visitor: Visitor) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter((e) => {
      const style = getComputedStyle(e);
      return style.transitionDuration !== "0s" || style.animationName !== "none";
    }).length"""
    assert visitor("/en/search", reduced_motion="reduce").evaluate(moving) == 0


def test_dark_mode_follows_the_reader(visitor: Visitor) -> None:
    brightness = """() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3)
      .reduce((sum, part) => sum + Number(part), 0)"""
    assert visitor("/en/", color_scheme="light").evaluate(brightness) > 600
    assert visitor("/en/", color_scheme="dark").evaluate(brightness) < 150


def test_words_in_another_language_are_marked_for_screen_readers(visitor: Visitor, site: Site) -> None:
    page = visitor("/en/search?q=адыраспан")
    expect(page.locator(".passage blockquote")).to_have_attribute("lang", "kk")
    page.goto(f"/en{site.dataset('balkhash-final')}")
    expect(page.locator(".chip", has_text="Балқаш көлі")).to_have_attribute("lang", "kk")
    assert {page.locator(".page-head .lede").nth(i).get_attribute("lang") for i in (0, 1)} == {"kk", "ru"}
    page.goto(f"/en{site.file('balkhash-final', 'report')}?page=3")
    expect(page.locator(".reader")).to_have_attribute("lang", "ru")
    for link in page.locator(".languages a").all():
        assert link.get_attribute("lang") == urlsplit(link.get_attribute("href") or "").path[1:3]


def test_reader_without_javascript_sees_every_filter(visitor: Visitor) -> None:
    plain = visitor("/en/search", java_script_enabled=False)
    scripted = visitor("/en/search")
    assert plain.locator(".facet li").count() == scripted.locator(".facet li").count() > 20
    expect(plain.locator(".facet li a >> nth=0")).to_be_visible()
    plain.get_by_label("From year").fill("2020")
    plain.get_by_label("to year").fill("2024")
    plain.locator(".facet__years button").click()
    plain.wait_for_url("**year=2020..2024")
    expect(plain.locator(".chip--on")).to_have_text(re.compile("2020–2024"))


def test_filters_are_folded_above_the_results_where_there_is_no_room(visitor: Visitor) -> None:
    page = visitor("/ru/search?format=PDF&language=ru", viewport={"width": 390, "height": 800})
    summary = page.locator(".filters > summary")
    expect(summary).to_have_text(re.compile(r"Фильтры\s*2"))
    expect(page.locator(".card >> nth=0")).to_be_visible()
    facet = page.locator(".facet").filter(has_text=re.compile("^\\s*Формат")).locator("[aria-current]")
    expect(facet).to_be_hidden()
    _tab_to(page, ".filters > summary")
    page.keyboard.press("Enter")
    expect(facet).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_value_that_is_not_shown_is_found_in_the_list_of_all(visitor: Visitor) -> None:
    page = visitor("/en/search?format=PDF")
    page.locator('.facet__more a[href*="/facet/keyword"]').evaluate("link => link.closest('details').open = true")
    page.locator('.facet__more a[href*="/facet/keyword"]').click()
    page.wait_for_url("**/search/facet/keyword?format=PDF")
    word = page.locator(".facet--page .facet__name >> nth=-1").inner_text()
    page.locator("#find").fill(word)
    page.keyboard.press("Enter")
    page.wait_for_url("**find=**")
    page.locator(".facet--page a").filter(has_text=word).first.click()
    page.wait_for_url("**/search?format=PDF&keyword=**")
    expect(page.locator(".chip--on")).to_have_count(2)


def test_every_static_address_on_a_page_is_there(visitor: Visitor) -> None:
    page = visitor("/ru/")
    linked = "[...document.querySelectorAll(\"link[href*='/static/'], script[src], img\")].map((e) => e.href || e.src)"
    for address in page.evaluate(linked):
        assert page.request.get(address).status == 200, address


def test_data_for_programs_stands_in_pages_and_the_policy_has_nothing_against_it(visitor: Visitor, site: Site) -> None:
    page = visitor("/en/about")
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    for path, kind in (("/kk/", "WebSite"), (f"/ru{site.dataset('balkhash-levels-2')}", "Dataset")):
        page.goto(path)
        script = page.locator('script[type="application/ld+json"]')
        assert json.loads(script.text_content() or "")["@type"] == kind
    assert heard == []
