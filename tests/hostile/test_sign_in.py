"""Attacks on the way in: planted sessions, forged and replayed answers, addresses that lead elsewhere, guesses."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.bootstrap import open_catalogue
from opendata.config import Config, load_config
from opendata.errors import NotAllowed
from opendata.services import accounts, passwords, second_factor
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.settings import ProviderSettings
from opendata.store.accounts import User, UserIdentity, UserSession
from opendata.store.states import UserState
from opendata.web.app import create_app
from tests.conftest import Clock, settings
from tests.servers import provider as servers
from tests.servers.provider import CLIENT, SECRET, Provider, running
from tests.web.codes import set_up
from tests.web.people import HERE, PASSWORD

SITE = "https://data.example.kz"
DOMAIN = "data.example.kz"
VICTIM, SSO_ONLY, BLOCKED, INVITED = (f"{name}@example.kz" for name in ("victim", "sso", "blocked", "invited"))
ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "///evil.example", "/\n/evil.example", "https:evil.example", "javascript:alert(1)", "data:text/html,x",
    "evil.example", "/%0d%0aX: y\r\nX: y", " //evil.example", "http:\\\\evil.example", "/\x01/evil.example",
    "//[evil.example", "/\u2028/evil.example",
)  # fmt: skip


class Browser(FlaskClient):
    """Speaks HTTPS with the site's own host."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """As FlaskClient.open."""
        return super().open(*args, **{"base_url": SITE, **kwargs})


@dataclass
class Place:
    """A site over HTTPS with a provider, both of which an attacker may use as everybody may."""

    catalogue: Catalogue
    app: Flask
    clock: Clock
    provider: Provider
    other: Provider

    def browser(self) -> FlaskClient:
        """One that was never here."""
        return Browser(self.app, self.app.response_class, use_cookies=True)

    def signed_in(self, email: str = VICTIM) -> FlaskClient:
        """A browser with a session."""
        client = self.browser()
        answer = client.post("/account/sign-in", data={"email": email, "password": PASSWORD}, headers=HERE)
        assert answer.status_code == 303, answer.text
        return client

    def begun(self, client: FlaskClient, wanted: str = "", provider: str = "agency") -> str:
        """A sign-in under way; what the browser is sent back to."""
        answer = client.get(f"/account/sso/{provider}/start", query_string={"next": wanted})
        knows = self.provider if provider == "agency" else self.other
        return knows.visit(answer.headers["Location"])

    def sessions(self) -> int:
        """How many there are."""
        with self.catalogue.sessions.read() as session:
            return len(session.scalars(select(UserSession.id)).all())


