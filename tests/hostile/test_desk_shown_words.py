"""Hostile words in every text that is stored, on every page, in every feed and every table: they stay words."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest
from lxml import etree
from openpyxl import load_workbook
from playwright.sync_api import Browser

from opendata.catalog.inert import inert
from opendata.web.ckan_api import registry
from opendata.web.rendering import followed
from opendata.web.rules import PAGES
from opendata.web.security import POLICY
from tests.hostile.desk import Doors, value
from tests.hostile.poison import poison
from tests.hostile.watching import serving, watching

MARK = "x-evil"
MANY = 40
"""Words on a page that is looked at in a browser."""
BESIDES = (
    "/dataset/gone", "/en/search?q=x-evil", "/desk/datasets/{slug}/history/compare?left=1&right=2",
    "/desk/uploads/{upload_id}/rows/{row_id}", "/desk/datasets/{slug}/edit?draft={draft_id}",
    "/dataset/{slug}/resource/{resource_id}?page=2", "/desk/records?q=x-evil", "/desk/jobs/{job_id}/raw?identifier=1",
    "/desk/datasets/{slug}/files/proposed/{proposed}", "/api/v1/datasets/{slug}/propose/files/{proposed}",
)  # fmt: skip
"""Pages besides those of every route."""
RUN = {"src", "href", "action", "formaction", "data", "poster", "xlink:href", "srcdoc", "background", "content"}
"""Attributes that a browser may follow."""


class Page(HTMLParser):
    """What of a page would run, and what elements of ours stand in it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As HTMLParser."""
        given = dict(attrs)
        if MARK in tag or tag in ("style", "iframe", "object", "embed", "base") or "data-x" in given:
            self.found.append(f"<{tag}>")
        ours = (given.get("src") or "").startswith("/static/") or given.get("type") == "application/ld+json"
        if tag == "script" and not ours:
            self.found.append("<script> of its own")
        for name, said in given.items():
            if name.startswith("on") or name == "style":
                self.found.append(f"{name}=")
            if name in RUN and re.match(r"[\s\x00-\x20]*(?:javascript|data|vbscript):", said or "", re.IGNORECASE):
                self.found.append(f"{tag} {name}={said}")


@pytest.fixture(scope="module")
def poisoned(doors: Doors) -> Doors:
    """The site after somebody wrote that into every text of its store."""
    doors.things["public"] = poison(doors)
    return doors


def _addresses(doors: Doors) -> Iterator[tuple[str, str]]:
    """Every address that is read, as the sysadmin of the site finds it, with its endpoint: before the hidden things of
    the desk, and before those of the public record.
    """
    adapter, seen = doors.app.url_map.bind("localhost"), set[str]()
    for things in (doors.things[one] for one in ("su", "public") if one in doors.things):
        for route in doors.app.url_map.iter_rules():
            if "GET" not in (route.methods or ()) or route.endpoint in ("static", "ckan_api.run"):
                continue
            given = {name: value(things, route.rule, name) for name in route.arguments}
            path = adapter.build(route.endpoint, given | dict(route.defaults or {}))
            if path not in seen:
                seen.add(path)
                yield route.endpoint, path
    yield from (("", path.format(**doors.things.get("public", doors.things["su"]))) for path in BESIDES)
    for name in registry.names():
        found = registry.find(name)
        if found is not None and found.reads:
            yield name, f"/api/3/action/{name}?id=su-balansy"


def _wrong(path: str, kind: str, body: bytes) -> list[str]:
    """What is not as it should be in what was answered."""
    found: list[str] = []
    if kind == "text/html":
        html = body.decode()
        found = Page(html).found + re.findall(r"\D49\$?49", html)  # what a template would make of the braces
    elif "xml" in kind:
        root = etree.fromstring(body)
        found = [str(one.tag) for one in root.iter() if MARK in str(one.tag)]
        for one in root.iter("{http://www.w3.org/2005/Atom}content", "{http://www.w3.org/2005/Atom}summary"):
            found += Page(one.text or "").found if one.get("type") == "html" else []
    elif kind == "text/csv":
        comma = ";" if b";" in body.split(b"\n")[0] else ","
        rows = csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=comma)
        found = [cell for row in rows for cell in row if inert(cell) != cell]
    elif "spreadsheet" in kind:
        cells = (cell for sheet in load_workbook(io.BytesIO(body)) for row in sheet.rows for cell in row)
        found = [str(cell.value) for cell in cells if cell.data_type == "f" or cell.hyperlink]
    return [f"{path}: {one[:60]}" for one in found]


@dataclass(frozen=True)
class Seen:
    """What was answered."""

    endpoint: str
    path: str
    status: int
    kind: str
    policy: str
    location: str
    body: bytes


@pytest.fixture(scope="module")
def walked(poisoned: Doors) -> tuple[Seen, ...]:
    """Every answer that a sysadmin reads."""
    found, client = list[Seen](), poisoned.browsers["sysadmin"]
    for endpoint, path in _addresses(poisoned):
        with client.get(path, headers={"Accept-Language": "en"}) as one:
            said = one.headers.get("Content-Security-Policy", ""), one.headers.get("Location", "")
            found.append(Seen(endpoint, path, one.status_code, one.mimetype or "", *said, one.get_data()))
    return tuple(found)


def test_hostile_words_stay_words_wherever_they_are_shown(walked: Sequence[Seen]) -> None:
    wrong = list[str]()
    for one in walked:
        if one.status >= 500:
            wrong.append(f"{one.path}: {one.status}")
        if one.kind == "text/html" and one.policy != POLICY:
            wrong.append(f"{one.path}: policy")
        if one.location.startswith("javascript:"):
            wrong.append(f"{one.path}: leads to a script")
        if one.status < 400 or one.kind == "text/html":
            wrong += _wrong(one.path, one.kind, one.body)
    assert wrong == [], "\n".join(wrong)
    said = {one.path: one.body for one in walked if MARK.encode() in one.body}
    assert b"deep" in said["/desk/audit"]
    assert b"deep" in said["/desk/audit.csv"]
    assert [one.status for one in walked if "/propose" in one.path and "files/" in one.path][-2:] == [200, 200]
    seen = sum(MARK.encode() in one.body for one in walked)
    assert seen > 100, "the words are shown hardly anywhere: what poisons the store does not reach it"


@pytest.mark.browser
def test_nothing_of_it_runs_in_a_browser(poisoned: Doors, walked: Sequence[Seen], browser: Browser, full: bool) -> None:
    """Pages with their scripts: what those write into the page is words as well."""
    cookie = poisoned.browsers["sysadmin"].get_cookie("session")
    assert cookie is not None
    with serving(poisoned.app) as url, watching(browser, url, session=cookie.value) as watcher:
        ran = [one for path in _worth_a_look(walked, full) for one in watcher.look(path)]
        watcher.look("/en/search")
        watcher.page.locator("[data-complete]").first.press_sequentially("x-evil")
        watcher.page.wait_for_timeout(500)
        ran += watcher.ran()
    assert ran == []


def _worth_a_look(walked: Sequence[Seen], full: bool) -> list[str]:
    """A page of every route on which the words stand; unless all are to be seen, those with many, or with scripts."""
    found = {
        one.endpoint: one  # the later one is that of the public record, with more on it
        for one in walked
        if one.endpoint and one.kind == "text/html" and one.status == 200 and MARK.encode() in one.body
    }
    assert len(found) > 60, sorted(found)
    usual = found["pages.front"].body.count(b"<script")
    return [
        one.path
        for one in found.values()
        if full or one.body.count(MARK.encode()) > MANY or one.body.count(b'<script type="module"') > usual
    ]


def test_every_page_is_walked(doors: Doors) -> None:
    assert {endpoint for endpoint, _ in _addresses(doors)} >= {
        one.endpoint for one in doors.app.url_map.iter_rules() if one.endpoint in PAGES and "GET" in (one.methods or ())
    } - {"static", "ckan_api.run"}


@pytest.mark.parametrize("url", ["https://a.kz/x", "HTTP://a.kz", "ftp://a.kz/x", "mailto:a@b.kz", "/dataset/x"])
def test_links_that_browsers_follow_are_links(url: str) -> None:
    assert followed(url) == url


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "\tjavascript:x", "vbscript:x", "x", ""])
def test_links_that_would_run_here_are_none(url: str) -> None:
    assert followed(url) == ""
