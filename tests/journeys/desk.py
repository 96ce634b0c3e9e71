"""What journeys at the desk have in common: an agency with its people, signing in, the buttons of a page."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Page

from opendata.bootstrap import open_catalogue
from opendata.catalog.values import Text
from opendata.config import load_config
from opendata.services import accounts, organizations_writing
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.organizations_writing import OrganizationChange
from tests.journeys.conftest import Visitor
from tests.journeys.site import Site

PASSWORD = "one password for all of them"
MAIN = "main .button--main"


@contextmanager
def catalogue_of(site: Site, ahead: dt.timedelta = dt.timedelta()) -> Iterator[Catalogue]:
    """What the site works on, so much later."""
    config = load_config(environ={"OPENDATA_HOME": str(site.home)})
    catalogue = open_catalogue(config, lambda: dt.datetime.now(dt.UTC) + ahead)
    try:
        yield catalogue
    finally:
        catalogue.close()


def add_agency(site: Site, slug: str, **people: Role) -> None:
    """An agency that wants review, with somebody of each role."""
    with catalogue_of(site) as catalogue:
        title = Text(kk=f"Мекеме {slug}", ru=f"Ведомство {slug}", en=f"Agency {slug}", original="ru")
        organizations_writing.create(catalogue, SYSTEM, OrganizationChange(slug, title, review=True))
        for name, role in people.items():
            new = accounts.NewUser(name, f"{name}@{slug}.example", PASSWORD, organization=slug, role=role)
            accounts.add_user(catalogue, SYSTEM, new)


def signed_in(visitor: Visitor, email: str, path: str, **settings: object) -> Page:
    """The page of that path, after signing in; `path` begins with the language."""
    page = visitor(f"{path[:3]}/account/sign-in?next={path}", **settings)
    page.fill("#field-email", email)
    page.fill("#field-password", PASSWORD)
    page.click(MAIN)
    page.wait_for_url(f"**{path}")
    return page


def letter_to(site: Site, email: str, seconds: float = 60) -> str:
    """The newest letter to that address: where no mail server is named the worker shows it on its console."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        log = (site.home.parent / "log").read_text("utf-8", "replace")
        if found := re.findall(rf"^=== {re.escape(email)}\n(.*?)^===$", log, re.DOTALL | re.MULTILINE):
            return str(found[-1])
        time.sleep(0.1)
    raise AssertionError(f"no letter to {email}")


def link_in(letter: str) -> str:
    """The path of the link that a letter holds."""
    return next(urlsplit(one).path for one in letter.split() if "/account/" in one)


def step(page: Page, name: str, message: str = "") -> None:
    """Take a step in the life of the record whose desk page is open."""
    form = page.locator(f'form[action$="/{name}"]')
    if message:
        form.locator("textarea").fill(message)
    form.locator("button").click()
    page.wait_for_url(f"**done={name}")


def status(page: Page, path: str) -> int:
    """What the public is answered there."""
    answer = page.goto(path)
    assert answer is not None
    return answer.status


def settled(site: Site, seconds: float = 60) -> None:
    """Wait until nothing is left to be done: files that were sent are read."""
    end = time.monotonic() + seconds
    while site.unfinished():
        assert time.monotonic() < end, "jobs are still not done"
        time.sleep(0.1)