@pytest.fixture(scope="module")
def shared(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for the module; each test comes a day later."""
    home = shutil.copytree(prepared, tmp_path_factory.mktemp("sign-in") / "home")
    clock = Clock(dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC))
    with running(clock) as provider, running(clock) as other:
        catalogue = open_catalogue(_config(home, provider, other), clock)
        _fill(catalogue)
        yield Place(catalogue, create_app(catalogue), clock, provider, other)
        catalogue.close()


def _config(home: Path, provider: Provider, other: Provider) -> Config:
    config = load_config(environ=settings(home))
    known = tuple(
        ProviderSettings(name=name, title=name, issuer=one.issuer, client_id=CLIENT)
        for name, one in (("agency", provider), ("other", other))
    )
    secrets = f"agency={SECRET}\nother={SECRET}"
    table = replace(config.sign_in, providers=known, client_secrets=secrets, allow_addresses=("127.0.0.1",))
    return replace(config, sign_in=table, site=replace(config.site, url=SITE))


def _fill(catalogue: Catalogue) -> None:
    for email in (VICTIM, SSO_ONLY, BLOCKED, INVITED):
        accounts.add_user(catalogue, SYSTEM, accounts.NewUser(email, email, PASSWORD))
    with catalogue.sessions.write.begin() as session:
        rows = {row.email: row for row in session.scalars(select(User))}
        rows[SSO_ONLY].password_hash = None
        rows[BLOCKED].state, rows[INVITED].state = UserState.BLOCKED, UserState.PENDING
        rows[INVITED].password_hash = None
        now = catalogue.now()
        session.add(
            UserIdentity(user_id=rows[SSO_ONLY].id, issuer=_issuer(catalogue), subject="42", email="", created=now)
        )


def _issuer(catalogue: Catalogue) -> str:
    return catalogue.config.sign_in.providers[0].issuer


@pytest.fixture
def place(shared: Place) -> Place:
    """The place on another day, with an honest provider."""
    shared.clock.advance(days=1)
    shared.provider.sign, shared.provider.claims = None, {}
    with shared.catalogue.sessions.write.begin() as session:
        for row in session.scalars(select(UserSession)):
            session.delete(row)
    return shared


# Sessions that somebody planted


def test_planted_session_does_not_become_the_victims(place: Place) -> None:
    client = place.browser()
    client.set_cookie("__Host-session", "planted", domain=DOMAIN, secure=True)
    client.post("/account/sign-in", data={"email": VICTIM, "password": PASSWORD}, headers=HERE)
    thief = place.browser()
    thief.set_cookie("__Host-session", "planted", domain=DOMAIN, secure=True)
    assert thief.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_session_of_the_attacker_ends_where_the_victim_signs_in(place: Place) -> None:
    client = place.signed_in()
    before = client.get_cookie("__Host-session", domain=DOMAIN)
    assert before is not None
    client.post("/account/sign-in", data={"email": VICTIM, "password": PASSWORD}, headers=HERE)
    after = client.get_cookie("__Host-session", domain=DOMAIN)
    assert after is not None
    assert before.value != after.value
    assert place.sessions() == 1


def test_name_of_the_cookie_without_its_prefix_is_not_read(place: Place) -> None:
    client = place.signed_in()
    kept = client.get_cookie("__Host-session", domain=DOMAIN)
    assert kept is not None
    other = place.browser()
    other.set_cookie("session", kept.value, domain=DOMAIN)
    assert other.get("/account").status_code == 303


def test_every_cookie_is_bound_to_the_host_and_out_of_reach_of_scripts(place: Place) -> None:
    client = place.browser()
    answers = [client.get("/account/sso/agency/start")]
    answers.append(client.get(place.begun(client)))
    answers.append(client.post("/account/sign-out", headers=HERE))
    answers.append(client.post("/account/sign-in", data={"email": VICTIM, "password": PASSWORD}, headers=HERE))
    app, _ = set_up(client, place.clock)
    waiting = place.browser()
    answers.append(waiting.post("/account/sign-in", data={"email": VICTIM, "password": PASSWORD}, headers=HERE))
    answers.append(
        waiting.post("/account/sign-in/code", data={"code": app.code(place.clock, later=True)}, headers=HERE)
    )
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    names = {cookie.partition("=")[0] for cookie in cookies} - {"language"}
    assert names == {"__Host-session", "__Host-sso", "__Host-second-step", "__Host-known-browser"}
    for cookie in cookies:
        flags = {part.strip().casefold() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags, cookie
        assert not any(flag.startswith("domain") for flag in flags), cookie
    second_factor.take_off(place.catalogue, SYSTEM, VICTIM)


# Addresses that lead elsewhere


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_next_leads_elsewhere(place: Place, elsewhere: str) -> None:
    client = place.browser()
    answers = [client.get("/account/sign-in", query_string={"next": elsewhere})]
    form = {"email": VICTIM, "password": PASSWORD, "next": elsewhere}
    answers.append(client.post("/account/sign-in", data=form, headers=HERE))
    answers.append(client.get("/account/sign-in", query_string={"next": elsewhere}))
    form = {"old": PASSWORD, "new": PASSWORD, "next": elsewhere}
    answers.append(client.post("/account/password", data=form, headers=HERE))
    pages = [client.get(f"/account/{page}", query_string={"next": elsewhere}) for page in ("password", "second-factor")]
    other = place.browser()
    answers.append(other.get(place.begun(other, elsewhere)))
    for answer in [*answers, *pages]:
        location = answer.headers.get("Location", "/")
        assert re.match(r"/(?![/\\])[\x21-\x7e]*\Z", location), location
        assert "evil" not in location
        _assert_leads_nowhere_else(answer.get_data(as_text=True))
    assert answers[-1].status_code == 303


def _assert_leads_nowhere_else(page: str) -> None:
    """The languages' links keep the query as it is; what counts is where they lead, and what the form brings back."""
    assert not re.search(r'value="[^"]*evil', page)
    for target in re.findall(r'(?:href|action)="([^"]*evil[^"]*)"', page):
        assert re.match(rf"(?:{re.escape(SITE)})?/(?![/\\])[^?]*\?next=", target), target


def test_next_of_the_second_step_and_of_its_setting_up_stays_here(place: Place) -> None:
    client = place.signed_in()
    app, _ = set_up(client, place.clock)
    for elsewhere in ELSEWHERE:
        other = place.browser()
        form = {"email": VICTIM, "password": PASSWORD, "next": elsewhere}
        other.post("/account/sign-in", data=form, headers=HERE)
        done = second_step_here(other, app.code(place.clock, later=True))
        assert done.headers["Location"] == "/account", elsewhere
    second_factor.take_off(place.catalogue, SYSTEM, VICTIM)


def second_step_here(client: FlaskClient, code: str) -> Any:
    return client.post("/account/sign-in/code", data={"code": code}, headers=HERE)


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-URL"])
def test_host_header_is_nobodys_word(place: Place, name: str) -> None:
    client = place.browser()
    evil = {name: "evil.example"}
    answer = client.get("/account/sso/agency/start", headers=evil)
    if name == "Host":
        assert answer.status_code == 400
        return
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["redirect_uri"] == [f"{SITE}/account/sso/agency/return"]
    form = {"email": VICTIM, "password": PASSWORD}
    signed = client.post("/account/sign-in", data=form, headers={**evil, **HERE})
    assert signed.headers["Location"] == "/account"


# Who has an account


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parameters of every hash that a password is compared with from now on."""
    compared: list[str] = []
    hasher = passwords._hasher

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            compared.append(stored.rpartition("$")[0].rpartition("$")[0])
            return hasher.verify(stored, password)

        def hash(self, password: str) -> str:
            return hasher.hash(password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    return compared


def test_no_account_is_told_from_another_by_answer_or_by_work(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = _counted(monkeypatch)
    seen: list[tuple[object, ...]] = []
    for email in (VICTIM, SSO_ONLY, BLOCKED, INVITED, "nobody@example.kz", "x" * 300 + "@example.kz"):
        form = {"email": email, "password": "not the password", "next": "/desk"}
        answer = place.browser().post("/en/account/sign-in", data=form, headers=HERE)
        words = answer.text.replace(email, "")
        # When a cookie ends is told to the second.
        headers = [
            (key, re.sub(r"Expires=[^;]+", "", value)) for key, value in answer.headers if key != "Content-Length"
        ]
        seen.append((answer.status_code, words, headers))
    for other in seen:
        assert other == seen[0]
    assert len(compared) == 6, "one hash for each, whether there is an account or not"
    assert len(set(compared)) == 1, "and each costs the same"


@pytest.mark.parametrize("email", [BLOCKED, INVITED, SSO_ONLY])
def test_right_password_of_an_account_that_is_not_open_says_nothing_more(place: Place, email: str) -> None:
    form = {"email": email, "password": PASSWORD}
    answer = place.browser().post("/en/account/sign-in", data=form, headers=HERE)
    nobody = {"email": "nobody@example.kz", "password": PASSWORD}
    other = place.browser().post("/en/account/sign-in", data=nobody, headers=HERE)
    assert (answer.status_code, answer.text.replace(email, "")) == (
        other.status_code,
        other.text.replace("nobody@example.kz", ""),
    )


def test_second_step_is_not_shown_without_the_password(place: Place) -> None:
    client = place.signed_in()
    set_up(client, place.clock)
    wrong = place.browser().post("/account/sign-in", data={"email": VICTIM, "password": "not it at all"}, headers=HERE)
    assert wrong.status_code == 403
    assert not [value for value in wrong.headers.getlist("Set-Cookie") if "second-step" in value]
    second_factor.take_off(place.catalogue, SYSTEM, VICTIM)


@pytest.mark.parametrize("email", [VICTIM, BLOCKED, "nobody@example.kz"])
def test_unverified_email_of_a_provider_tells_nothing_of_accounts(place: Place, email: str) -> None:
    place.provider.claims = {"sub": "stranger", "email": email, "email_verified": False}
    client = place.browser()
    answer = client.get(place.begun(client))
    assert answer.status_code == 403
    assert "no account here is linked" in client.get(place.begun(client), headers={"Accept-Language": "en"}).text


# Codes


def test_one_code_at_once_in_many_browsers_opens_one_session(place: Place) -> None:
    app, _ = set_up(place.signed_in(), place.clock)
    waiting = [place.browser() for _ in range(4)]
    for client in waiting:
        client.post("/account/sign-in", data={"email": VICTIM, "password": PASSWORD}, headers=HERE)
    code, before = app.code(place.clock, later=True), place.sessions()
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda one: second_step_here(one, code), waiting))
    assert statuses == [303, 403, 403, 403]
    assert place.sessions() == before + 1
    second_factor.take_off(place.catalogue, SYSTEM, VICTIM)


def test_note_of_one_step_is_nothing_in_another(place: Place) -> None:
    client = place.browser()
    client.get("/account/sso/agency/start")
    note = client.get_cookie("__Host-sso", domain=DOMAIN)
    assert note is not None
    for name in ("__Host-second-step", "__Host-sso-confirm", "__Host-session"):
        client.set_cookie(name, note.value, domain=DOMAIN, secure=True)
    assert client.get("/account/sign-in/code").headers["Location"] == "/account/sign-in"
    assert client.get("/account/sso/confirm").headers["Location"] == "/account/sign-in"
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("note", ["", "x", "é", "gAAAAA", "a" * 5000, "gAAAAABn" + "A" * 200])
def test_damaged_note_is_none(place: Place, note: str) -> None:
    for name, path in (("second-step", "sign-in/code"), ("sso-confirm", "sso/confirm")):
        client = place.browser()
        client.environ_base["HTTP_COOKIE"] = f"__Host-{name}={note}".encode().decode("latin-1")
        assert client.get(f"/account/{path}").status_code == 303
        form = {"code": "000000", "password": PASSWORD}
        assert client.post(f"/account/{path}", data=form, headers=HERE).status_code == 303
    assert place.sessions() == 0


# What a provider, or somebody in its name, sends back


def _hs256(key: bytes) -> Callable[[dict[str, Any]], str]:
    def sign(claims: dict[str, Any]) -> str:
        parts = [json.dumps({"alg": "HS256", "kid": "one"}).encode(), json.dumps(claims).encode()]
        text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        return (text + b"." + base64.urlsafe_b64encode(hmac.digest(key, text, hashlib.sha256)).rstrip(b"=")).decode()

    return sign


def _own_key(claims: dict[str, Any]) -> str:
    from joserfc import jwt

    header = {"alg": "RS256", "jwk": servers.OTHER_KEY.as_dict(private=False)}
    return jwt.encode(header, claims, servers.OTHER_KEY, algorithms=["RS256"])


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "nobody's signature": servers.unsigned,
    "another key of the same name": lambda claims: servers.signed(claims, servers.OTHER_KEY),
    "a key that it brings itself": _own_key,
    "the client secret": _hs256(SECRET.encode()),
    "the public key as a secret": _hs256(servers.KEY.as_pem(private=False)),
    "no signature left": lambda claims: servers.signed(claims).rpartition(".")[0] + ".",
    "other claims under the signature": lambda claims: ".".join(
        [
            servers.signed(claims).split(".")[0],
            base64.urlsafe_b64encode(json.dumps({**claims, "x": 1}).encode()).rstrip(b"=").decode(),
            servers.signed(claims).split(".")[2],
        ]
    ),
    "no token": lambda claims: "token",
    "an empty token": lambda claims: "",
    "a token that never ends": lambda claims: servers.signed(claims) + "A" * 40_000,
}


@pytest.mark.parametrize("how", FORGERIES)
def test_forged_signature_opens_nothing(place: Place, how: str) -> None:
    place.provider.sign = FORGERIES[how]
    client = place.browser()
    assert client.get(place.begun(client)).status_code == 400
    assert place.sessions() == 0


FALSE_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "issuer with a slash": {"iss": "http://127.0.0.1/"},
    "for another site": {"aud": "evil"},
    "for nobody": {"aud": None},
    "for several, issued to nobody": {"aud": [CLIENT, "evil"]},
    "for several, issued to another": {"aud": [CLIENT, "evil"], "azp": "evil"},
    "issued to another": {"azp": "evil"},
    "of another request": {"nonce": "another"},
    "of no request": {"nonce": None},
    "with a number as nonce": {"nonce": 1},
    "over": {"exp": 1_700_000_000},
    "without an end": {"exp": None},
    "with an end in words": {"exp": "tomorrow"},
    "of last week": {"iat": 1_700_000_000},
    "of tomorrow": {"iat": 4_000_000_000},
    "of no time": {"iat": None},
    "not yet": {"nbf": 4_000_000_000},
    "of nobody": {"sub": None},
    "of an empty name": {"sub": ""},
    "of a number": {"sub": 42},
    "of a name without end": {"sub": "x" * 256},
}


@pytest.mark.parametrize("what", FALSE_CLAIMS)
def test_token_that_says_what_it_must_not_opens_nothing(place: Place, what: str) -> None:
    place.provider.claims = FALSE_CLAIMS[what]
    client = place.browser()
    assert client.get(place.begun(client)).status_code == 400
    assert place.sessions() == 0


def test_honest_token_opens_the_account_that_is_linked(place: Place) -> None:
    client = place.browser()
    assert client.get(place.begun(client)).status_code == 303
    assert SSO_ONLY in client.get("/account").text


def test_state_of_another_browser_is_refused(place: Place) -> None:
    attacker, victim = place.browser(), place.browser()
    answer = place.begun(attacker)
    assert victim.get(answer).status_code == 400
    victim.get("/account/sso/agency/start")
    assert victim.get(answer).status_code == 400
    assert place.sessions() == 0


def test_answer_is_used_once(place: Place) -> None:
    client = place.browser()
    answer = place.begun(client)
    kept = client.get_cookie("__Host-sso", domain=DOMAIN)
    assert kept is not None
    assert client.get(answer).status_code == 303
    assert client.get(answer).status_code == 400
    client.set_cookie("__Host-sso", kept.value, domain=DOMAIN, secure=True)
    client.delete_cookie("__Host-session", domain=DOMAIN)
    assert client.get(answer).status_code == 400
    assert place.sessions() == 1


def test_answer_that_comes_late_is_refused(place: Place) -> None:
    client = place.browser()
    answer = place.begun(client)
    place.clock.advance(minutes=11)
    assert client.get(answer).status_code == 400


@pytest.mark.parametrize("how", ["other sender", "no sender", "other path"])
def test_answer_of_one_provider_is_not_anothers(place: Place, how: str) -> None:
    client = place.browser()
    answer = place.begun(client)
    asked = len(place.provider.forms)
    if how == "other path":
        answer = answer.replace("/sso/agency/", "/sso/other/")
    else:
        own, _, _ = answer.partition("&iss=")
        answer = own + ("&iss=https://evil.example" if how == "other sender" else "")
    assert client.get(answer).status_code == 400
    assert (len(place.provider.forms), place.other.forms) == (asked, []), "and nobody was sent the code"


def test_signed_in_meanwhile_nobody_is_linked_by_surprise(place: Place) -> None:
    client = place.browser()
    answer = place.begun(client)
    client.post("/account/sign-in", data={"email": VICTIM, "password": PASSWORD}, headers=HERE)
    assert client.get(answer).status_code == 400
    with place.catalogue.sessions.read() as session:
        assert len(session.scalars(select(UserIdentity)).all()) == 1


def test_identity_of_the_attacker_is_not_linked_without_the_victims_password(place: Place) -> None:
    place.provider.claims = {"sub": "attacker", "email": "attacker@example.kz"}
    victim = place.signed_in()
    assert victim.get(place.begun(victim)).headers["Location"] == "/account/sso/confirm"
    with place.catalogue.sessions.read() as session:
        assert session.scalar(select(UserIdentity).where(UserIdentity.subject == "attacker")) is None
    stranger = place.browser()
    kept = victim.get_cookie("__Host-sso-confirm", domain=DOMAIN)
    assert kept is not None
    stranger.set_cookie("__Host-sso-confirm", kept.value, domain=DOMAIN, secure=True)
    answer = stranger.post("/account/sso/confirm", data={"password": "not the password"}, headers=HERE)
    assert answer.status_code == 400


def test_pages_of_strangers_words_are_escaped(place: Place) -> None:
    place.provider.claims = {"sub": "x", "email": '"><script>alert(1)</script>@example.kz', "email_verified": True}
    client = place.browser()
    page = client.get(place.begun(client)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


# Forms of other sites


def _posts(app: Flask) -> list[str]:
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/account") and "POST" in (rule.methods or ()):
            values = {name: UUID(int=1) if "id" in name else "x" for name in rule.arguments}
            with app.test_request_context():
                found.append(urlsplit(app.url_for(rule.endpoint, **values)).path)
    return found


def test_no_form_of_another_site_does_anything_at_the_account(place: Place) -> None:
    client = place.signed_in()
    before, posts = place.sessions(), _posts(place.app)
    assert len(posts) >= 9
    foreign = (
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": ""},
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://data.example.kz"}, {},
    )  # fmt: skip
    for path in posts:
        for headers in foreign:
            form = {"email": VICTIM, "password": PASSWORD, "old": PASSWORD, "new": "another long one", "code": "000000"}
            answer = client.post(path, data=form, headers=headers)
            assert answer.status_code == 403, (path, headers)
    assert (client.get("/account").status_code, place.sessions()) == (200, before)


def test_what_changes_something_is_no_link(place: Place) -> None:
    client = place.signed_in()
    for path in _posts(place.app):
        if client.get(path).status_code not in (404, 405):
            assert client.get("/account").status_code == 200, f"GET {path} ended the session"
    assert place.sessions() == 1


def test_wrong_guess_is_counted_even_when_the_answer_is_never_read(place: Place) -> None:
    with place.catalogue.sessions.read() as session:
        user_id = session.scalars(select(User.id).where(User.email == VICTIM)).one()
    for _ in range(second_factor.MOST_WRONG):
        with pytest.raises(NotAllowed):
            second_factor.prove(place.catalogue, user_id, "000000")
    place.clock.advance(minutes=16)
    with pytest.raises(NotAllowed):
        second_factor.prove(place.catalogue, user_id, "000000")
