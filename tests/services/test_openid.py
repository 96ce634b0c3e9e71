"""How a provider is asked: what it may send, how long it may take, and where it may lead us."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from opendata.services import openid
from opendata.services.catalogue import Catalogue
from opendata.services.openid import ProviderDown, Request
from opendata.settings import ProviderSettings
from tests.conftest import Clock
from tests.servers.provider import CLIENT, SECRET, Provider, running

REQUEST = Request("state", "nonce", "v" * 43, "https://data.example.kz/account/sso/agency/return")


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    """A provider that says what the test wants."""
    with running(clock) as made:
        yield made


def known(provider: Provider, **settings: Any) -> ProviderSettings:
    return ProviderSettings(name="agency", issuer=provider.issuer, client_id=CLIENT, **settings)


def allowing(catalogue: Catalogue, *addresses: str) -> Catalogue:
    table = replace(
        catalogue.config.sign_in,
        allow_addresses=addresses,
        client_secrets=f"agency={SECRET}",
        timeout_seconds=1.0,
    )
    return replace(catalogue, config=replace(catalogue.config, sign_in=table))


def test_private_address_is_not_asked_unless_the_settings_name_it(catalogue: Catalogue, provider: Provider) -> None:
    with pytest.raises(ProviderDown):
        openid.discover(allowing(catalogue), known(provider))
    assert provider.asked == []
    assert openid.discover(allowing(catalogue, "127.0.0.1"), known(provider)).keys == f"{provider.issuer}/keys"


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"token_endpoint": ["http://127.0.0.1"]},
        {"jwks_uri": "https://127.0.0.1/\r\nX: y"},
        {"padding": "x" * openid.MAX_BYTES},
    ],
)
def test_discovery_that_cannot_be_trusted_is_no_discovery(
    catalogue: Catalogue, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.metadata = wrong
    with pytest.raises(ProviderDown):
        openid.discover(allowing(catalogue, "127.0.0.1"), known(provider))


def test_endpoint_is_as_safe_as_the_issuer(catalogue: Catalogue) -> None:
    safe = ProviderSettings(name="agency", issuer="https://id.agency.kz", client_id=CLIENT)
    with pytest.raises(ProviderDown):
        openid._endpoint(safe, {"token_endpoint": "http://id.agency.kz/token"}, "token_endpoint")
    assert (
        openid._endpoint(safe, {"userinfo_endpoint": "http://id.agency.kz/me"}, "userinfo_endpoint", needed=False) == ""
    )


def test_discovery_is_kept_for_minutes_and_silence_for_a_moment(
    catalogue: Catalogue, provider: Provider, clock: Clock
) -> None:
    site, one = allowing(catalogue, "127.0.0.1"), known(provider)
    for _ in range(3):
        openid.discover(site, one)
    assert len(provider.asked) == 1
    clock.advance(minutes=11)
    provider.metadata = {"issuer": "https://evil.example"}
    for _ in range(3):
        with pytest.raises(ProviderDown):
            openid.discover(site, one)
    assert len(provider.asked) == 2
    clock.advance(seconds=20)
    provider.metadata = {}
    assert openid.discover(site, one).token == f"{provider.issuer}/token"


def test_answer_that_does_not_come_is_not_waited_for(catalogue: Catalogue, provider: Provider, clock: Clock) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        one = ProviderSettings(name="agency", issuer=issuer, client_id=CLIENT)
        begun = time.monotonic()
        with pytest.raises(ProviderDown):
            openid.discover(allowing(catalogue, "127.0.0.1"), one)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("methods", "where"),
    [(None, "header"), (["client_secret_basic", "client_secret_post"], "header"), (["client_secret_post"], "form")],
)
def test_secret_goes_where_the_provider_takes_it(
    catalogue: Catalogue, provider: Provider, methods: list[str] | None, where: str
) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": methods}
    with pytest.raises(openid.Forged):
        openid.identify(allowing(catalogue, "127.0.0.1"), known(provider), REQUEST, "no such code")
    (form,) = provider.forms
    assert (form.get("client_secret") == SECRET) == (where == "form")
    assert (provider.secrets == [SECRET]) == (where == "header")


def test_redirect_is_not_followed(catalogue: Catalogue, provider: Provider) -> None:
    provider.metadata = {"jwks_uri": f"{provider.issuer}/elsewhere"}
    with pytest.raises(ProviderDown):
        openid.identify(allowing(catalogue, "127.0.0.1"), known(provider), REQUEST, "code")
    assert provider.asked[-1] == "/elsewhere"


def test_email_is_asked_for_where_the_token_has_none(catalogue: Catalogue, provider: Provider) -> None:
    site, one = allowing(catalogue, "127.0.0.1"), known(provider)
    provider.metadata = {"userinfo_endpoint": f"{provider.issuer}/me"}
    provider.person, provider.userinfo = {"sub": "42"}, {"sub": "42", "email": "A@agency.kz", "email_verified": True}
    found = openid.identify(site, one, *_code(site, one, provider))
    assert (found.email, found.verified) == ("a@agency.kz", True)
    provider.userinfo["sub"] = "43"
    with pytest.raises(openid.Forged):
        openid.identify(site, one, *_code(site, one, provider))


def _code(site: Catalogue, one: ProviderSettings, provider: Provider) -> tuple[Request, str]:
    provider.visit(openid.address(openid.discover(site, one), one, REQUEST))
    return REQUEST, list(provider.codes)[-1]
