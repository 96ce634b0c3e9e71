"""Sign-in, sessions, tokens and roles: who is asking, and what guesses are answered with."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from opendata.services import access, accounts, guesses
from opendata.services.accounts import NewUser
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import hash_secret
from opendata.services.rights import Right, demand, may, may_over, organizations_where
from opendata.services.statistics import add_counts
from opendata.store.accounts import ApiToken, LoginAttempt, User, UserSession
from opendata.store.states import UserState
from tests.conftest import Clock
from tests.factories import member, organization

EMAIL, PASSWORD = "aigerim@example.org", "a long password"
HOME = "192.0.2.1"


@pytest.fixture
def strict(catalogue: Catalogue) -> Catalogue:
    """The catalogue with little patience for guesses, each of which costs a tenth of a second."""
    security = replace(catalogue.config.security, sign_in_attempts=3)
    return replace(catalogue, config=replace(catalogue.config, security=security))


@pytest.fixture
def aigerim(catalogue: Catalogue) -> str:
    """An account; its address."""
    accounts.add_user(catalogue, SYSTEM, NewUser("Айгерим", "  Aigerim@Example.org ", PASSWORD))
    return EMAIL


def sign_in(catalogue: Catalogue, email: str = EMAIL, password: str = PASSWORD, address: str = HOME) -> str:
    user_id = access.prove(catalogue, email, password, access.Visit(address))
    return access.open_session(catalogue, user_id, access.Visit(address))


def test_who_signs_in_is_known_by_the_session(catalogue: Catalogue, aigerim: str) -> None:
    secret = sign_in(catalogue, "AIGERIM@example.org ")
    actor = access.actor_for_session(catalogue, secret)
    assert (actor.name, actor.email, actor.signed_in, actor.sysadmin) == ("Айгерим", aigerim, True, False)
    assert access.actor_for_session(catalogue, "another") == PUBLIC
    access.sign_out(catalogue, secret)
    assert access.actor_for_session(catalogue, secret) == PUBLIC


def test_a_wrong_password_and_an_unknown_account_get_one_answer(catalogue: Catalogue, aigerim: str) -> None:
    answers = []
    for email, password in ((aigerim, "wrong password"), ("nobody@example.org", PASSWORD), (aigerim, "")):
        with pytest.raises(NotAllowed) as caught:
            sign_in(catalogue, email, password)
        answers.append((caught.value.message, caught.value.signed_in))
    assert len(set(answers)) == 1


def test_a_blocked_account_gets_the_same_answer_and_loses_its_session(catalogue: Catalogue, aigerim: str) -> None:
    secret = sign_in(catalogue)
    token = accounts.create_token(catalogue, aigerim)
    with catalogue.sessions.write.begin() as session:
        session.scalars(select(User)).one().state = UserState.BLOCKED
    with pytest.raises(NotAllowed, match=access.REFUSED):
        sign_in(catalogue)
    assert access.actor_for_session(catalogue, secret) == PUBLIC
    with pytest.raises(NotAllowed):
        access.actor_for_token(catalogue, token)


def fail(catalogue: Catalogue, times: int, **given: str) -> None:
    for _ in range(times):
        with pytest.raises(NotAllowed):
            sign_in(catalogue, password="wrong password", **given)


def test_guesses_at_one_account_are_slowed_down_wherever_they_come_from(
    strict: Catalogue, aigerim: str, clock: Clock
) -> None:
    most = strict.config.security.sign_in_attempts
    for number in range(most):
        fail(strict, 1, address=f"192.0.2.{number}")
    with pytest.raises(TooMany) as caught:
        sign_in(strict, address="198.51.100.1")
    assert 0 < caught.value.retry_after <= 900
    clock.advance(minutes=16)
    assert sign_in(strict)


def guessed_at(catalogue: Catalogue, times: int = 3) -> None:
    """Strangers have failed so often, each from an address of its own, and the next is not let try."""
    for number in range(times):
        fail(catalogue, 1, address=f"198.51.100.{number}")
    with pytest.raises(TooMany):
        sign_in(catalogue, address="203.0.113.1")


def test_guesses_of_strangers_do_not_lock_out_a_known_browser(strict: Catalogue, aigerim: str) -> None:
    with strict.sessions.read() as session:
        user_id = session.scalars(select(User.id)).one()
    guessed_at(strict)
    known = access.Visit("203.0.113.2", known=guesses.known_note(strict, user_id))
    assert access.prove(strict, EMAIL, PASSWORD, known) == user_id
    for bad in (guesses.known_note(strict, uuid4()), known.known[:-2], "x"):
        with pytest.raises(TooMany):
            access.prove(strict, EMAIL, PASSWORD, replace(known, known=bad))
    for _ in range(3):
        with pytest.raises(NotAllowed):
            access.prove(strict, EMAIL, "wrong password", known)
    with pytest.raises(TooMany):
        access.prove(strict, EMAIL, PASSWORD, known)
    other = replace(known, known=guesses.known_note(strict, user_id))
    assert access.prove(strict, EMAIL, PASSWORD, other) == user_id


def test_guesses_of_strangers_do_not_lock_out_who_comes_from_the_usual_address(strict: Catalogue, aigerim: str) -> None:
    sign_in(strict)
    guessed_at(strict)
    assert sign_in(strict)
    fail(strict, 3)
    with pytest.raises(TooMany):
        sign_in(strict)


def test_guesses_at_all_accounts_together_are_bounded_for_strangers(
    strict: Catalogue, aigerim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "SITE", 2)
    sign_in(strict)
    for number in range(6):
        fail(strict, 1, email=f"guess{number}@example.org", address=f"198.51.100.{number}")
    with pytest.raises(TooMany):
        sign_in(strict, address="203.0.113.1")
    assert sign_in(strict)


def test_a_guess_counts_before_it_is_looked_at(
    catalogue: Catalogue, aigerim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []

    def look(_password: str, _hash: str | None) -> bool:
        with catalogue.sessions.read() as session:
            counted.append(session.scalar(select(func.count()).where(LoginAttempt.key == f"email:{EMAIL}")))
        return True

    monkeypatch.setattr(access, "matches", look)
    sign_in(catalogue)
    sign_in(catalogue, address="198.51.100.1")
    assert counted == [1, 1]


def test_who_is_signed_in_is_not_held_up_by_strangers(strict: Catalogue, aigerim: str) -> None:
    actor = access.actor_for_session(strict, sign_in(strict))
    guessed_at(strict)
    access.confirm(strict, actor, PASSWORD, "password")
    for _ in range(3):
        with pytest.raises(Invalid):
            access.confirm(strict, actor, "wrong password", "password")
    with pytest.raises(TooMany):
        access.confirm(strict, actor, PASSWORD, "password")


def test_guesses_from_one_address_are_slowed_down_whatever_they_name(strict: Catalogue, aigerim: str) -> None:
    for number in range(strict.config.security.sign_in_attempts):
        fail(strict, 1, email=f"guess{number}@example.org")
    with pytest.raises(TooMany):
        sign_in(strict)
    assert sign_in(strict, address="198.51.100.1")


def test_old_attempts_are_forgotten_and_success_clears_those_of_the_account(catalogue: Catalogue, aigerim: str) -> None:
    fail(catalogue, 2)
    sign_in(catalogue)
    with catalogue.sessions.read() as session:
        assert set(session.scalars(select(LoginAttempt.key))) == {f"address:{HOME}", guesses.EVERYBODY}


def test_sessions_expire_and_are_kept_as_hashes(catalogue: Catalogue, aigerim: str, clock: Clock) -> None:
    secret = sign_in(catalogue)
    with catalogue.sessions.read() as session:
        assert session.scalars(select(UserSession.session_hash)).one() == hash_secret(secret) != secret
    clock.advance(days=catalogue.config.security.session_days)
    assert access.actor_for_session(catalogue, secret) == PUBLIC


def test_passwords_are_kept_as_argon2id_and_have_a_length(catalogue: Catalogue, aigerim: str) -> None:
    with catalogue.sessions.read() as session:
        assert (session.scalars(select(User.password_hash)).one() or "").startswith("$argon2id$")
    for password in ("short", "x" * 201):
        with pytest.raises(Invalid, match="characters"):
            accounts.add_user(catalogue, SYSTEM, NewUser("B", "b@example.org", password))


def test_a_one_time_password_lets_in_and_gives_no_rights_until_it_is_changed(catalogue: Catalogue) -> None:
    password = accounts.add_user(catalogue, SYSTEM, NewUser("Root", "root@example.org", sysadmin=True))
    actor = access.actor_for_session(catalogue, sign_in(catalogue, "root@example.org", password))
    assert actor.sysadmin
    assert not any(may(actor, right) for right in Right)


def test_tokens_are_kept_as_hashes_and_end_when_they_expire_or_are_revoked(
    catalogue: Catalogue, aigerim: str, clock: Clock
) -> None:
    token = accounts.create_token(catalogue, aigerim, "laptop", days=30)
    with catalogue.sessions.read() as session:
        row = session.scalars(select(ApiToken)).one()
        assert token not in (row.token_hash, row.name)
        assert row.token_hash == hash_secret(token)
    actor = access.actor_for_token(catalogue, token)
    assert (actor.email, actor.token_id) == (aigerim, row.id)
    for wrong in ("", token + "x", "odk_nothing"):
        with pytest.raises(NotAllowed):
            access.actor_for_token(catalogue, wrong)
    clock.advance(days=30)
    with pytest.raises(NotAllowed, match="expired"):
        access.actor_for_token(catalogue, token)
    lasting = accounts.create_token(catalogue, aigerim)
    with catalogue.sessions.write.begin() as session:
        session.scalars(select(ApiToken).where(ApiToken.token_hash == hash_secret(lasting))).one().revoked = clock.now
    with pytest.raises(NotAllowed, match="revoked"):
        access.actor_for_token(catalogue, lasting)


def test_the_last_use_of_a_token_is_written_with_the_counts(catalogue: Catalogue, aigerim: str, clock: Clock) -> None:
    token = accounts.create_token(catalogue, aigerim)
    access.actor_for_token(catalogue, token)
    add_counts(catalogue, catalogue.counters.drain())
    with catalogue.sessions.read() as session:
        assert session.scalars(select(ApiToken.last_used)).one() == clock.now


def test_a_token_of_nobody_is_not_made(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="nobody"):
        accounts.create_token(catalogue, "nobody@example.org")


@pytest.mark.parametrize("email", ["", "@", "no-at-sign", "x" * 400 + "@example.org"])
def test_an_account_needs_an_address(catalogue: Catalogue, email: str) -> None:
    with pytest.raises(Invalid, match="e-mail"):
        accounts.add_user(catalogue, SYSTEM, NewUser("X", email, PASSWORD))


def test_an_address_has_one_account(catalogue: Catalogue, aigerim: str) -> None:
    with pytest.raises(Conflict):
        accounts.add_user(catalogue, SYSTEM, NewUser("Other", EMAIL.upper(), PASSWORD))


def test_only_sysadmins_make_accounts(catalogue: Catalogue) -> None:
    admin = member(organization(catalogue, "ours"), Role.ADMIN)
    for actor in (PUBLIC, admin):
        with pytest.raises(NotAllowed):
            accounts.add_user(catalogue, actor, NewUser("X", "x@example.org", PASSWORD))


def test_roles_hold_in_the_organizations_below_and_the_strongest_wins(catalogue: Catalogue) -> None:
    top = organization(catalogue, "top")
    middle = organization(catalogue, "middle", top)
    bottom = organization(catalogue, "bottom", middle)
    aside = organization(catalogue, "aside")
    new = NewUser("Editor", "e@example.org", PASSWORD, organization="middle", role=Role.EDITOR)
    accounts.add_user(catalogue, SYSTEM, new)
    actor = access.actor_for_session(catalogue, sign_in(catalogue, "e@example.org"))
    assert actor.roles == {middle: Role.EDITOR, bottom: Role.EDITOR}
    assert may_over(actor, Right.EDIT_RECORDS, bottom)
    assert may_over(actor, Right.WITHDRAW_RECORDS, bottom)
    assert not may_over(actor, Right.WITHDRAW_MANY, bottom)
    for place in (top, aside, None):
        assert not may_over(actor, Right.EDIT_RECORDS, place)
    assert organizations_where(actor, Right.SEE_DESK) == {middle, bottom}


def test_what_is_not_allowed_says_whether_signing_in_may_help() -> None:
    for actor, signed_in in ((PUBLIC, False), (Actor(user_id=None), False), (SYSTEM, None)):
        if signed_in is None:
            demand(actor, Right.MANAGE_SITE)
            continue
        with pytest.raises(NotAllowed) as caught:
            demand(actor, Right.MANAGE_SITE)
        assert caught.value.signed_in is signed_in


def test_every_account_gets_a_name_for_clients(catalogue: Catalogue) -> None:
    for given in (NewUser("A", "aigerim.s@example.org"), NewUser("B", "aigerim-s@example.kz"), NewUser("C", "c@x.kz")):
        accounts.add_user(catalogue, SYSTEM, given)
    accounts.add_user(catalogue, SYSTEM, NewUser("D", "d@example.org", username="data_team"))
    with catalogue.sessions.read() as session:
        names = dict(session.execute(select(User.name, User.username)).all())
    assert names == {"A": "aigerim-s", "B": "aigerim-s-2", "C": "user-c", "D": "data_team"}
    assert accounts.create_token(catalogue, "data_team")


@pytest.mark.parametrize("username", ["x", "Upper", "a b", "ә-ә", "a" * 101, "a\n"])
def test_what_cannot_be_a_username_is_refused(catalogue: Catalogue, username: str) -> None:
    with pytest.raises(Invalid):
        accounts.add_user(catalogue, SYSTEM, NewUser("X", "x@example.org", username=username))


def test_a_username_is_given_once(catalogue: Catalogue) -> None:
    accounts.add_user(catalogue, SYSTEM, NewUser("A", "a@example.org", username="team"))
    with pytest.raises(Conflict):
        accounts.add_user(catalogue, SYSTEM, NewUser("B", "b@example.org", username="team"))
