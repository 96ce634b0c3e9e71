"""The pages behind the links of letters, and one's own account: each link once, the same words for every address."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.services import invitations, letters, resets
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.secrets import unseal
from opendata.store.accounts import UserSession
from opendata.store.operations import Job
from tests.web.people import HERE, PASSWORD, People, sign_in

NEW = "four words in a row"


def letter_links(catalogue: Catalogue) -> dict[str, str]:
    """The path of the link in the last letter to each receiver, after what waits in the queue has written some."""
    with catalogue.sessions.read() as session:
        asked = session.scalars(select(Job.payload).where(Job.kind == resets.JOB)).all()
    for payload in asked:
        resets.work(catalogue, payload)
    with catalogue.sessions.read() as session:
        sealed = session.scalars(select(Job.payload).where(Job.kind == letters.JOB).order_by(Job.id)).all()
    found = {}
    for payload in sealed:
        content = unseal(catalogue, payload["letter"].encode())
        if link := re.search(r"^http\S*?(/account/\S+)$", content["body"], re.MULTILINE):
            found[content["to"]] = link.group(1)
    return found


def test_the_invited_opens_the_account_and_is_in(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    invitations.invite(peopled, SYSTEM, "bek@example.kz", "", "su", Role.EDITOR)
    path = letter_links(peopled)["bek@example.kz"]
    for _ in range(2):  # mail servers look at links as well
        page = client.get(f"/en{path}")
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
    given = {"name": "Bek <b>", "language": "kk", "new": "password12"}
    again = client.post(f"/en{path}", data=given, headers=HERE)
    assert again.status_code == 400
    assert 'value="Bek &lt;b&gt;"' in again.text
    assert re.search(r'id="field-new"[^>]*aria-describedby="[^"]*error-new', again.text)
    done = client.post(f"/en{path}", data=given | {"new": NEW}, headers=HERE)
    assert done.status_code == 303
    assert client.get("/en/account").text.count("bek@example.kz") == 1
    over = client.get(f"/en{path}")
    assert (over.status_code, over.headers["Cache-Control"]) == (410, "no-store")


def test_a_forgotten_password_is_answered_alike_for_every_address(
    client: FlaskClient, people: People, peopled: Catalogue
) -> None:
    answers = []
    for email in (people.editor, "nobody@example.kz", "no address"):
        sent = client.post("/en/account/forgotten", data={"email": email}, headers=HERE)
        shown = client.get(sent.headers["Location"])
        answers.append((sent.status_code, sent.headers["Location"], shown.text))
    assert len(set(answers)) == 1
    assert list(letter_links(peopled)) == [people.editor]


def test_a_reset_leads_in_by_the_host_of_the_settings_alone(
    client: FlaskClient, people: People, peopled: Catalogue
) -> None:
    client.post(
        "/account/forgotten", data={"email": people.editor}, headers={**HERE, "X-Forwarded-Host": "evil.example"}
    )
    path = letter_links(peopled)[people.editor]
    with peopled.sessions.read() as session:
        bodies = [
            unseal(peopled, one["letter"].encode())["body"]
            for one in session.scalars(select(Job.payload))
            if "letter" in one
        ]
    assert not any("evil.example" in body for body in bodies)
    assert people.editor in client.get(path).text
    assert client.post(path, data={"new": NEW}, headers=HERE).status_code == 303
    assert client.get("/desk").status_code == 200
    assert client.get(path).status_code == 410
    assert client.post(path, data={"new": "another four words here"}, headers=HERE).status_code == 410


def test_another_site_cannot_send_the_forms(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    for path in ("/account/forgotten", "/account/reset/x", "/account/invitation/x", "/account/email/x"):
        answer = client.post(path, data={"email": people.editor}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["reset", "invitation", "email"])
def test_a_link_that_was_made_up_is_over(client: FlaskClient, kind: str) -> None:
    for secret in ("x", "a" * 5000, "%00", "../account"):
        assert client.get(f"/account/{kind}/{secret}").status_code in (400, 404, 410)


def test_a_new_address_is_confirmed_by_a_button(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    editor = sign_in(client, people.editor)
    given = {"email": "new@example.kz", "password": "not the password"}
    assert editor.post("/account/email", data=given, headers=HERE).status_code == 400
    assert editor.post("/account/email", data=given | {"password": PASSWORD}, headers=HERE).status_code == 303
    path = letter_links(peopled)["new@example.kz"]
    assert "new@example.kz" in editor.get(path).text
    assert people.editor in editor.get("/account").text
    assert editor.post(path, headers=HERE).status_code == 303
    assert "new@example.kz" in editor.get("/account").text


def test_a_change_of_password_gives_the_browser_another_secret(
    client: FlaskClient, people: People, peopled: Catalogue
) -> None:
    editor = sign_in(client, people.editor)
    before = editor.get_cookie("session")
    editor.post("/account/password", data={"old": PASSWORD, "new": NEW}, headers=HERE)
    after = editor.get_cookie("session")
    assert before
    assert after
    assert before.value != after.value
    assert editor.get("/account").status_code == 200


def test_sessions_are_shown_and_ended(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    other = client.application.test_client()
    for browser in (other, client):
        sign_in(browser, people.editor)
    page = client.get("/en/account/sessions").text
    (path,) = re.findall(r"/en(/account/sessions/[0-9a-f-]{36}/end)", page)
    assert client.post(path, headers=HERE).status_code == 303
    assert other.get("/account").status_code == 303
    assert client.post("/account/sessions/end-others", headers=HERE).status_code == 303
    with peopled.sessions.read() as session:
        assert len(session.scalars(select(UserSession)).all()) == 1


def test_name_and_language_are_ones_own(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    editor = sign_in(client, people.editor)
    assert editor.post("/en/account/profile", data={"name": " ", "language": "xx"}, headers=HERE).status_code == 400
    assert editor.post("/account/profile", data={"name": "Бек", "language": "kk"}, headers=HERE).status_code == 303
    assert "Бек" in editor.get("/account").text
