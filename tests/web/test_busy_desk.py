"""Long lists of the desk are leafed through: a page is as large for a busy site as for a small one."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from opendata.services import alerts, desk, handover
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.web import alerts as alert_pages
from opendata.web import desk_people
from tests.web.people import People, sign_in


def test_who_is_told_is_leafed_through(
    app: Flask, people: People, peopled: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        alerts.add(peopled, SYSTEM, "email", f"{name}@example.kz", "su")
    monkeypatch.setattr(alert_pages, "PER_PAGE", 1)
    client = sign_in(app.test_client(), people.admin)
    pages = [client.get(f"/en/desk/alerts?page={number}") for number in (1, 2)]
    told = [re.findall(r"\b([ab])@example\.kz</p>", page.text) for page in pages]
    assert sorted(told) == [["a"], ["b"]]
    assert client.get("/en/desk/alerts?page=3").status_code == 404
    assert alerts.number(peopled, SYSTEM) == 2


def test_what_has_no_owner_and_what_was_handed_over_are_leafed_through(
    app: Flask, people: People, peopled: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for note in ("first", "second"):
        handover.hand_over(peopled, SYSTEM, people.editor, people.admin, "su", note)
    client = sign_in(app.test_client(), people.sysadmin)
    whole = client.get("/en/desk/handover").text
    monkeypatch.setattr(desk_people, "PER_PAGE", 1)
    monkeypatch.setattr(desk_people, "HISTORY_PER_PAGE", 1)
    page = client.get("/en/desk/handover").text
    assert whole.count('name="kind"') > 1 == page.count('name="kind"')
    assert set(notes(whole)) == {"first", "second"}
    assert notes(page) == notes(whole)[:1]
    onward = [unescape(one) for one in re.findall(r'rel="next nofollow" href="([^"]*)"', page)]
    assert [one.partition("#")[2] for one in onward] == ["unowned", "history"]
    assert client.get(onward[0]).text.count('name="kind"') == 1
    last = client.get(onward[1]).text
    assert notes(last) == notes(whole)[1:]
    assert "history=3" not in last
    assert client.get("/en/desk/handover?history=0").status_code == 400


def notes(page: str) -> list[str]:
    """Of the hand-overs on the page."""
    return re.findall(r'<p dir="auto">(\w+)</p>', page)


def test_the_overview_names_the_first_sources(
    app: Flask, people: People, peopled: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(app.test_client(), people.sysadmin)
    every = client.get("/en/desk").text
    monkeypatch.setattr(desk, "OVERVIEW_SOURCES", 1)
    first = client.get("/en/desk").text
    more = 'All of them<span class="visually-hidden">: Sources'
    assert more in first
    assert more not in every
    names = set(re.findall(r'href="/en/desk/sources/([^"/]+)"', every))
    assert {line.name for line in desk.sources(peopled, SYSTEM, 1)} < names
    assert [line.name for line in desk.sources(peopled, SYSTEM)][:1] == [
        one.name for one in desk.sources(peopled, SYSTEM, 1)
    ]
