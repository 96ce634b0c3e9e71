"""A request under a key is done once: repeated it gets the first answer, for as long as that is kept."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select

from opendata.errors import Conflict, Invalid
from opendata.services import accounts, idempotency
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import User
from opendata.store.clients import IdempotencyKey
from tests.conftest import Clock


@pytest.fixture
def user(catalogue: Catalogue) -> UUID:
    accounts.add_user(catalogue, SYSTEM, accounts.NewUser("Some", "some@example.kz", "correct horse battery"))
    with catalogue.sessions.read() as session:
        return session.scalars(select(User.id).where(User.email == "some@example.kz")).one()


def test_the_first_answer_comes_again(catalogue: Catalogue, user: UUID) -> None:
    assert idempotency.begin(catalogue, user, "key-0001", "a") is None
    idempotency.finish(catalogue, user, "key-0001", 201, {"Location": "/x"}, b"made")
    kept = idempotency.begin(catalogue, user, "key-0001", "a")
    assert kept == idempotency.Kept(201, {"Location": "/x"}, b"made")
    with pytest.raises(Invalid):
        idempotency.begin(catalogue, user, "key-0001", "b")


def test_what_is_kept_of_an_answer_is_read_by_this_site_alone(catalogue: Catalogue, user: UUID) -> None:
    idempotency.begin(catalogue, user, "key-0001", "a")
    idempotency.finish(catalogue, user, "key-0001", 201, {}, b'{"key":"whsec_abcdefgh"}')
    with catalogue.sessions.read() as session:
        stored = session.scalars(select(IdempotencyKey.body)).one()
    assert stored is not None
    assert b"whsec" not in stored
    (catalogue.config.home / "secret.key").write_text("another key that this site never had, and long enough")
    kept = idempotency.begin(catalogue, user, "key-0001", "a")
    assert kept is not None
    assert kept.body is None


def test_while_it_is_answered_nobody_else_begins(catalogue: Catalogue, user: UUID, clock: Clock) -> None:
    idempotency.begin(catalogue, user, "key-0001", "a")
    with pytest.raises(Conflict):
        idempotency.begin(catalogue, user, "key-0001", "a")
    clock.advance(minutes=16)
    assert idempotency.begin(catalogue, user, "key-0001", "a") is None


def test_what_was_refused_leaves_the_key_free(catalogue: Catalogue, user: UUID) -> None:
    idempotency.begin(catalogue, user, "key-0001", "a")
    idempotency.release(catalogue, user, "key-0001")
    assert idempotency.begin(catalogue, user, "key-0001", "b") is None


def test_a_long_answer_is_not_kept_but_that_it_was_done_is(catalogue: Catalogue, user: UUID) -> None:
    idempotency.begin(catalogue, user, "key-0001", "a")
    idempotency.finish(catalogue, user, "key-0001", 201, {}, b"x" * (idempotency.MOST_BODY + 1))
    kept = idempotency.begin(catalogue, user, "key-0001", "a")
    assert kept is not None
    assert kept.body is None


def test_after_a_day_it_is_forgotten(catalogue: Catalogue, user: UUID, clock: Clock) -> None:
    idempotency.begin(catalogue, user, "key-0001", "a")
    idempotency.finish(catalogue, user, "key-0001", 200, {}, b"")
    clock.advance(hours=25)
    idempotency.forget(catalogue)
    with catalogue.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0
    assert idempotency.begin(catalogue, user, "key-0001", "b") is None
