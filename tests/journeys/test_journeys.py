"""What people come for, walked from the home page in a real browser: to read, to search, to find out why not."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

import opendata.demo
from tests.demo.examples import CLOSED_WORDS, SEARCH_EXAMPLES, SearchExample
from tests.journeys.conftest import Visitor
from tests.journeys.site import CYRILLIC_NAME, CYRILLIC_TEXT, LANGUAGES, Site

pytestmark = pytest.mark.browser

FILES = Path(opendata.demo.__file__).parent / "files"
DOWNLOAD = 'a.button--main[href*="/download"]'
BY_LANGUAGE = [next(e for e in SEARCH_EXAMPLES if e.language == language and e.surface) for language in LANGUAGES]


def href(link: Locator) -> str:
    """Where it leads."""
    return link.get_attribute("href") or ""


def query_of(page: Page) -> list[tuple[str, str]]:
    """Name and value of what stands behind the question mark."""
    return parse_qsl(urlsplit(page.url).query)


@pytest.mark.parametrize("way", ["#themes ~ ul a", "#agencies ~ ul a"])
def test_citizen_has_a_file_three_clicks_from_the_home_page_without_javascript(visitor: Visitor, way: str) -> None:
    page = visitor("/ru/", java_script_enabled=False)
    page.locator(way).first.click()
    page.locator(".card").filter(has=page.locator(".badge--good")).locator(".card__title a").first.click()
    with page.expect_download() as started:
        page.locator(DOWNLOAD).first.click()
    name = started.value.suggested_filename
    assert started.value.path().read_bytes() == (FILES / name).read_bytes()


def test_file_arrives_byte_for_byte_under_its_cyrillic_name(visitor: Visitor) -> None:
    page = visitor("/kk/search?q=мельницы", java_script_enabled=False)
    page.locator(".card__title a").click()
    with page.expect_download() as started:
        page.locator(DOWNLOAD).click()
    assert started.value.suggested_filename == CYRILLIC_NAME
    assert started.value.path().read_bytes().decode("cp1251") == CYRILLIC_TEXT.replace("\n", "\r\n")


def test_text_in_an_old_charset_is_read_in_the_browser(visitor: Visitor) -> None:
    page = visitor("/ru/search?q=мельницы")
    page.locator(".passage a").click()
    page.locator('a[href*="inline=1"]').click()
    expect(page.locator("body")).to_contain_text("высоту снега рейкой")


@pytest.mark.parametrize("example", BY_LANGUAGE, ids=[e.language for e in BY_LANGUAGE])
def test_researcher_finds_words_inside_a_report_down_to_the_page(
    visitor: Visitor, site: Site, example: SearchExample
) -> None:
    page = visitor(f"/{example.language}/")
    page.get_by_role("combobox").fill(example.query)
    page.keyboard.press("Enter")
    record, file = (f"/{example.language}{path}" for path in _places(site, example))
    card = page.locator(".card").filter(has=page.locator(f'a[href="{record}"]'))
    expect(card.locator("mark").first).to_be_visible()
    found = card.locator(".passage a").first
    assert urlsplit(href(found)).path == file
    assert dict(parse_qsl(urlsplit(href(found)).query)) == {"page": str(example.page), "q": example.query}
    found.click()
    expect(page.locator(".reader__text")).to_contain_text(example.passage.split()[0])
    assert page.locator(".reader mark").count() >= len(example.query.split()) - 1
    original = page.locator('a.button[href*="inline=1"]')
    if original.count():
        assert href(original).endswith(f"#page={example.page}")
        answer = page.request.get(href(original).partition("#")[0])
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("inline")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_kazakh_typed_on_a_russian_keyboard_leads_to_the_page_with_the_words(
    visitor: Visitor, site: Site, javascript: bool
) -> None:
    page = visitor("/kk/", java_script_enabled=javascript)
    page.locator("#q").fill("озени толыктырады")  # өзені толықтырады, on page 5
    page.locator("#q").press("Enter")
    report = f"/kk{site.file('balkhash-interim-2022', 'report')}"
    passage = page.locator(".passage").filter(has=page.locator(f'a[href^="{report}?page=5&"]'))
    expect(passage.locator("mark")).to_have_text(["өзені", "толықтырады"])
    original = passage.locator('a[href*="inline=1"]')
    assert href(original).endswith("#page=5")
    assert page.request.get(href(original).partition("#")[0]).headers["content-type"] == "application/pdf"
    passage.locator(f'a[href^="{report}"]').first.click()
    expect(page.locator(".reader mark")).to_have_text(["өзені", "толықтырады"])
    expect(page.locator('.pagination [aria-current="page"]').first).to_contain_text("5")
    assert href(page.locator('.page-head a[href*="inline=1"]')).endswith("#page=5")


def _places(site: Site, example: SearchExample) -> tuple[str, str]:
    identifier = example.identifier.removeprefix("demo:")
    return site.dataset(identifier), site.file(identifier, example.resource)


def test_filters_add_up_and_come_off_and_the_address_keeps_them(visitor: Visitor) -> None:
    page = visitor("/ru/search?q=озеро")
    facets = page.locator(".facets")
    for format_ in ("PDF", "CSV"):
        facets.get_by_role("link", name=re.compile(f"^{format_} ")).click()
    facets.get_by_role("link", name=re.compile("^Открытая лицензия")).click()
    chosen = [("q", "озеро"), ("open", "yes"), ("format", "PDF"), ("format", "CSV")]
    assert sorted(query_of(page)) == sorted(chosen)
    expect(page.locator(".chip--on")).to_have_count(3)
    expect(facets.locator("[aria-current]")).to_have_count(3)
    page.locator(".chip--on").filter(has_text="PDF").click()
    assert sorted(query_of(page)) == sorted(set(chosen) - {("format", "PDF")})
    page.go_back()
    expect(page.locator(".chip--on")).to_have_count(3)
    page.get_by_role("combobox").fill("вода")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=%D0%B2"))
    assert sorted(query_of(page)) == sorted({("q", "вода"), *chosen[1:]})
    page.get_by_role("link", name="Снять все").or_(page.locator(".chips .chip:not(.chip--on)")).first.click()
    assert query_of(page) == [("q", "вода")]


def test_language_switch_keeps_the_page_and_is_remembered(visitor: Visitor) -> None:
    page = visitor("/ru/dataset/?format=PDF&sort=title")
    page.get_by_role("link", name="English").click()
    assert urlsplit(page.url).path == "/en/dataset/"
    assert query_of(page) == [("format", "PDF"), ("sort", "title")]
    page.goto("/about")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(("locale", "language"), [("kk-KZ", "kk"), ("ru-RU", "ru"), ("en-GB", "en")])
def test_first_visit_is_in_the_language_of_the_browser(visitor: Visitor, locale: str, language: str) -> None:
    expect(visitor("/", locale=locale).locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize(
    ("dataset", "key", "said"),
    [
        ("teachers-final", "report", ("Opens on", "DEMO-2024/003")),
        ("iodine-survey", "children", ("personal", "2013")),
    ],
)
def test_closed_file_says_why_and_cannot_be_had(
    visitor: Visitor, site: Site, dataset: str, key: str, said: tuple[str, ...]
) -> None:
    record, file = site.dataset(dataset), site.file(dataset, key)
    page = visitor(f"/en{record}")
    for words in said:
        expect(page.locator(".file").filter(has=page.locator(f'a[href="/en{file}"]'))).to_contain_text(words)
    assert page.locator(f'a[href*="{file}/download"]').count() == 0
    page.goto(f"/en{file}")
    assert page.locator(".reader, .table-scroll, a[href*='/download']").count() == 0
    answer = page.goto(f"/en{file}/download")
    assert answer is not None
    assert answer.status == 403
    for words in said:
        expect(page.locator("main")).to_contain_text(words)
    page.get_by_role("link", name="To the record").click()
    assert urlsplit(page.url).path == f"/en{record}"


def test_words_inside_closed_files_lead_nowhere(visitor: Visitor, site: Site) -> None:
    page = visitor("/en/")
    for words, identifier in CLOSED_WORDS:
        page.goto(f"/en/search?q={words}")
        assert page.locator(f'a[href$="{site.dataset(identifier.removeprefix("demo:"))}"]').count() == 0


def test_withdrawn_record_leaves_a_tombstone(visitor: Visitor, site: Site) -> None:
    page = visitor("/ru/")
    answer = page.goto(f"/ru{site.dataset('groundwater-2023')}")
    assert answer is not None
    assert answer.status == 410
    expect(page.get_by_role("heading", level=1)).to_have_text("Эта запись отозвана")
    expect(page.locator("main")).to_contain_text("верха трубы")
    assert page.locator('a[href*="/download"]').count() == 0


def test_study_shows_what_is_overdue(visitor: Visitor, site: Site) -> None:
    page = visitor("/en/")
    page.locator(".figures a").filter(has_text="overdue").click()
    page.locator(f'a[href="/en{site.study(6)}"]').click()
    expect(page.locator(".deliverable").filter(has_text="Final report")).to_contain_text("Overdue")
    expect(page.locator(".contract")).to_contain_text("1 of 3 deliverables deposited")


def test_figures_of_an_agency_are_the_rows_they_lead_to(visitor: Visitor) -> None:
    page = visitor("/en/organization/")
    page.get_by_role("link", name="Demonstration Ministry of Environmental Protection").click()
    figures = page.locator(".figure")
    for number in range(figures.count()):
        said = figures.nth(number).locator("dd").inner_text()
        assert said != "0"  # its committees have commissioned what it has not itself
        figures.nth(number).locator("a").click()
        expect(page.locator("main [role=status] strong")).to_have_text(f"{said} records")
        page.go_back()


def test_every_page_of_a_demonstration_record_says_so(visitor: Visitor, site: Site) -> None:
    page = visitor("/en/")
    for path in (site.dataset("air-final"), site.file("air-final", "report"), site.study(4)):
        page.goto(unquote(f"/en{path}"))
        expect(page.get_by_text("This record is a demonstration.")).to_be_visible()
