"""Alerts at the desk: added, tried and removed by those who manage sources, told to nobody else."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from opendata.services import alerts
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from tests.web.people import HERE, People, sign_in

PATH = "/en/desk/alerts"


def test_an_admin_adds_tries_and_removes(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    admin = sign_in(client, people.admin)
    assert "Nobody is told yet." in admin.get(PATH).text
    given = {"kind": "email", "address": "data@su.example", "organization": "su", "language": "ru"}
    assert admin.post(PATH, data=given, headers=HERE).status_code == 303
    (line,) = alerts.listing(peopled, SYSTEM)
    assert "data@su.example" in admin.get(PATH).text
    tried = admin.post(f"{PATH}/{line.id}/test", headers=HERE)
    assert "[mail] host" in tried.text
    assert "1 failure in a row" in admin.get(PATH).text
    assert admin.post(f"{PATH}/{line.id}/remove", headers=HERE).status_code == 303
    assert alerts.listing(peopled, SYSTEM) == ()
    for language in ("kk", "ru"):
        assert admin.get(f"/{language}/desk/alerts").status_code == 200


def test_the_key_of_a_webhook_is_shown_once_and_its_address_never(client: FlaskClient, people: People) -> None:
    sysadmin = sign_in(client, people.sysadmin)
    given = {"kind": "webhook", "address": "https://hooks.example/T0/secret"}
    answer = sysadmin.post(PATH, data=given, headers=HERE)
    found = re.search(r"<code>([\w-]{40,})</code>", answer.text)
    assert found is not None
    assert answer.headers["Cache-Control"] == "no-store"
    again = sysadmin.get(PATH).text
    assert "hooks.example" in again
    assert "secret" not in again
    assert found[1] not in again


def test_what_is_no_address_stays_in_the_form_with_its_message(client: FlaskClient, people: People) -> None:
    admin = sign_in(client, people.admin)
    answer = admin.post(
        "/ru/desk/alerts", data={"kind": "email", "address": "<b>x", "organization": "su"}, headers=HERE
    )
    assert answer.status_code == 400
    assert "&lt;b&gt;x" in answer.text


def test_others_have_no_say(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    added = alerts.add(peopled, SYSTEM, "email", "data@su.example", "su")
    assert client.get(PATH).status_code == 303
    for who in (people.member, people.editor):
        assert sign_in(client, who).get(PATH).status_code == 403
    stranger = sign_in(client, people.stranger)
    assert "data@su.example" not in stranger.get(PATH).text
    assert stranger.post(f"{PATH}/{added.id}/remove", headers=HERE).status_code == 404
    given = {"kind": "email", "address": "x@other.example", "organization": ""}
    assert stranger.post(PATH, data=given, headers=HERE).status_code == 403
