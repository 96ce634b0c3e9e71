"""A clerk who has read no manual: fifty rows with ten mistakes, from the sign-in to the last record, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from opendata.services import accounts, organizations
from opendata.services.actors import SYSTEM, Role
from tests.journeys import desk
from tests.journeys.site import LANGUAGES, Site
from tests.journeys.test_pages import AXE, OVERFLOWS, RULES, STRUCTURE, violations

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "aigul@msh.kz", "one password for all"
HEADINGS = ("Идентификатор", "Название", "Название (на казахском)", "Аннотация", "Тип", "Дата публикации", "Лицензия",
            "ГРНТИ", "DOI", "Ключевые слова", "Регистрационный номер", "Файлы", "Наш шифр")  # fmt: skip
MISTAKES = {
    4: {"Дата публикации": "32.13.2024"},
    8: {"Название": "", "Название (на казахском)": ""},
    12: {"Идентификатор": "MSH-10"},
    16: {"Тип": "отчетик"},
    20: {"DOI": "doi.org/абв"},
    24: {"Дата публикации": "весной"},
    28: {"Файлы": "отчёт-28.pdf"},
    32: {"Тип": "другой отчёт"},
    36: {"ГРНТИ": "99.99.99"},
    41: {"Лицензия": "можно всем"},
}
"""By row of the sheet. Those of the last two are warnings, and the key that stands twice is an error on both rows."""
FAILING = 9
MENDED = {"Дата публикации": "13.12.2024", "Тип": "отчёт", "DOI": None, "Файлы": None}


def rows() -> list[dict[str, Any]]:
    """Fifty rows of a clerk."""
    made = []
    for number in range(1, 51):
        said = (f"MSH-{number}", f"Почвы района {number}", f"{number} ауданның топырағы", "Гумус, засоление, эрозия.",
                "отчёт", "15.03.2024", "CC BY 4.0", "68.05.29", "", "почва; эрозия", "", "", f"Ш-{number}")  # fmt: skip
        made.append(dict(zip(HEADINGS, said, strict=True)) | MISTAKES.get(number + 1, {}))
    return made


def write(path: Path, content: Sequence[dict[str, Any]]) -> Path:
    """The rows as an XLSX."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADINGS)
    for row in content:
        sheet.append([row[heading] for heading in HEADINGS])
    book.save(path)
    return path


