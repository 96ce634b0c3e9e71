"""A running site and a real browser before it. Skipped, and said so, where no Chromium is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.journeys.site import Site, serving

Visitor = Callable[..., Page]
"""Makes a new visitor with cookies of their own: `visitor(path, **settings of the browser's context)`."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser."""
    with chromium() as opened:
        yield opened


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium: the one that Playwright would download is not needed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on the PATH: nobody has looked at the pages in a browser")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--headless", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site; started once, and only where there is a browser."""
    with serving(tmp_path_factory.mktemp("journeys")) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Visitor]:
    """Makes visitors; what they opened is closed after the test."""
    contexts: list[BrowserContext] = []

    def arrive(path: str = "/", **settings: Any) -> Page:
        context = browser.new_context(base_url=site.url, **settings)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield arrive
    for context in contexts:
        context.close()
