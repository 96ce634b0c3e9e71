"""The files of a record at the desk in a browser: sent in pieces, read while one looks on, and all of it by forms."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from opendata.bootstrap import open_catalogue
from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import Text
from opendata.config import load_config
from opendata.services import accounts, writing
from opendata.services.actors import SYSTEM
from tests.journeys.conftest import Visitor
from tests.journeys.site import Site
from tests.journeys.test_pages import AXE, RULES, violations

pytestmark = pytest.mark.browser

PAGE = """УДК 556.3

ОТЧЕТ
О НАУЧНО-ИССЛЕДОВАТЕЛЬСКОЙ РАБОТЕ

ОЦЕНКА ЗАПАСОВ ПОДЗЕМНЫХ ВОД
(заключительный)

Руководитель НИР,
д-р геол.-минерал. наук ____________ А.М. Жумабаев

Кызылорда 2023
"""
EMAIL, PASSWORD = "files@example.kz", "one password for all files"


@pytest.fixture(scope="module")
def record(site: Site) -> str:
    """The files of a new record of an account that may make one."""
    catalogue = open_catalogue(load_config(environ={"OPENDATA_HOME": str(site.home)}))
    accounts.add_user(catalogue, SYSTEM, accounts.NewUser("Clerk", EMAIL, PASSWORD, sysadmin=True))
    draft = DatasetRecord(title=Text(ru="Школы", original="ru"), state=RecordState.DRAFT)
    made = writing.create(catalogue, SYSTEM, draft)
    catalogue.close()
    return f"/en/desk/datasets/{made.slug}/files"


def arrive(visitor: Visitor, path: str, **settings: object) -> Page:
    """The files, once signed in."""
    page = visitor(f"/en/account/sign-in?next={path}", **settings)
    page.fill("#field-email", EMAIL)
    page.fill("#field-password", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"**{path}")
    return page


def test_a_large_file_is_sent_in_pieces_and_its_state_is_live(visitor: Visitor, record: str, tmp_path: Path) -> None:
    page = arrive(visitor, record)
    large = tmp_path / "large.csv"
    large.write_text("a,b\n" + "1,2\n" * 100_000)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if "/uploads/files" in request.url else None)
    page.set_input_files("input[name=file]", large)
    page.get_by_role("button", name="Add the file").click()
    page.wait_for_url("**done=added**")
    assert {"POST", "PATCH"} <= set(sent)
    shown = page.locator(".desk-file", has_text="large.csv")
    page.evaluate("window.same = true")
    expect(shown.locator("[data-pending]")).to_have_count(0, timeout=60_000)
    assert page.evaluate("window.same")  # the state alone was exchanged, not the page
    expect(shown).to_contain_text("CSV")
    page.evaluate(AXE)
    assert violations(page, {"runOnly": RULES, "resultTypes": ["violations"]}) == []


def test_without_javascript_a_file_is_added_moved_closed_and_removed(
    visitor: Visitor, record: str, tmp_path: Path
) -> None:
    page = arrive(visitor, record, java_script_enabled=False)
    for name in ("first.txt", "small.txt"):
        small = tmp_path / name
        small.write_text(f"Отчёт о школах: {name}.")
        page.set_input_files("input[name=file]", small)
        page.get_by_role("button", name="Add the file").click()
    entry = page.locator(".desk-file", has_text="small.txt")
    entry.get_by_role("button", name="Move up").click()
    expect(page.locator(".desk-file").last).not_to_contain_text("small.txt")
    entry.get_by_role("link", name="Who may have it").click()
    page.select_option("[name=status]", "withheld")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#error-legal_ground")).to_be_visible()
    page.select_option("[name=ground]", "kz-personal")
    page.get_by_role("button", name="Show what readers will have").click()
    expect(page.locator("#preview")).to_contain_text("Withheld")
    page.get_by_role("button", name="Save").click()
    expect(entry).to_contain_text("Personal Data")
    entry.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator(".desk-file", has_text="small.txt")).to_have_count(0)


def test_a_record_begins_with_its_file_and_what_is_typed_about_files_is_kept(
    visitor: Visitor, record: str, tmp_path: Path
) -> None:
    page = arrive(visitor, record)
    report = tmp_path / "otchet.txt"
    report.write_text(PAGE)
    page.goto("/en/desk/datasets/new/file")
    if page.locator("select[name=organization]").count():
        page.select_option("[name=organization]", index=1)
    page.set_input_files("input[name=file]", report)
    page.get_by_role("button", name="Send the file and go on").click()
    page.wait_for_url("**done=begun")
    for _ in range(60):
        if page.get_by_role("button", name="Look again").count() == 0:
            break
        page.wait_for_timeout(500)
        page.get_by_role("button", name="Look again").click()
    page.evaluate(AXE)
    assert violations(page, {"runOnly": RULES, "resultTypes": ["violations"]}) == []
    page.get_by_role("button", name="Fill in what is empty").click()
    expect(page.locator("[name='contributors-0-name']")).to_have_value("А.М. Жумабаев")
    page.get_by_role("button", name="Save and go on to files").click()
    page.get_by_role("link", name="Who may have it").click()
    page.fill("[name='reason.ru']", "Долго писали")
    expect(page.locator("[data-draft-said]")).to_contain_text("Kept at")
    page.reload()
    page.get_by_role("link", name="Go on with them").click()
    expect(page.locator("[name='reason.ru']")).to_have_value("Долго писали")
    page.get_by_role("button", name="Show what readers will have").click()
    expect(page.locator("#preview")).to_be_visible()
