"""A large file is sent from a browser over a line that breaks: it goes on, is paused, is stopped, never sent twice."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services import accounts, organizations
from opendata.services.actors import SYSTEM, Role
from tests.journeys.site import Site
from tests.servers.cutting import Line, line_to

PASSWORD = "correct horse battery"
SIZE = 24_000_000
BROKEN = "The connection broke. Sending goes on as soon as it is back."
PAUSED = "Sending is paused. What has been sent is kept for a day."
Clerk = Callable[..., Page]


@pytest.fixture(scope="module")
def desk(site: Site) -> Site:
    """The site with an agency and its clerk."""
    catalogue = open_catalogue(load_config(environ={"OPENDATA_HOME": str(site.home)}))
    organizations.add(catalogue, SYSTEM, "senders", "Жіберушілер")
    new = accounts.NewUser("Clerk", "sender@example.kz", PASSWORD, organization="senders", role=Role.EDITOR)
    accounts.add_user(catalogue, SYSTEM, new)
    catalogue.close()
    return site


@pytest.fixture
def line(desk: Site) -> Iterator[Line]:
    """The clerk's line to it."""
    with line_to(urlsplit(desk.url).port or 80) as opened:
        yield opened


@pytest.fixture
def clerk(browser: Browser, line: Line) -> Iterator[Clerk]:
    """Before the form that sends a table; everything said to those who do not see is collected in `said`."""
    context = browser.new_context(base_url=line.url)
    context.set_default_timeout(30_000)

    def arrive() -> Page:
        page = context.new_page()
        page.goto("/en/account/sign-in?next=/en/desk/uploads/new")
        page.get_by_label("E-mail").fill("sender@example.kz")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/desk/uploads/new")
        page.evaluate(
            """() => { window.said = [];
            const status = document.querySelector("[data-upload-status]");
            new MutationObserver(() => window.said.push(status.textContent)).observe(status, { childList: true }); }"""
        )
        return page

    yield arrive
    context.close()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of a table and a file that no compression makes smaller."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (("Identifier", "Title"), ("sent-1", "Sent in pieces")):
        book.worksheets[0].append(row)
    book.save(out)
    path = tmp_path_factory.mktemp("package") / "Есеп 2025.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("table.xlsx", out.getvalue())
        archive.writestr("data.bin", random.Random(3).randbytes(SIZE))
    return path


def send(page: Page, package: Path) -> None:
    page.locator("input[type=file]").set_input_files(package)
    page.get_by_role("button", name="Check the file").click()


def arrived(page: Page) -> None:
    page.wait_for_url("**/desk/uploads/*-*")
    expect(page.get_by_role("heading", name="Есеп 2025.zip")).to_be_visible()


def test_broken_line_is_waited_for_and_nothing_is_sent_twice(clerk: Clerk, line: Line, package: Path) -> None:
    page = clerk()
    page.evaluate("() => addEventListener('pagehide', () => sessionStorage.setItem('said', JSON.stringify(said)))")
    line.cut_at = line.sent + SIZE // 2
    send(page, package)
    expect(page.locator("[data-upload-status]")).to_have_text(BROKEN)
    assert line.broken.is_set()
    before = page.locator("progress").evaluate("bar => bar.value")
    line.mend()
    arrived(page)
    assert 25 < before < 75
    assert line.sent < SIZE * 1.3
    said = page.evaluate("() => JSON.parse(sessionStorage.getItem('said'))")
    assert len(said) <= 6, said
    assert page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('upload:'))") == []


def test_page_that_was_left_goes_on_with_the_same_file(clerk: Clerk, line: Line, package: Path) -> None:
    page = clerk()
    line.cut_at = line.sent + SIZE // 2
    send(page, package)
    expect(page.locator("[data-upload-status]")).to_have_text(BROKEN)
    line.mend()
    page.goto("/en/desk")
    page.goto("/en/desk/uploads/new")
    send(page, package)
    arrived(page)
    assert line.sent < SIZE * 1.3


def test_sending_is_paused_and_goes_on(clerk: Clerk, line: Line, package: Path) -> None:
    page = clerk()
    line.bytes_per_second = 3_000_000
    send(page, package)
    page.wait_for_function("() => document.querySelector('progress').value > 10")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-upload-status]")).to_have_text(PAUSED)
    sent = -1
    while sent != line.sent:  # what is in the buffers of the two machines still comes
        sent = line.sent
        page.wait_for_timeout(700)
    assert sent < SIZE * 0.8
    line.bytes_per_second = None
    page.get_by_role("button", name="Go on").click()
    arrived(page)


def test_sending_is_stopped_and_nothing_is_kept(clerk: Clerk, line: Line, desk: Site, package: Path) -> None:
    page = clerk()
    line.bytes_per_second = 3_000_000
    send(page, package)
    page.wait_for_function("() => document.querySelector('progress').value > 10")
    assert list((desk.home / "partial").glob("*-*.json"))
    unused = {path.stem for path in (desk.home / "partial").glob("*-*") if path.suffix == "" and path.stat().st_size}
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as answered:
        page.get_by_role("button", name="Stop sending").click()
    assert answered.value.status == 204
    expect(page.locator("[data-upload-status]")).to_have_text("Sending was stopped. Nothing is kept of the file.")
    assert not any((desk.home / "partial" / name).exists() for name in unused)
    line.bytes_per_second = None
    page.get_by_role("button", name="Check the file").click()
    arrived(page)


def test_server_that_knows_no_pieces_gets_a_plain_form(clerk: Clerk, package: Path) -> None:
    page = clerk()

    def refuse(route: Route) -> None:
        route.fulfill(status=404)

    page.route("**/api/v1/uploads/files", refuse)
    send(page, package)
    arrived(page)


def test_who_was_signed_out_meanwhile_is_told_and_goes_on(clerk: Clerk, package: Path) -> None:
    page = clerk()
    cookies = page.context.cookies()
    page.context.clear_cookies()
    send(page, package)
    expect(page.locator("[data-upload-status]")).to_contain_text("You are signed out.")
    page.context.add_cookies([{**one} for one in cookies])
    page.get_by_role("button", name="Check the file").click()
    arrived(page)


def test_file_over_the_bound_is_refused_before_it_is_sent(clerk: Clerk, line: Line, package: Path) -> None:
    page = clerk()
    page.locator("form[data-upload]").evaluate("form => { form.dataset.maxBytes = '1000000'; }")
    send(page, package)
    expect(page.locator("[data-upload-status]")).to_contain_text("This file is larger than")
    expect(page.get_by_role("button", name="Check the file")).to_be_enabled()
    assert line.sent < 1_000_000