def mend(path: Path) -> None:
    """What the clerk does with the rows that came back."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        cells = {str(heading): cell for heading, cell in zip(headings, row, strict=True)}
        for heading, value in MENDED.items():
            cells[heading].value = value
        cells["Название"].value = cells["Название"].value or "Почвы без названия"
        if cells["Наш шифр"].value == "Ш-11":
            cells["Идентификатор"].value = "MSH-11"
    book.save(path)


@pytest.fixture(scope="module")
def desk_site(site: Site) -> Site:
    """The site with a further agency, which has one editor."""
    with desk.catalogue_of(site) as catalogue:
        organizations.add(catalogue, SYSTEM, "msh", "Министерство сельского хозяйства")
        editor = accounts.NewUser("Айгүл", EMAIL, PASSWORD, organization="msh", role=Role.EDITOR)
        accounts.add_user(catalogue, SYSTEM, editor)
    return site


@dataclass
class Clerk:
    """Somebody at a browser, whose clicks are counted."""

    page: Page
    clicks: int = 0
    wrong: list[str] = field(default_factory=list)

    def hear(self, said: ConsoleMessage) -> None:
        """What the browser complains about."""
        if said.type == "error":
            self.wrong.append(said.text)

    def click(self, selector: str) -> None:
        """One click."""
        self.clicks += 1
        self.page.locator(selector).first.click()

    def sign_in(self, language: str) -> None:
        """From the home page."""
        self.page.goto(f"/{language}/")
        self.click("a[href$='/account/sign-in']")
        self.page.fill("input[name=email]", EMAIL)
        self.page.fill("input[name=password]", PASSWORD)
        self.click("main button[type=submit]")

    def send(self, path: Path) -> str:
        """Choose the file and have it checked; the address of the page that shows what was found."""
        self.clicks += 1
        self.page.set_input_files("input[type=file]", path)
        self.click("main form button.button--main")
        expect(self.page.locator(".sheet-rows")).to_be_visible(timeout=60_000)
        return self.page.url

    def publish(self) -> None:
        """Publish what is ticked, and wait for the report."""
        self.click(PUBLISH)
        expect(self.page.locator("a[href$='/undo']")).to_be_visible(timeout=60_000)


PUBLISH = "button[form=choice][formaction$='/publish']"
NEW = "main a.button[href$='/desk/uploads/new']"
Arrive = Callable[..., Clerk]


@pytest.fixture
def clerk(browser: Browser, desk_site: Site) -> Iterator[Arrive]:
    """Makes clerks: `clerk(**settings of the browser's context)`; what goes wrong in their browser is an error."""
    opened: list[tuple[BrowserContext, Clerk]] = []

    def arrive(**settings: Any) -> Clerk:
        context = browser.new_context(base_url=desk_site.url, **settings)
        context.set_default_timeout(20_000)
        made = Clerk(context.new_page())
        made.page.on("console", made.hear)
        opened.append((context, made))
        return made

    yield arrive
    for context, made in opened:
        context.close()
        assert made.wrong == []


def test_fifty_rows_with_ten_mistakes_are_published_in_eleven_clicks(clerk: Arrive, tmp_path: Path) -> None:
    person = clerk(locale="ru-KZ", viewport={"width": 1280, "height": 900})
    page = person.page
    person.sign_in("ru")
    person.click(NEW)
    first = person.send(write(tmp_path / "Почвы 2024.xlsx", rows()))
    expect(page.locator(PUBLISH)).to_contain_text(str(50 - FAILING))
    page.goto(f"{first}?show=problems")
    expect(page.locator(".sheet-row")).to_have_count(FAILING)
    expect(page.locator(".cell-problem--error")).to_have_count(FAILING)
    page.goto(first)
    with page.expect_download() as started:
        person.click("a[href$='failed.xlsx']")
    started.value.save_as(tmp_path / "failed.xlsx")
    person.publish()
    mend(tmp_path / "failed.xlsx")
    person.click("a[href*='/desk/uploads/new?']")
    person.send(tmp_path / "failed.xlsx")
    expect(page.locator(PUBLISH)).to_contain_text(str(FAILING))
    person.publish()
    assert person.clicks == 11  # two to sign in, nine for the work, choosing a file among them
    page.locator(".sheet-row a").first.click()
    expect(page.locator("h1")).to_contain_text("Почвы района")
    page.goto(f"{first}/undo")
    page.locator("main form .button--bad").click()
    expect(page.locator(".sheet-row .badge--good")).to_have_count(0)


def test_all_of_it_works_without_javascript(clerk: Arrive, tmp_path: Path) -> None:
    person = clerk(java_script_enabled=False)
    person.sign_in("en")
    person.click(NEW)
    content = [row | {"Идентификатор": f"NOJS-{n}"} for n, row in enumerate(rows()[:2])]
    person.send(write(tmp_path / "two.xlsx", content))
    page = person.page
    page.locator("input[name=row]").first.uncheck()
    page.locator("[data-choice-save]").click()
    expect(page.locator(PUBLISH)).to_have_text("Publish 1 row")
    person.publish()
    expect(page.locator(".sheet-row__line")).to_have_count(1)


def test_each_tick_is_saved_as_it_is_made(clerk: Arrive, tmp_path: Path) -> None:
    person = clerk()
    person.sign_in("en")
    person.click(NEW)
    content = [row | {"Идентификатор": f"TICK-{n}"} for n, row in enumerate((*rows()[:2], *rows()[3:5]))]
    person.send(write(tmp_path / "four.xlsx", content))
    page = person.page
    page.locator("input[name=row]").first.uncheck()
    expect(page.locator(PUBLISH)).to_have_text("Publish 3 rows")
    page.reload()
    expect(page.locator("input[name=row]:checked")).to_have_count(3)
    page.locator(".upload-actions form button").click()
    expect(page.locator(PUBLISH)).to_have_count(0)


def test_pages_are_sound_in_every_language_on_narrow_screens_and_to_screen_readers(
    clerk: Arrive, tmp_path: Path
) -> None:
    person = clerk(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = person.page
    person.sign_in("en")
    person.click(NEW)
    content = [row | {"Идентификатор": f"LOOK-{n}"} for n, row in enumerate(rows()[:12])]
    path = person.send(write(tmp_path / "Почвы.xlsx", content)).partition("/en")[2]
    row = page.locator("a[href*='/rows/']").first.get_attribute("href") or ""
    paths = ("/desk", "/desk/uploads", "/desk/uploads/new", path, f"{path}?show=problems", f"{path}/columns",
             f"{path}/undo", row.partition("/en")[2])  # fmt: skip
    problems: dict[str, Any] = {}
    sound = {"h1": 1, "landmarks": [1, 1, 1], "unnamed": 0, "repeated": 0, "skipped": 0, "images": 0, "scripts": 0}
    for language in LANGUAGES:
        for each in paths:
            page.goto(f"/{language}{each}")
            found = page.evaluate(STRUCTURE)
            if {name: found[name] for name in sound} != sound:
                problems[f"{language}{each}"] = found
            for width in (390, 320):
                page.set_viewport_size({"width": width, "height": 844})
                if wide := page.evaluate(OVERFLOWS):
                    problems[f"{language}{each} at {width}"] = wide[:5]
    for each in paths:
        page.goto(f"/ru{each}")
        page.evaluate(AXE)
        for scheme, rules in (("light", RULES), ("dark", ["color-contrast"])):
            page.emulate_media(color_scheme=scheme)
            if hurt := violations(page, {"runOnly": rules, "resultTypes": ["violations"]}):
                problems[f"{each} in {scheme}"] = hurt
    assert problems == {}
