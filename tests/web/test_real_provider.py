"""Single sign-on against a provider that others wrote, in a process of its own: Canaille."""

from __future__ import annotations

import datetime as dt
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from shutil import copytree
from urllib.parse import urlsplit

import httpx
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services import accounts
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.settings import ProviderSettings
from opendata.store.accounts import UserIdentity, UserSession
from opendata.web.app import create_app
from tests.conftest import settings
from tests.servers import canaille_process as canaille
from tests.web.people import HERE

SITE = "http://localhost"
OWN = "our own password"


@pytest.fixture
def issuer() -> Iterator[str]:
    """The address of a provider that has given out no code yet: in memory it takes any code of a client for another."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    back = (f"{SITE}/account/sso/agency/return", f"{SITE}/account/signed-out")
    command = [sys.executable, "-m", "tests.servers.canaille_process", str(port), *back]
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def catalogue(tmp_path: Path, prepared: Path, issuer: str) -> Iterator[Catalogue]:
    """A catalogue by the clock on the wall, as the provider has it."""
    config = load_config(environ=settings(copytree(prepared, tmp_path / "home")))
    known = ProviderSettings(
        name="agency", title="Canaille", issuer=issuer, client_id=canaille.CLIENT, verified_emails=True
    )
    table = replace(
        config.sign_in,
        providers=(known,),
        client_secrets=f"agency={canaille.SECRET}",
        allow_addresses=("127.0.0.1",),
    )
    config = replace(config, sign_in=table, site=replace(config.site, url=SITE))
    opened = open_catalogue(config, lambda: dt.datetime.now(dt.UTC))
    accounts.add_user(opened, SYSTEM, accounts.NewUser("Айгүл", canaille.MAIL, OWN))
    yield opened
    opened.close()


def there(browser: httpx.Client, address: str) -> str:
    """Sign in at the provider; the path and query that it sends the browser back to."""
    answer = browser.get(address)
    for _ in range(8):
        if answer.is_redirect:
            target = httpx.URL(answer.url).join(answer.headers["Location"])
            if str(target).startswith(SITE + "/"):
                return f"{target.raw_path.decode()}"
            answer = browser.get(target)
            continue
        answer = _send_form(browser, answer)
    raise AssertionError(answer.text)


def _send_form(browser: httpx.Client, page: httpx.Response) -> httpx.Response:
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
    known = {"login": canaille.PERSON, "password": canaille.PASSWORD}
    asked = re.findall(r'name="([^"]+)"', page.text)
    form = {name: unescape(value) for name, value in fields.items()}
    form |= {name: value for name, value in known.items() if name in asked}
    return browser.post(page.url, data=form)


def test_there_and_back_and_out_again(catalogue: Catalogue, issuer: str) -> None:
    client = create_app(catalogue).test_client()
    begun = client.get("/account/sso/agency/start?next=/account")
    with httpx.Client(timeout=20) as browser:
        back = client.get(there(browser, begun.headers["Location"]))
        assert back.headers["Location"] == "/account/sso/confirm", back.text
        confirmed = client.post("/account/sso/confirm", data={"password": OWN}, headers=HERE)
        assert confirmed.headers["Location"] == "/account"
        assert canaille.MAIL in client.get("/account").text
        _again(client, browser)
        _out(client, browser, issuer)
    with catalogue.sessions.read() as session:
        (row,) = session.scalars(select(UserIdentity)).all()
        assert (row.issuer, row.subject, row.email) == (issuer, canaille.PERSON, canaille.MAIL)


def _again(client: FlaskClient, browser: httpx.Client) -> None:
    """The provider knows the browser still: another session, without a question on either side."""
    other = client.application.test_client()
    address = other.get("/account/sso/agency/start?next=/account").headers["Location"]
    path = there(browser, address)
    assert "iss=" in path
    assert other.get(path).headers["Location"] == "/account"
    assert other.get("/account").status_code == 200
    assert other.get(path).status_code == 400, "what was begun is over"


def _out(client: FlaskClient, browser: httpx.Client, issuer: str) -> None:
    left = client.post("/account/sign-out", headers=HERE).headers["Location"]
    assert left == "/account/signed-out?provider=agency"
    address = client.get("/account/sso/agency/sign-out").headers["Location"]
    assert urlsplit(address).netloc == urlsplit(issuer).netloc
    page = browser.get(address)
    assert page.status_code in (200, 302, 303), page.text


def test_code_is_worth_nothing_without_what_the_browser_keeps(catalogue: Catalogue) -> None:
    client = create_app(catalogue).test_client()
    with httpx.Client(timeout=20) as browser:
        path = there(browser, client.get("/account/sso/agency/start").headers["Location"])
    thief = client.application.test_client()
    assert thief.get(path).status_code == 400
    thief.get("/account/sso/agency/start")
    assert thief.get(path).status_code == 400
    with catalogue.sessions.read() as session:
        assert session.scalars(select(UserSession)).all() == []


def test_code_that_was_used_is_not_taken_again(catalogue: Catalogue) -> None:
    client = create_app(catalogue).test_client()
    with httpx.Client(timeout=20) as browser:
        path = there(browser, client.get("/account/sso/agency/start").headers["Location"])
    kept = client.get_cookie("sso")
    assert kept is not None
    assert client.get(path).status_code == 303
    client.set_cookie("sso", kept.value)
    assert client.get(path).status_code == 400
