"""What another site's page makes a browser send here: every address that changes something refuses it, and what only
reads changes nothing whoever sends one there.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    found = _addresses_of(doors, doors.things["su"])
    return found | {f"/api/3/action/{name}": {"GET", "POST"} for name in registry.names()}


def _addresses_of(doors: Doors, things: Mapping[str, str]) -> dict[str, set[str]]:
    adapter, found = doors.app.url_map.bind("localhost"), dict[str, set[str]]()
    for route in doors.app.url_map.iter_rules():
        if route.endpoint not in ("static", "ckan_api.run"):
            given = {name: value(things, route.rule, name) for name in route.arguments}
            path = adapter.build(route.endpoint, given | dict(route.defaults or {}))
            found.setdefault(path, set()).update(route.methods or ())
    return found


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


def test_nothing_that_reads_changes_anything_or_repeats_a_host(doors: Doors) -> None:
    """A link, a picture or a method that a header pretends: GET stays GET. Of whom the asker takes the site for nothing
    is said in links, feeds or errors: `[site] url` alone is true.
    """
    browser, before, repeating = doors.browsers["sysadmin"], stored(doors.catalogue), []
    query = {"_method": "DELETE", "id": doors.things["su"]["slug"], "confirm": "yes", "state": "deleted"}
    hosts = {"Host": "localhost:6667", "X-Forwarded-Host": "evil.example:6667", "Forwarded": "host=evil.example:6667"}
    public = _addresses_of(doors, doors.things["su"] | {"slug": "su-balansy", "study": "balans"})
    for path, methods in (public | _addresses(doors)).items():
        headers = OVERRIDES | hosts | {"Sec-Fetch-Site": "cross-site"}
        with browser.get(path, query_string=query, headers=headers) as answer:
            assert answer.status_code < 500, path
            assert "GET" in methods or answer.status_code >= 400, path
            if b":6667" in str(answer.headers).encode() + answer.get_data():
                repeating.append(path)
    after = stored(doors.catalogue)
    assert {name: set(after[name]) ^ set(before[name]) for name in before if after[name] != before[name]} == {}
    assert repeating == []
