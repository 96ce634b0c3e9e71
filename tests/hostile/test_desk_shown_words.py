"""Hostile words in every text that is stored, on every page, in every feed and every table: they stay words.

What the database holds is written there past all checks, as a source, an older version or a mistake of ours could.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from uuid import UUID

import pytest
from lxml import etree
from openpyxl import load_workbook
from sqlalchemy import Text, text

from opendata.catalog.inert import inert
from opendata.services import indexing
from opendata.store.base import Base
from opendata.store.operations import DatasetEvent
from opendata.web.ckan_api import registry
from opendata.web.rendering import followed
from opendata.web.rules import PAGES
from opendata.web.security import POLICY
from tests.hostile.desk import Doors, value

MARK = "x-evil"
EVIL = (
    "=1+1\"'></title></textarea></script></style>--><x-evil data-x=1 onfocus=alert(1)></x-evil>"
    "<img src=x onerror=alert(1)><svg onload=alert(1)>[x](javascript:alert(1)) {{7*7}}${7*7} &lt;x-evil&gt;"
)
LINK = "javascript:alert(1)//\"'><x-evil></x-evil>"
LINKS = ("url", "homepage", "landing_page", "access_url", "download_url", "image_url", "address")
KEPT = {
    "password_hash", "image_url", "position", "host", "dedupe", "error", "arguments", "key", "currency", "etag",
    "frequency", "language", "license_id", "text_language", "media_type",
}  # fmt: skip
"""Columns of codes that the site reads itself, and never shows as they stand."""
LEFT = {"short_links", "jobs", "dataset_events", "data_tables", "search_words"}
"""Tables that are not written so: the audit is written below, and takes no change."""
SHORT = {
    "api_tokens.name", "user_sessions.agent", "user_identities.email", "harvest_problems.field", "performers.bin",
    "harvest_problems.code", "deliverables.period", "review_notes.field", "upload_problems.field", "webhooks.name",
    "upload_problems.code", "datasets.register_number", "studies.register_number", "organizations.email",
    "reported_problems.address", "contracts.contract_number", "upload_rows.identifier",
}  # fmt: skip
"""Shorter columns of words that somebody wrote."""
BESIDES = (
    "/dataset/su-balansy", "/study/balans", "/dataset/gone", "/en/search?q=x-evil", "/desk/datasets/su-balansy",
    "/desk/datasets/su-balansy/edit", "/desk/studies/balans/edit",
)  # fmt: skip
"""Pages of what is public, besides those of the hidden things of the desk."""
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
    with doors.catalogue.sessions.write.begin() as session:
        made = DatasetEvent(
            kind="dataset", object_id=UUID(doors.things["su"]["dataset_id"]), action=EVIL, at=doors.catalogue.now(),
            actor=EVIL, before={"title.ru": EVIL, EVIL: LINK}, after={"title.ru": [EVIL], "note": {"text": EVIL}},
        )  # fmt: skip
        session.add(made)
        session.flush()
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                named = f"{table.name}.{column.name}"
                free = isinstance(column.type, Text) and column.name not in KEPT
                if table.name in LEFT or named.endswith("_original") or not (free or named in SHORT):
                    continue
                given = LINK if column.name in LINKS else EVIL
                session.execute(text(f"UPDATE {table.name} SET {column.name} = :given || rowid"), {"given": given})
    indexing.rebuild(doors.catalogue)
    return doors


def _addresses(doors: Doors) -> Iterator[tuple[str, str]]:
    """Every address that is read, as the sysadmin of the site finds it, with its endpoint."""
    adapter = doors.app.url_map.bind("localhost")
    for route in doors.app.url_map.iter_rules():
        if "GET" not in (route.methods or ()) or route.endpoint in ("static", "ckan_api.run"):
            continue
        given = {name: value(doors.things["su"], route.rule, name) for name in route.arguments}
        yield route.endpoint, adapter.build(route.endpoint, given | dict(route.defaults or {}))
    yield from (("", path) for path in BESIDES)
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


def test_hostile_words_stay_words_wherever_they_are_shown(poisoned: Doors) -> None:
    client, wrong, seen = poisoned.browsers["sysadmin"], list[str](), 0
    for _, path in _addresses(poisoned):
        answer = client.get(path, headers={"Accept-Language": "en"})
        kind, body = answer.mimetype or "", answer.get_data()
        if answer.status_code >= 500:
            wrong.append(f"{path}: {answer.status_code}")
        if kind == "text/html" and answer.headers["Content-Security-Policy"] != POLICY:
            wrong.append(f"{path}: policy")
        if answer.headers.get("Location", "").startswith("javascript:"):
            wrong.append(f"{path}: leads to a script")
        seen += MARK.encode() in body
        if answer.status_code < 400 or kind == "text/html":
            wrong += _wrong(path, kind, body)
        answer.close()
    assert wrong == [], "\n".join(wrong)
    assert seen > 60, "the words are shown hardly anywhere: what poisons the store does not reach it"


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
