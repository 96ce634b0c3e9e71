"""Secrets that people entrust to the site, or it to them: they stand in no log, no audit, no page, nowhere in plain."""

from __future__ import annotations

import logging
import re

import pytest
from flask.testing import FlaskClient

from opendata.services import sources
from opendata.services.actors import SYSTEM
from opendata.services.source_rules import GivenCredentials, NewSource
from opendata.web.rules import PAGES
from opendata.worker import Worker
from tests.hostile.desk import Doors, value
from tests.hostile.every_field import texts
from tests.web.people import HERE, PASSWORD

WRONG = "Wr0ng-but-nearly-his-own"
NEW = "zq9-Entirely-New-Secret"
KEY = "k3y-of-a-source-that-is-away"


def test_nothing_that_was_entrusted_is_told(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    secrets = {PASSWORD, WRONG, NEW, KEY, *doors.tokens.values()}
    with caplog.at_level(logging.DEBUG, "opendata"):
        secrets |= _entrust(doors)
        Worker(doors.catalogue).work(until_idle=True)
        pages = "\n".join(_pages(doors))
    told = {
        "the log": caplog.text,
        "a page": pages,
        "the store": "\n".join(words for _, words in texts(doors.catalogue)),
    }
    found = [(place, one) for place, text in told.items() for one in secrets if one in text]
    assert found == []
    assert len(secrets) > 12


def _entrust(doors: Doors) -> set[str]:
    """Everything that takes a secret, right and wrong; those that the site made itself."""
    client, browser = doors.app.test_client(), doors.browsers["sysadmin"]
    made = set[str]()
    for email, password in (("admin@example.kz", WRONG), (WRONG, PASSWORD), ("admin@example.kz", PASSWORD)):
        client.post("/account/sign-in", data={"email": email, "password": password}, headers=HERE)
    browser.post("/account/password", data={"old": PASSWORD, "new": NEW, "again": WRONG}, headers=HERE)
    answer = browser.post("/account/tokens", data={"token_name": "x", "token_scopes": "read"}, headers=HERE)
    made |= set(re.findall(r'class="secret" data-copy-text>([^<]+)<', answer.text))
    shown = browser.get("/account/second-factor").text
    made |= {re.sub(r"\s", "", one) for one in re.findall(r'class="secret">([^<]+)<', shown)}
    assert len(made) == 2
    credentials = GivenCredentials("bearer", "", KEY)
    sources.add(doors.catalogue, SYSTEM, NewSource("locked", "ckan", "https://away.example", credentials=credentials))
    broken = f"https://user:{KEY}@away.example/x"
    typed = {"name": "two", "type": "ckan", "url": broken, "frequency": "?"}
    browser.post("/desk/sources/new", data=typed, headers=HERE)
    bearer = {"Authorization": f"Bearer {doors.tokens['sysadmin']}"}
    wanted = {"url": f"https://hook.example/{KEY}", "events": ["created"]}
    hook = client.post("/api/v1/webhooks", json=wanted, headers=bearer)
    made |= {str(one) for name, one in (hook.json or {}).items() if name in ("key", "secret") and one}
    for wrong in (doors.tokens["admin"][:-1] + "x", WRONG):
        client.get("/api/v1/me", headers={"Authorization": f"Bearer {wrong}"})
        made.add(wrong)
    asked = client.post("/account/forgotten", data={"email": "editor@example.kz"}, headers=HERE)
    assert asked.status_code == 303
    return made | _sessions(doors)


def _sessions(doors: Doors) -> set[str]:
    found = (one.get_cookie("session") for one in doors.browsers.values())
    return {one.value for one in found if one is not None}


def _pages(doors: Doors) -> list[str]:
    """What a sysadmin reads afterwards, pages and answers alike, and what the public is told."""
    adapter, browser = doors.app.url_map.bind("localhost"), doors.browsers["sysadmin"]
    things = doors.things["su"] | {"source": "locked"}
    paths = [
        adapter.build(
            route.endpoint,
            {name: value(things, route.rule, name) for name in route.arguments} | dict(route.defaults or {}),
        )
        for route in doors.app.url_map.iter_rules()
        if "GET" in (route.methods or ()) and (route.endpoint in PAGES or "/api/v1" in route.rule)
        and route.endpoint.startswith(("desk", "account", "alerts", "api", "second"))
    ]  # fmt: skip
    return [_read(browser, path) for path in [*paths, "/api/v1/audit", "/api/v1/sources/locked", "/api/v1/webhooks"]]


def _read(browser: FlaskClient, path: str) -> str:
    with browser.get(path) as answer:
        return str(answer.headers) + answer.get_data(as_text=True)
