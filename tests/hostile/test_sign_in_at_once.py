"""Many at once at the second step and at the first sign-in by a provider: on SQLite and on PostgreSQL."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.errors import CatalogueError
from opendata.services import access, accounts, identities, second_factor
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.id_tokens import Identity
from opendata.store.accounts import User, UserIdentity
from tests.hostile.conftest import Way
from tests.web.codes import App

PASSWORD = "correct horse battery"


@pytest.fixture
def account(either: Way) -> UUID:
    """An account."""
    accounts.add_user(either.catalogue, SYSTEM, accounts.NewUser("A", "a@agency.kz", PASSWORD))
    with either.catalogue.sessions.read() as session:
        return session.scalars(select(User.id)).one()


def at_once(work: Callable[[Any], object], given: list[Any]) -> list[str]:
    """What came of each, in threads of their own."""

    def run(one: Any) -> str:
        try:
            work(one)
        except CatalogueError as error:
            return type(error).__name__
        return "taken"

    with ThreadPoolExecutor(8) as pool:
        return sorted(pool.map(run, given))


def test_a_code_is_taken_once_and_guesses_are_counted_all(either: Way, account: UUID) -> None:
    site = either.catalogue
    app, codes = _set_up(site, account)

    def prove(code: str) -> None:
        second_factor.prove(site, account, code)

    refused = ["NotAllowed"] * 3
    later = app.at(site.now() + dt.timedelta(seconds=30))
    assert at_once(prove, [later] * 4) == [*refused, "taken"]
    prove(codes[1])  # what was wrong before is forgotten
    assert at_once(prove, [codes[0]] * 4) == [*refused, "taken"]
    prove(codes[2])
    answers = at_once(prove, [f"{number:06}" for number in range(24)])
    assert answers.count("NotAllowed") == second_factor.MOST_WRONG
    assert answers.count("TooMany") == 24 - second_factor.MOST_WRONG


def test_two_answers_of_a_provider_make_one_account_and_one_link(either: Way, account: UUID) -> None:
    site = either.catalogue
    new, known = (
        Identity("https://id.kz", "1", "new@agency.kz", True),
        Identity("https://id.kz", "2", "a@agency.kz", True),
    )
    assert at_once(lambda _: identities.make_account(site, new), [1] * 4) == ["taken"] * 4
    assert at_once(lambda _: identities.link(site, account, known), [1] * 4) == ["taken"] * 4
    with site.sessions.read() as session:
        assert len(session.scalars(select(User.id)).all()) == 2
        assert len(session.scalars(select(UserIdentity.id)).all()) == 2


def test_an_identity_opens_one_account_alone(either: Way, account: UUID) -> None:
    site, found = either.catalogue, Identity("https://id.kz", "1", "a@agency.kz", True)
    accounts.add_user(site, SYSTEM, accounts.NewUser("B", "b@agency.kz", PASSWORD))
    with site.sessions.read() as session:
        both = list(session.scalars(select(User.id)))
    answers = at_once(lambda user_id: identities.link(site, user_id, found), both)
    assert answers == ["Conflict", "taken"]


def _set_up(site: Catalogue, user_id: UUID) -> tuple[App, tuple[str, ...]]:
    actor = access.actor_for_user(site, user_id)
    offer = second_factor.offer(site, actor)
    app = App(base64.b32decode(offer.words.replace(" ", "")), offer.sealed)
    return app, second_factor.turn_on(site, actor, offer.sealed, app.at(site.now()), PASSWORD, "")
