"""A running site and visitors before it, each in a browser of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.site import Site, serving

Visitor = Callable[..., Page]
"""Makes a new visitor with cookies of their own: `visitor(path, **settings of the browser's context)`."""


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
