"""Single sign-on: to which account an identity leads, and what the provider is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.services.catalogue import Catalogue
from opendata.settings import ProviderSettings
from opendata.store.accounts import MailedLink, User, UserIdentity, UserSession
from opendata.store.operations import DatasetEvent
from opendata.store.states import LinkKind, UserState
from tests.conftest import Clock
from tests.servers.provider import CLIENT, SECRET, Provider, running
from tests.web.codes import second_step, set_up
from tests.web.filling import changed, filled, send
from tests.web.people import HERE, PASSWORD, People, sign_in

Sso = Callable[..., FlaskClient]
URL = "http://localhost"


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    """A provider that knows somebody."""
    with running(clock) as made:
        yield made


@pytest.fixture
def sso(site: Callable[..., FlaskClient], people: People, provider: Provider) -> Sso:
    """Makes a browser before the site that knows the provider, with such settings of it."""

    def make(security: dict[str, Any] | None = None, **settings: Any) -> FlaskClient:
        known = ProviderSettings(name="agency", title="Agency ID", issuer=provider.issuer, client_id=CLIENT, **settings)
        sign_in_table = {
            "providers": (known,),
            "client_secrets": f"agency={SECRET}",
            "allow_addresses": ("127.0.0.1",),
        }
        return site(site={"url": URL}, sign_in=sign_in_table, security=security or {})

    return make


def through(client: FlaskClient, provider: Provider, wanted: str = "/ru/desk/jobs") -> Any:
    """There and back; the site's answer to what comes back."""
    begun = client.get("/account/sso/agency/start", query_string={"next": wanted})
    assert begun.status_code == 303, begun.text
    return client.get(provider.visit(begun.headers["Location"]))


def linked(client: FlaskClient, provider: Provider, people: People) -> None:
    """The editor's account is linked with who signs in at the provider."""
    provider.person["email"] = people.editor
    assert through(client, provider).headers["Location"] == "/account/sso/confirm"
    assert client.post("/account/sso/confirm", data={"password": PASSWORD}, headers=HERE).status_code == 303


def test_button_leads_to_the_provider_and_back_to_the_page(sso: Sso, provider: Provider, people: People) -> None:
    client = sso()
    page = client.get("/en/account/sign-in?next=/ru/desk/jobs").text
    assert re.search(r'href="/en/account/sso/agency/start\?next=/ru/desk/jobs"[^>]*>Agency ID</a>', page)
    linked(client, provider, people)
    other = client.application.test_client()
    answer = through(other, provider)
    assert answer.headers["Location"] == "/ru/desk/jobs"
    assert people.editor in other.get("/account").text
    assert other.get_cookie("sso") is None


