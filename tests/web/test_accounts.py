"""Signing in, one's own password and tokens, and whom the limits spare."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from opendata.services import accounts
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from tests.conftest import Clock
from tests.web.people import HERE, PASSWORD, People, sign_in

Site = Callable[..., FlaskClient]
ALL = {"token_scopes": ["read", "write", "manage"]}
TOKEN = re.compile(r"odk_[\w-]{40,}")


@pytest.fixture
def editor(client: FlaskClient, people: People) -> FlaskClient:
    """An editor's browser, signed in."""
    return sign_in(client, people.editor)


def test_form_has_labels_and_says_what_browsers_may_fill_in(client: FlaskClient) -> None:
    page = client.get("/en/account/sign-in").text
    for name, hint in (("email", "username"), ("password", "current-password")):
        assert f'<label for="field-{name}">' in page
        assert re.search(rf'<input id="field-{name}"[^>]*autocomplete="{hint}"', page)


def test_nothing_of_the_form_is_kept(client: FlaskClient) -> None:
    assert client.get("/account/sign-in").headers["Cache-Control"] == "no-store"


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient, people: People) -> None:
    answer = client.post("/account/sign-in", data={"email": people.editor, "password": PASSWORD}, headers=HERE)
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("session="))
    assert answer.status_code == 303
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host(site: Site, people: People) -> None:
    client = site(site={"url": "https://data.example.kz"})
    host = {"Host": "data.example.kz", **HERE}
    answer = client.post("/account/sign-in", data={"email": people.editor, "password": PASSWORD}, headers=host)
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("__Host-session="))
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_unknown_account_and_wrong_password_are_answered_alike(client: FlaskClient, people: People) -> None:
    pages = [
        client.post("/en/account/sign-in", data={"email": email, "password": "not the password"}, headers=HERE)
        for email in (people.editor, "nobody@example.kz")
    ]
    assert [page.status_code for page in pages] == [403, 403]
    assert pages[0].text.replace(people.editor, "") == pages[1].text.replace("nobody@example.kz", "")
    assert 'aria-describedby="refused"' in pages[0].text


def test_typed_address_is_kept_and_escaped_and_the_password_is_not(client: FlaskClient) -> None:
    page = client.post("/account/sign-in", data={"email": '"><b>x', "password": "secret words"}, headers=HERE).text
    assert 'value="&#34;&gt;&lt;b&gt;x"' in page
    assert "secret words" not in page


def test_guessing_is_slowed_down(site: Site, people: People, clock: Clock) -> None:
    client = site(security={"sign_in_attempts": 3})
    wrong = {"email": people.editor, "password": "not the password"}
    assert [client.post("/account/sign-in", data=wrong, headers=HERE).status_code for _ in range(3)] == [403] * 3
    right = {"email": people.editor, "password": PASSWORD}
    refused = client.post("/en/account/sign-in", data=right, headers=HERE)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    assert "Try again in 15 minutes." in refused.text
    clock.advance(minutes=16)
    assert client.post("/account/sign-in", data=right, headers=HERE).status_code == 303


def test_a_browser_is_known_after_signing_out_and_strangers_do_not_lock_it_out(site: Site, people: People) -> None:
    client, stranger = site(security={"sign_in_attempts": 2}), site(security={"sign_in_attempts": 2})
    right = {"email": people.editor, "password": PASSWORD}
    client.post("/account/sign-in", data=right, headers=HERE)
    client.post("/account/sign-out", headers=HERE)
    kept = client.get_cookie("known-browser")
    assert kept is not None
    assert (kept.http_only, kept.path) == (True, "/")
    far = {"REMOTE_ADDR": "198.51.100.7"}
    for password in ("wrong", "wrong", PASSWORD):
        answer = stranger.post(
            "/account/sign-in", data=right | {"password": password}, headers=HERE, environ_overrides=far
        )
    assert answer.status_code == 429
    assert client.post("/account/sign-in", data=right, headers=HERE, environ_overrides=far).status_code == 303


@pytest.mark.parametrize(
    "given", ["//evil.example", "/\\evil.example", "https://evil.example", "\t//evil.example", "x"]
)
def test_next_leads_nowhere_else(client: FlaskClient, people: People, given: str) -> None:
    data = {"email": people.editor, "password": PASSWORD, "next": given}
    assert client.post("/account/sign-in", data=data, headers=HERE).headers["Location"] == "/desk"
    assert "evil" not in client.get("/account/sign-in", query_string={"next": given}).text


