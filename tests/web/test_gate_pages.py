"""The pages between a letter, a provider or a first step and one's account, in a browser: axe-core and a narrow screen.

They stand at the end of ways that take a provider or a code, so the application itself is the browser's network here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route

from opendata.services.catalogue import Catalogue
from opendata.settings import ProviderSettings
from tests.conftest import Clock
from tests.journeys.test_pages import AXE, OVERFLOWS, RULES, STRUCTURE, violations
from tests.servers.provider import CLIENT, SECRET, Provider, running
from tests.web.codes import App, second_step
from tests.web.people import HERE, PASSWORD, People, sign_in
from tests.web.test_account_links import letter_links

pytestmark = pytest.mark.browser

URL = "http://localhost"
LANGUAGES = ("ru", "kk")
"""Those whose words are long. The last is looked at with axe-core as well."""

Look = Callable[..., None]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of it."""
    with browser.new_context(viewport={"width": 320, "height": 800}, reduced_motion="reduce") as context:
        yield context.new_page()


@pytest.fixture
def client(site: Callable[..., FlaskClient], provider: Provider) -> FlaskClient:
    """A browser before a site with a provider."""
    known = ProviderSettings(name="agency", title="Agency ID", issuer=provider.issuer, client_id=CLIENT)
    secret, here = f"agency={SECRET}", ("127.0.0.1",)
    return site(site={"url": URL}, sign_in={"providers": (known,), "client_secrets": secret, "allow_addresses": here})


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    """It knows somebody."""
    with running(clock) as made:
        yield made


@pytest.fixture
def look(page: Page, client: FlaskClient) -> Look:
    """Looks at the answer to one request in both languages: `look("get", path, status)`, or of what `ask` gives."""

    def at(method: str, path: str, status: int = 200, ask: Callable[[str], Any] | None = None, **sent: Any) -> None:
        for language in LANGUAGES:
            answer = ask(f"/{language}") if ask else getattr(client, method)(f"/{language}{path}", headers=HERE, **sent)
            assert answer.status_code == status, answer.text
            wrong = _shown(page, client, answer, axe=language == LANGUAGES[-1])
            assert wrong == [], f"{language} {path}"

    return at


def _shown(page: Page, client: FlaskClient, answer: Any, *, axe: bool) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "warning" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.unroute_all()
    page.route("**/*", lambda route: _fulfil(route, client, answer))
    page.goto(f"{URL}/looked-at")
    structure, wide = page.evaluate(STRUCTURE), page.evaluate(OVERFLOWS)
    wrong = [str(structure)] if structure["h1"] != 1 or structure["unnamed"] or structure["skipped"] else []
    if axe:
        page.evaluate(AXE)
        wrong += violations(page, {"runOnly": RULES, "resultTypes": ["violations"]})
    return [*wrong, *wide, *said]


def _fulfil(route: Route, client: FlaskClient, answer: Any) -> None:
    parts = urlsplit(route.request.url)
    # A browser of its own: what the page itself asks for shall change nothing of where the visitor stands.
    found = answer if parts.path == "/looked-at" else client.application.test_client().get(parts.path)
    route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.data)


def come_back(client: FlaskClient, provider: Provider, language: str) -> Any:
    """The site's answer to what comes back from the provider."""
    begun = client.get(f"{language}/account/sso/agency/start")
    return client.get(provider.visit(begun.headers["Location"]))


def test_signing_in_by_a_provider(client: FlaskClient, provider: Provider, people: People, look: Look) -> None:
    look("get", "/account/sign-in")
    provider.person["email"] = "nobody@agency.kz"
    look("", "/account/sso/agency/return", 403, lambda language: come_back(client, provider, language))
    provider.person["email"] = people.editor
    assert come_back(client, provider, "/kk").status_code == 303
    look("get", "/account/sso/confirm")
    look("post", "/account/sso/confirm", 400, data={"password": "not the password"})
    look("get", "/account/signed-out?provider=agency")


def test_the_second_step(client: FlaskClient, people: People, clock: Clock, look: Look) -> None:
    sign_in(client, people.editor)
    look("get", "/account/second-factor")
    app = App.of(client.get("/account/second-factor").text)
    form = {"sealed": app.sealed, "code": app.code(clock), "password": PASSWORD}
    codes = client.post("/kk/account/second-factor", data=form, headers=HERE)
    look("", "the recovery codes", 200, lambda _: codes)
    look("get", "/account/second-factor")
    client.post("/account/sign-out", headers=HERE)
    sign_in(client, people.editor)
    look("get", "/account/sign-in/code")
    look("post", "/account/sign-in/code", 403, data={"code": "000000"})
    assert second_step(client, app.code(clock, later=True)).status_code == 303


def test_a_new_address(client: FlaskClient, people: People, peopled: Catalogue, look: Look) -> None:
    sign_in(client, people.editor)
    form = {"email": "new@example.kz", "password": PASSWORD}
    assert client.post("/account/email", data=form, headers=HERE).status_code == 303
    path = letter_links(peopled)["new@example.kz"]
    look("get", path)
    assert client.post(path, headers=HERE).status_code == 303
    look("get", "/account/email/confirmed")
    look("get", path, 410)
