"""What another site's page makes a browser send here: every address that changes something refuses it, and what only
reads changes nothing whoever sends one there.
"""

from __future__ import annotations

from typing import Any

from opendata.web.ckan_api import registry
from tests.hostile.desk import Doors, stored, value

READING = {"GET", "HEAD", "OPTIONS"}
EVIL = "https://evil.example"
FOREIGN: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "", "Origin": EVIL},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "https://localhost"},
    {"Referer": "http://localhost/desk"},
    {},
)
"""Headers of a form that another site's page, a page in a sandbox or an old browser sends."""
BODIES: tuple[dict[str, Any], ...] = (
    {"data": {"organization": "su", "role": "admin", "email": "guest@example.kz"}},
    {"data": b'{"organization": "su", "title": "x", "ignore": "="}', "content_type": "text/plain"},
    {"data": b"", "content_type": "application/x-www-form-urlencoded"},
)
OVERRIDES = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "PUT", "X-HTTP-Method": "POST"}


def _addresses(doors: Doors) -> dict[str, set[str]]:
    """Every address of the site with what may be done there, before the things of "su"."""
    adapter, found = doors.app.url_map.bind("localhost"), dict[str, set[str]]()
    for route in doors.app.url_map.iter_rules():
        if route.endpoint not in ("static", "ckan_api.run"):
            given = {name: value(doors.things["su"], route.rule, name) for name in route.arguments}
            path = adapter.build(route.endpoint, given | dict(route.defaults or {}))
            found.setdefault(path, set()).update(route.methods or ())
    return found | {f"/api/3/action/{name}": {"GET", "POST"} for name in registry.names()}


def test_no_form_of_another_site_changes_anything(doors: Doors) -> None:
    browser, before, let_in = doors.browsers["sysadmin"], stored(doors.catalogue), []
    for path, methods in _addresses(doors).items():
        for number, headers in enumerate(FOREIGN):
            for method in methods - READING:
                sent = BODIES[number % len(BODIES)]
                answer = browser.open(path, method=method, headers={"Accept": "application/json"} | headers, **sent)
                if answer.status_code != 403:
                    let_in.append((method, path, headers, answer.status_code))
                answer.close()
    assert not let_in
    assert stored(doors.catalogue) == before


def test_nothing_that_reads_changes_anything(doors: Doors) -> None:
    """A link, a picture or a method that a header pretends: GET stays GET."""
    browser, before = doors.browsers["sysadmin"], stored(doors.catalogue)
    query = {"_method": "DELETE", "id": doors.things["su"]["slug"], "confirm": "yes", "state": "deleted"}
    for path, methods in _addresses(doors).items():
        answer = browser.get(path, query_string=query, headers=OVERRIDES | {"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code < 500, path
        assert "GET" in methods or answer.status_code >= 400, path
        answer.close()
    after = stored(doors.catalogue)
    assert {name: set(after[name]) ^ set(before[name]) for name in before if after[name] != before[name]} == {}