def test_next_leads_back_to_the_page(client: FlaskClient, people: People) -> None:
    asked = client.get("/ru/desk/jobs?source=x")
    assert asked.headers["Location"] == "/ru/account/sign-in?next=/ru/desk/jobs?source%3Dx"
    data = {"email": people.editor, "password": PASSWORD, "next": "/ru/desk/jobs?source=x"}
    answer = client.post("/ru/account/sign-in", data=data, headers=HERE)
    assert answer.headers["Location"] == "/ru/desk/jobs?source=x"


def test_form_of_another_site_signs_nobody_in(client: FlaskClient, people: People) -> None:
    data = {"email": people.editor, "password": PASSWORD}
    answer = client.post("/account/sign-in", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert not any(value.startswith("session=") for value in answer.headers.getlist("Set-Cookie"))


def test_signing_out_ends_the_session_in_the_store_too(editor: FlaskClient) -> None:
    kept = editor.get_cookie("session")
    assert kept is not None
    assert editor.post("/account/sign-out", headers=HERE).status_code == 303
    assert editor.get_cookie("session") is None
    editor.set_cookie("session", kept.value)
    assert editor.get("/account").status_code == 303


def test_session_ends_by_itself(editor: FlaskClient, clock: Clock) -> None:
    assert editor.get("/account").status_code == 200
    clock.advance(days=15)
    assert editor.get("/account").status_code == 303


def test_public_pages_are_kept_nowhere_once_somebody_is_signed_in(client: FlaskClient, people: People) -> None:
    assert client.get("/about").headers["Cache-Control"] == "no-cache"
    assert sign_in(client, people.editor).get("/about").headers["Cache-Control"] == "no-store"


def test_account_tells_who_one_is(editor: FlaskClient, people: People) -> None:
    page = editor.get("/ru/account").text
    assert people.editor in page
    assert 'href="/ru/organization/su"' in page
    assert "Редактор" in page


def test_token_is_shown_once_opens_and_is_revoked(editor: FlaskClient, client: FlaskClient) -> None:
    made = editor.post("/account/tokens", data={"token_name": "сценарий", "token_days": "30", **ALL}, headers=HERE)
    (token,) = set(TOKEN.findall(made.text))
    page = editor.get("/account").text
    assert "сценарий" in page
    assert not TOKEN.search(page)
    other = editor.application.test_client()
    assert other.get("/desk/jobs", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    address = re.search(r"/account/tokens/[0-9a-f-]{36}/revoke", page)
    assert address is not None
    assert editor.post(address[0], headers=HERE).status_code == 303
    assert other.get("/desk/jobs", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert editor.post(address[0], headers=HERE).status_code == 404


def test_nobody_revokes_the_token_of_another(editor: FlaskClient, people: People, peopled: Catalogue) -> None:
    editor.post("/account/tokens", data={"token_name": "a", **ALL}, headers=HERE)
    address = re.search(r"/account/tokens/[0-9a-f-]{36}/revoke", editor.get("/account").text)
    assert address is not None
    admin = sign_in(editor.application.test_client(), people.admin)
    assert admin.post(address[0], headers=HERE).status_code == 404


@pytest.mark.parametrize("days", ["0", "-1", "3651", "x", "9" * 30, "١"])
def test_wrong_days_are_said_at_their_field_and_nothing_typed_is_lost(editor: FlaskClient, days: str) -> None:
    answer = editor.post(
        "/en/account/tokens", data={"token_name": "my <name>", "token_days": days, **ALL}, headers=HERE
    )
    assert answer.status_code == 400
    assert 'value="my &lt;name&gt;"' in answer.text
    assert re.search(r'<input id="field-token_days"[^>]*aria-describedby="[^"]*error-token_days"', answer.text)
    assert not TOKEN.search(answer.text)


def test_token_makes_no_tokens_and_changes_no_password(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    bearer = {"Authorization": f"Bearer {accounts.create_token(peopled, people.sysadmin)}"}
    assert client.post("/account/tokens", data={"token_name": "a"}, headers=bearer).status_code == 401
    assert client.post("/account/password", data={"old": PASSWORD, "new": "x" * 12}, headers=bearer).status_code == 401
    assert client.get("/account", headers=bearer).status_code == 401


def test_new_password_ends_the_other_sessions(editor: FlaskClient, people: People) -> None:
    elsewhere = sign_in(editor.application.test_client(), people.editor)
    data = {"old": PASSWORD, "new": "quite another one"}
    assert editor.post("/account/password", data=data, headers=HERE).headers["Location"] == "/account?done=password"
    assert editor.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    sign_in(elsewhere, people.editor, "quite another one")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("wrong password", "quite another one", "old"), (PASSWORD, "short", "new"), (PASSWORD, PASSWORD, "new")],
)
def test_password_that_cannot_be_is_refused_at_its_field(
    editor: FlaskClient, people: People, old: str, new: str, field: str
) -> None:
    answer = editor.post("/account/password", data={"old": old, "new": new}, headers=HERE)
    assert answer.status_code == 400
    assert re.search(rf'<input id="field-{field}"[^>]*aria-invalid="true"[^>]*error-{field}', answer.text)
    assert old not in answer.text
    sign_in(editor.application.test_client(), people.editor)


def test_present_password_cannot_be_guessed_without_end(site: Site, people: People) -> None:
    client = sign_in(site(security={"sign_in_attempts": 2}), people.editor)
    wrong = {"old": "wrong password", "new": "quite another one"}
    statuses = [client.post("/account/password", data=wrong, headers=HERE).status_code for _ in range(3)]
    assert statuses == [400, 400, 429]


def test_one_time_password_opens_nothing_but_its_change(
    client: FlaskClient, people: People, peopled: Catalogue
) -> None:
    password = accounts.add_user(peopled, SYSTEM, accounts.NewUser("Жаңа", "new@example.kz", sysadmin=True))
    sign_in(client, "new@example.kz", password)
    for path in ("/desk", "/desk/sources", "/account"):
        assert client.get(path).headers["Location"].startswith("/account/password?next=")
    assert client.post("/account/tokens", data={"token_name": "a"}, headers=HERE).status_code == 403
    assert client.post("/desk/sources/river/run", headers=HERE).status_code == 403
    data = {"old": password, "new": "only mine from now", "next": "/desk"}
    assert client.post("/account/password", data=data, headers=HERE).headers["Location"] == "/desk"
    assert client.get("/desk").status_code == 200


@pytest.mark.parametrize(
    "header",
    [{"Authorization": "Bearer odk_wrong"}, {"Authorization": "odk_wrong"}, {"X-CKAN-API-Key": "odk_wrong"}],
)
def test_unknown_token_is_refused_and_not_overlooked(client: FlaskClient, header: dict[str, str]) -> None:
    answer = client.get("/search?q=x", headers={**header, "Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.is_json
    assert answer.get_json()["code"] == "sign_in"


def test_expired_token_is_refused(client: FlaskClient, people: People, peopled: Catalogue, clock: Clock) -> None:
    bearer = {"Authorization": f"Bearer {accounts.create_token(peopled, people.editor, days=1)}"}
    assert client.get("/desk", headers=bearer).status_code == 200
    clock.advance(days=2)
    assert client.get("/desk", headers=bearer).status_code == 401


def test_credentials_for_a_proxy_are_no_token_of_ours(client: FlaskClient) -> None:
    assert client.get("/about", headers={"Authorization": "Basic dTpw"}).status_code == 200


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "{}", "key"])
def test_limits_spare_those_with_a_token(site: Site, people: People, peopled: Catalogue, form: str) -> None:
    client = site(security={"searches_per_minute": 2})
    token = accounts.create_token(peopled, people.member)
    header = {"X-CKAN-API-Key": token} if form == "key" else {"Authorization": form.format(token)}
    far = {"REMOTE_ADDR": "203.0.113.7"}
    assert [client.get("/search", environ_base=far).status_code for _ in range(3)] == [200, 200, 429]
    assert [client.get("/search", environ_base=far, headers=header).status_code for _ in range(3)] == [200] * 3


def test_limits_spare_this_machine_but_not_what_came_through_a_proxy_on_it(site: Site) -> None:
    client = site(security={"searches_per_minute": 1})
    assert [client.get("/search").status_code for _ in range(3)] == [200] * 3
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    assert [client.get("/search", headers=forwarded).status_code for _ in range(2)] == [200, 429]


def test_session_does_not_lift_the_limits(site: Site, people: People) -> None:
    client = sign_in(site(security={"searches_per_minute": 1}), people.editor)
    far = {"REMOTE_ADDR": "203.0.113.7"}
    assert [client.get("/search", environ_base=far).status_code for _ in range(2)] == [200, 429]