def test_words_of_a_lapsed_session_are_sent_again_once_signed_in_by_a_provider(
    sso: Sso, provider: Provider, people: People
) -> None:
    path = "/en/desk/datasets/su-balansy/edit"
    client = sso()
    linked(client, provider, people)
    pairs = changed(filled(client.get(path).text), title__en="Words of an hour")
    client.post("/account/sign-out", headers=HERE)
    late = send(client, path, pairs)
    assert late.status_code == 401
    assert late.headers["Cache-Control"] == "no-store"
    start = re.search(r'href="([^"]*/sso/agency/start[^"]*)" target="_blank"', late.text)
    assert start
    begun = client.get(unescape(start[1]))
    back = client.get(provider.visit(begun.headers["Location"]))
    assert "Close this window" in client.get(back.headers["Location"]).text
    again = late.text[late.text.index('id="again"') :]
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', again)
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(unescape(name), []).append(unescape(value))
    assert client.post(path, data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    going_on = client.post(path, data=sent, headers=HERE)
    assert going_on.status_code == 303
    page = client.get(going_on.headers["Location"]).text
    assert dict(filled(page))["title.en"] == "Words of an hour"
    assert "These are your words of" in page


def test_request_says_all_that_the_standard_wants(sso: Sso, provider: Provider) -> None:
    client = sso()
    begun = client.get("/account/sso/agency/start").headers["Location"]
    asked = {key: values[0] for key, values in parse_qs(urlsplit(begun).query).items()}
    assert asked["redirect_uri"] == f"{URL}/account/sso/agency/return"
    assert asked["scope"] == "openid email profile"
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    again = client.get("/account/sso/agency/start").headers["Location"]
    assert not set(parse_qs(urlsplit(again).query)["state"]) & {asked["state"]}


def test_secret_and_verifier_go_to_the_provider_and_not_to_the_browser(sso: Sso, provider: Provider) -> None:
    client = sso()
    begun = client.get("/account/sso/agency/start")
    client.get(provider.visit(begun.headers["Location"]))
    (form,) = provider.forms
    assert form["redirect_uri"] == f"{URL}/account/sso/agency/return"
    assert form["code_verifier"] not in str(begun.headers)
    assert SECRET not in str(begun.headers)
    assert "client_secret" not in form


def test_who_is_unknown_gets_no_account(sso: Sso, provider: Provider, peopled: Catalogue) -> None:
    provider.person["email"] = "nobody@agency.kz"
    client = sso()
    answer = through(client, provider)
    assert answer.status_code == 403
    assert "nobody@agency.kz" in answer.text
    assert client.get_cookie("session") is None
    with peopled.sessions.read() as session:
        assert session.scalar(select(User.id).where(User.email == "nobody@agency.kz")) is None


def test_email_alone_takes_no_account_over(sso: Sso, provider: Provider, people: People, peopled: Catalogue) -> None:
    provider.person["email"] = people.sysadmin
    client = sso()
    assert through(client, provider).headers["Location"] == "/account/sso/confirm"
    assert client.get_cookie("session") is None
    assert client.get("/account").status_code == 303
    wrong = client.post("/account/sso/confirm", data={"password": "not the password"}, headers=HERE)
    assert wrong.status_code == 400
    assert re.search(r'<input id="field-password"[^>]*aria-invalid="true"', wrong.text)
    with peopled.sessions.read() as session:
        assert session.scalars(select(UserIdentity)).all() == []


@pytest.mark.parametrize("verified", [False, None, "false", 1])
def test_email_that_the_provider_did_not_verify_is_nobodys(
    sso: Sso, provider: Provider, people: People, verified: object
) -> None:
    provider.person |= {"email": people.editor, "email_verified": verified}
    client = sso()
    answer = through(client, provider)
    assert (answer.status_code, client.get_cookie("sso-confirm")) == (403, None)


def test_operator_may_say_that_its_emails_are_verified(sso: Sso, provider: Provider, people: People) -> None:
    provider.person |= {"email": people.editor, "email_verified": None}
    assert through(sso(verified_emails=True), provider).headers["Location"] == "/account/sso/confirm"


def test_guessing_the_password_of_an_account_is_slowed_down(sso: Sso, provider: Provider, people: People) -> None:
    provider.person["email"] = people.editor
    client = sso({"sign_in_attempts": 2})
    through(client, provider)
    wrong = {"password": "not the password"}
    answers = [client.post("/account/sso/confirm", data=wrong, headers=HERE).status_code for _ in range(3)]
    assert answers == [400, 400, 429]


def test_invitation_is_joined_by_a_verified_email(sso: Sso, provider: Provider, peopled: Catalogue) -> None:
    user_id = _invite(peopled, "new@agency.kz")
    provider.person |= {"email": "New@agency.kz", "name": "Жаңа Адам"}
    assert through(sso(), provider).headers["Location"] == "/ru/desk/jobs"
    with peopled.sessions.read() as session:
        user = session.get_one(User, user_id)
        assert (user.state, user.name) == (UserState.ACTIVE, "Жаңа Адам")
        assert session.scalars(select(MailedLink.used).where(MailedLink.user_id == user_id)).one() is not None
        told = session.scalars(select(DatasetEvent.action).where(DatasetEvent.object_id == user_id)).all()
    assert told[:2] == ["invitation accepted", "identity linked"]


@pytest.mark.parametrize("over", ["late", "unverified"])
def test_invitation_that_is_over_or_anothers_is_not(
    sso: Sso, provider: Provider, peopled: Catalogue, clock: Clock, over: str
) -> None:
    user_id = _invite(peopled, "new@agency.kz")
    provider.person |= {"email": "new@agency.kz", "email_verified": over != "unverified"}
    clock.advance(days=40 if over == "late" else 0)
    assert through(sso(), provider).status_code == 403
    with peopled.sessions.read() as session:
        assert session.get_one(User, user_id).state == UserState.PENDING


@pytest.mark.parametrize(
    ("email", "verified", "made"),
    [("new@agency.kz", True, True), ("new@agency.kz", False, False), ("new@evil.agency.kz", True, False)],
)
def test_members_of_the_house_get_an_account_where_the_settings_say_so(
    sso: Sso, provider: Provider, peopled: Catalogue, email: str, verified: bool, made: bool
) -> None:
    provider.person |= {"email": email, "email_verified": verified, "name": "Жаңа"}
    client = sso(create="member-domain", domains=("Agency.kz",))
    assert through(client, provider, "/account").status_code == (303 if made else 403)
    with peopled.sessions.read() as session:
        found = session.scalar(select(User).where(User.email == email))
    assert (found is not None) == made
    assert not made or (found is not None and found.password_hash is None and not found.sysadmin)


def test_blocked_account_is_not_opened(sso: Sso, provider: Provider, people: People, peopled: Catalogue) -> None:
    client = sso()
    linked(client, provider, people)
    with peopled.sessions.write.begin() as session:
        session.scalars(select(User).where(User.email == people.editor)).one().state = UserState.BLOCKED
    other = client.application.test_client()
    assert through(other, provider).status_code == 403
    assert other.get_cookie("session") is None


def test_second_factor_is_asked_for_after_the_provider_too(
    sso: Sso, provider: Provider, people: People, clock: Clock
) -> None:
    client = sso()
    linked(client, provider, people)
    app, _ = set_up(client, clock)
    other = client.application.test_client()
    assert through(other, provider).headers["Location"] == "/account/sign-in/code"
    assert other.get_cookie("session") is None
    assert second_step(other, app.code(clock, later=True)).headers["Location"] == "/ru/desk/jobs"


def test_provider_that_asks_for_a_second_factor_spares_ours(sso: Sso, provider: Provider, people: People) -> None:
    client = sso({"second_factor": "everybody"}, second_factor=True)
    linked(client, provider, people)
    other = client.application.test_client()
    assert through(other, provider).headers["Location"] == "/ru/desk/jobs"
    assert other.get("/account").status_code == 200
    password = sign_in(client.application.test_client(), people.editor)
    assert password.get("/account").headers["Location"].startswith("/account/second-factor?")


def test_linking_to_an_account_with_a_second_factor_wants_its_code(
    sso: Sso, provider: Provider, people: People, clock: Clock
) -> None:
    client = sso()
    app, _ = set_up(sign_in(client, people.editor), clock)
    provider.person["email"] = people.editor
    other = client.application.test_client()
    through(other, provider)
    for code in ("", "000000"):
        form = {"password": PASSWORD, "code": code}
        assert other.post("/account/sso/confirm", data=form, headers=HERE).status_code == 400
    form = {"password": PASSWORD, "code": app.code(clock, later=True)}
    assert other.post("/account/sso/confirm", data=form, headers=HERE).headers["Location"] == "/ru/desk/jobs"


def test_identity_is_linked_and_unlinked_at_the_account(
    sso: Sso, provider: Provider, people: People, peopled: Catalogue
) -> None:
    provider.person |= {"email": "private@mail.example", "email_verified": False}
    client = sign_in(sso(), people.editor)
    assert through(client, provider).headers["Location"] == "/account/sso/confirm"
    page = client.get("/en/account/sso/confirm").text
    assert people.editor in page
    assert "private@mail.example" in page
    assert client.post("/account/sso/confirm", data={"password": "wrong password"}, headers=HERE).status_code == 400
    done = client.post("/en/account/sso/confirm", data={"password": PASSWORD}, headers=HERE)
    account = client.get(done.headers["Location"]).text
    assert "private@mail.example" in account
    unlink = re.search(r"/account/sso/unlink/[0-9a-f-]{36}", account)
    assert unlink is not None
    stranger = sign_in(client.application.test_client(), people.admin)
    assert stranger.post(unlink[0], headers=HERE).status_code == 404
    assert client.post(unlink[0], headers=HERE).status_code == 303
    assert through(client.application.test_client(), provider).status_code == 403


def test_the_only_way_in_is_not_unlinked(sso: Sso, provider: Provider) -> None:
    provider.person |= {"email": "new@agency.kz"}
    client = sso(create="member-domain", domains=("agency.kz",))
    through(client, provider)
    unlink = re.search(r"/account/sso/unlink/[0-9a-f-]{36}", client.get("/account").text)
    assert unlink is not None
    assert client.post(unlink[0], headers=HERE).headers["Location"] == "/account?done=identity_stays"
    assert through(client.application.test_client(), provider).status_code == 303


def test_account_without_a_password_links_nothing_more(sso: Sso, provider: Provider, peopled: Catalogue) -> None:
    provider.person |= {"email": "new@agency.kz"}
    client = sso(create="member-domain", domains=("agency.kz",))
    through(client, provider)
    provider.person |= {"sub": "another", "email": "thief@mail.example"}
    assert through(client, provider).headers["Location"] == "/account/sso/confirm"
    page = client.get("/account/sso/confirm").text
    assert "/account/forgotten" in page
    assert "/account/sso/confirm" not in re.findall(r'action="([^"]+)"', page)
    assert client.post("/account/sso/confirm", data={"password": ""}, headers=HERE).status_code == 400
    with peopled.sessions.read() as session:
        assert session.scalars(select(UserIdentity.subject)).all() == ["42"]


def test_identity_of_one_account_is_not_taken_by_another(sso: Sso, provider: Provider, people: People) -> None:
    client = sso()
    linked(client, provider, people)
    admin = sign_in(client.application.test_client(), people.admin)
    assert through(admin, provider).status_code == 409
    assert people.admin in admin.get("/account").text


def test_provider_that_is_down_says_so_and_the_password_opens(sso: Sso, people: People, provider: Provider) -> None:
    provider.metadata["token_endpoint"] = ""
    client = sso()
    answer = client.get("/en/account/sso/agency/start")
    assert answer.status_code == 503
    assert "Agency ID does not answer at this moment." in answer.text
    assert 'href="/en/account/sign-in"' in answer.text
    asked = len(provider.asked)
    assert client.get("/account/sso/agency/start").status_code == 503
    assert len(provider.asked) == asked, "nobody is asked again who was silent a moment ago"
    sign_in(client, people.editor)


def test_turning_back_at_the_provider_is_no_fault(sso: Sso, provider: Provider) -> None:
    client = sso()
    back = provider.visit(client.get("/account/sso/agency/start").headers["Location"])
    answer = client.get(back.replace("code=", "error=access_denied&code="))
    assert answer.status_code == 403
    assert provider.forms == []


def test_signing_out_offers_the_way_out_of_the_provider(sso: Sso, provider: Provider, people: People) -> None:
    client = sso()
    linked(client, provider, people)
    answer = client.post("/en/account/sign-out", headers=HERE)
    assert answer.headers["Location"] == "/en/account/signed-out?provider=agency"
    assert client.get("/account").status_code == 303
    link = re.search(r'href="(/en/account/sso/agency/sign-out)"', client.get(answer.headers["Location"]).text)
    assert link is not None
    there = urlsplit(client.get(link[1]).headers["Location"])
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"{provider.issuer}/end"
    assert parse_qs(there.query) == {
        "client_id": [CLIENT],
        "post_logout_redirect_uri": [f"{URL}/account/signed-out"],
    }


def test_who_signed_in_by_password_is_not_sent_there(sso: Sso, people: People) -> None:
    client = sign_in(sso(), people.editor)
    assert client.post("/account/sign-out", headers=HERE).headers["Location"] == "/"


def test_session_says_that_it_came_by_a_provider(
    sso: Sso, provider: Provider, people: People, peopled: Catalogue
) -> None:
    linked(sso(), provider, people)
    with peopled.sessions.read() as session:
        assert session.scalars(select(UserSession.method)).all() == ["sso"]


def test_unknown_provider_is_not_found(sso: Sso) -> None:
    client = sso()
    for path in ("start", "return", "sign-out"):
        assert client.get(f"/account/sso/other/{path}").status_code == 404
    assert "start" not in client.get("/account/signed-out?provider=other").text


def test_without_providers_there_are_no_buttons(client: FlaskClient) -> None:
    assert "/account/sso/" not in client.get("/account/sign-in").text


def _invite(catalogue: Catalogue, email: str) -> UUID:
    import datetime as dt

    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        user = User(email=email, username="new", name="new", state=UserState.PENDING, created=now, modified=now)
        session.add(user)
        session.flush()
        link = MailedLink(
            kind=LinkKind.INVITATION, user_id=user.id, email=email, token_hash="0" * 64, created=now,
            expires=now + dt.timedelta(days=7),
        )  # fmt: skip
        session.add(link)
        return user.id
