"""How an account is opened, got back, moved to another address, and left: links by mail, and sessions that end."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from opendata.services import access, account_care, accounts, email_changes, invitations, letters, resets, sessions
from opendata.services.access import Visit
from opendata.services.accounts import NewUser
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.invitations import Answer
from opendata.services.secrets import unseal
from opendata.services.statistics import add_counts
from opendata.store.accounts import MailedLink, Membership, User, UserSession
from opendata.store.operations import DatasetEvent, Job
from opendata.store.states import UserState
from tests.conftest import Clock
from tests.factories import member, organization

BEK = "bek@example.kz"
ANSWER = Answer("Бек Серіков", "ru", "four words in a row")
HERE = "192.0.2.1"
PASSWORD = "a password of ten"


@pytest.fixture
def site(catalogue: Catalogue) -> Catalogue:
    """The catalogue at its address, with a mail server that is away."""
    config = catalogue.config
    mail = replace(config.mail, host="127.0.0.1", port=9, security="none")
    about = replace(config.site, url="https://site.example")
    return replace(catalogue, config=replace(config, mail=mail, site=about))


def drain(site: Catalogue) -> list[tuple[str, str, str]]:
    """(receiver, subject, link) of the letters in the queue, after what is to write some; the queue is empty then."""
    with site.sessions.write.begin() as session:
        asked = session.scalars(select(Job).where(Job.kind == resets.JOB)).all()
        for job in asked:
            session.delete(job)
    for job in asked:
        resets.work(site, job.payload)
    found = []
    with site.sessions.write.begin() as session:
        for job in session.scalars(select(Job).where(Job.kind == letters.JOB).order_by(Job.id)):
            content = unseal(site, job.payload["letter"].encode())
            link = re.search(r"https://site\.example\S*/account/\S+", content["body"])
            found.append((content["to"], content["subject"], link.group() if link else ""))
            session.delete(job)
    return found


def secret_of(link: str) -> str:
    return link.rpartition("/")[2]


def add(site: Catalogue, email: str = BEK, **more: object) -> Actor:
    """An account with a password; its owner in a browser."""
    accounts.add_user(site, SYSTEM, NewUser("Bek", email, PASSWORD, **more))  # type: ignore[arg-type]
    with site.sessions.read() as session:
        key = session.scalars(select(User.id).where(User.email == email)).one()
    return Actor(user_id=key, name="Bek", email=email, address=HERE)


def boss_of(site: Catalogue, owner: UUID) -> Actor:
    """Who administers the agency."""
    return replace(add(site, f"{uuid4()}@example.kz"), roles={owner: Role.ADMIN})


def row(site: Catalogue, user_id: UUID | None) -> User:
    with site.sessions.read() as session:
        return session.get_one(User, user_id)


def test_the_invited_opens_the_account_with_name_language_and_password(site: Catalogue) -> None:
    own = organization(site, "su")
    made = invitations.invite(site, boss_of(site, own), f"  {BEK.upper()} ", "Bek", "su", Role.EDITOR, "ru")
    assert made.link == ""  # only its receiver may know it
    assert row(site, made.user_id).state == UserState.PENDING
    with pytest.raises(NotAllowed):
        access.prove(site, BEK, "", access.Visit(HERE))
    ((to, subject, link),) = drain(site)
    assert (to, subject) == (BEK, "Open Data.kz: приглашение")
    assert link.startswith("https://site.example/ru/account/invitation/")
    shown = invitations.opened(site, secret_of(link))
    assert (shown.email, shown.name, shown.language) == (BEK, "Bek", "ru")
    key = invitations.accept(site, secret_of(link), ANSWER, HERE)
    user = row(site, key)
    assert (user.name, user.language, user.state) == ("Бек Серіков", "ru", UserState.ACTIVE)
    assert access.prove(site, BEK, ANSWER.password, access.Visit(HERE)) == key
    with site.sessions.read() as session:
        assert session.scalars(select(Membership.role)).one() == Role.EDITOR
        said = session.scalars(select(DatasetEvent.action).where(DatasetEvent.kind == "user")).all()
    assert {"invited", "invitation accepted"} <= set(said)


def test_the_link_of_an_invitation_works_once_for_a_week_and_until_a_newer_one(site: Catalogue, clock: Clock) -> None:
    own = organization(site, "su")
    boss = boss_of(site, own)
    made = invitations.invite(site, boss, BEK, "", "su", Role.MEMBER)
    first = secret_of(drain(site)[0][2])
    invitations.renew(site, boss, made.user_id)
    second = secret_of(drain(site)[0][2])
    with pytest.raises(NotFound):
        invitations.opened(site, first)
    clock.advance(days=8)
    with pytest.raises(NotFound):
        invitations.accept(site, second, ANSWER, HERE)
    invitations.invite(site, boss, BEK, "", "su", Role.EDITOR)  # the same as to renew it, with another role
    third = secret_of(drain(site)[0][2])
    invitations.accept(site, third, ANSWER, HERE)
    with pytest.raises(NotFound):
        invitations.accept(site, third, ANSWER, HERE)
    with pytest.raises(Invalid):
        invitations.invite(site, boss, BEK, "", "su", Role.EDITOR)


def test_what_is_wrong_with_the_answer_is_said_at_once_and_uses_nothing_up(site: Catalogue) -> None:
    invitations.invite(site, SYSTEM, BEK)
    secret = secret_of(drain(site)[0][2])
    with pytest.raises(Invalid) as caught:
        invitations.accept(site, secret, Answer(" ", "xx", "bek@example.kz"), HERE)
    assert {problem.field for problem in caught.value.problems} == {"name", "language", "new"}
    assert invitations.accept(site, secret, ANSWER, HERE)


def test_only_those_who_give_roles_there_invite_and_see_who_is_invited(site: Catalogue) -> None:
    own, other = organization(site, "su"), organization(site, "zher")
    boss, stranger = boss_of(site, own), boss_of(site, other)
    for actor in (stranger, member(own, Role.REVIEWER), Actor()):
        with pytest.raises(NotAllowed):
            invitations.invite(site, actor, BEK, "", "su", Role.EDITOR)
    with pytest.raises(NotAllowed):
        invitations.invite(site, boss, BEK)
    made = invitations.invite(site, boss, BEK, "", "su", Role.EDITOR)
    assert [line.email for line in invitations.pending(site, boss, "su")] == [BEK]
    with pytest.raises(NotAllowed):
        invitations.pending(site, stranger, "su")
    for act in (invitations.renew, invitations.withdraw):
        with pytest.raises(NotFound):
            act(site, stranger, made.user_id)
    invitations.withdraw(site, boss, made.user_id)
    assert invitations.pending(site, SYSTEM) == ()


def test_without_mail_the_link_is_handed_over_but_never_one_to_more_than_they_may_give(catalogue: Catalogue) -> None:
    own, other = organization(catalogue, "su"), organization(catalogue, "zher")
    first = invitations.invite(catalogue, boss_of(catalogue, own), BEK, "", "su", Role.ADMIN)
    assert "/account/invitation/" in first.link
    second = invitations.invite(catalogue, boss_of(catalogue, other), BEK, "", "zher", Role.MEMBER)
    assert (second.user_id, second.link) == (first.user_id, "")
    with pytest.raises(Conflict):
        invitations.withdraw(catalogue, boss_of(catalogue, other), first.user_id)
    assert invitations.renew(catalogue, replace(SYSTEM, system=True), first.user_id).link


def test_asking_for_a_new_password_does_the_same_for_every_address(site: Catalogue) -> None:
    add(site)
    for email in (BEK, "nobody@example.kz"):
        with site.sessions.read() as session:
            before = session.scalar(select(func.count()).select_from(Job))
        resets.ask(site, email, HERE)
        with site.sessions.read() as session:
            assert session.scalar(select(func.count()).select_from(Job)) == before + 1
            assert session.scalar(select(func.count()).select_from(MailedLink)) == 0
    assert [to for to, _, _ in drain(site)] == [BEK]
    for email in (BEK, "nobody@example.kz"):
        for _ in range(resets.MOST - 1):
            resets.ask(site, email, HERE)
        with pytest.raises(TooMany):
            resets.ask(site, email, HERE)


def test_a_reset_ends_all_sessions_and_works_once_within_two_hours(site: Catalogue, clock: Clock) -> None:
    owner = add(site)
    secret = access.open_session(site, owner.user_id or UUID(int=0), Visit(HERE))
    resets.ask(site, BEK, HERE)
    link = secret_of(drain(site)[0][2])
    assert resets.opened(site, link) == BEK
    with pytest.raises(Invalid):
        resets.finish(site, link, "password12", HERE)
    resets.finish(site, link, ANSWER.password, HERE)
    assert not access.actor_for_session(site, secret).signed_in
    assert access.prove(site, BEK, ANSWER.password, access.Visit(HERE)) == owner.user_id
    assert [subject for _, subject, _ in drain(site)] == ["Open Data.kz: құпиясөз өзгертілді"]
    with pytest.raises(NotFound):
        resets.finish(site, link, "another four words here", HERE)
    resets.ask(site, BEK, HERE)
    late = secret_of(drain(site)[0][2])
    clock.advance(hours=2, seconds=1)
    with pytest.raises(NotFound):
        resets.opened(site, late)


def test_who_is_disabled_gets_no_reset_and_nothing_is_open(site: Catalogue) -> None:
    owner = add(site)
    secret = access.open_session(site, owner.user_id or UUID(int=0), Visit(HERE))
    token = accounts.create_token(site, BEK)
    resets.ask(site, BEK, HERE)
    link = secret_of(drain(site)[0][2])
    account_care.disable(site, SYSTEM, BEK)
    assert not access.actor_for_session(site, secret).signed_in
    with pytest.raises(NotAllowed):
        access.actor_for_token(site, token)
    with pytest.raises(NotFound):
        resets.finish(site, link, ANSWER.password, HERE)
    resets.ask(site, BEK, HERE)
    assert drain(site) == []
    account_care.enable(site, SYSTEM, BEK)
    assert access.actor_for_token(site, token).user_id == owner.user_id


def test_the_last_account_that_may_do_everything_stays(site: Catalogue) -> None:
    add(site, "root@example.kz", sysadmin=True)
    with pytest.raises(Conflict):
        account_care.disable(site, SYSTEM, "root@example.kz")
    with pytest.raises(NotAllowed):
        account_care.disable(site, Actor(user_id=UUID(int=1)), BEK)


def test_another_address_is_confirmed_there_and_told_at_the_old_one(site: Catalogue) -> None:
    owner = add(site)
    with pytest.raises(Invalid):
        email_changes.ask(site, owner, "new@example.kz", "a wrong password")
    email_changes.ask(site, owner, "New@example.kz", PASSWORD)
    (to, _, link), (told, _, _) = drain(site)
    assert (to, told) == ("new@example.kz", BEK)
    assert email_changes.opened(site, secret_of(link)) == "new@example.kz"
    assert row(site, owner.user_id).email == BEK
    email_changes.confirm(site, secret_of(link), HERE)
    assert row(site, owner.user_id).email == "new@example.kz"
    assert [letter[0] for letter in drain(site)] == [BEK]
    with pytest.raises(NotFound):
        email_changes.confirm(site, secret_of(link), HERE)


def test_whether_another_address_has_an_account_is_told_there_alone(site: Catalogue) -> None:
    owner = add(site)
    add(site, "aru@example.kz")
    email_changes.ask(site, owner, "aru@example.kz", PASSWORD)  # the same answer as for a free one
    subjects = {to: subject for to, subject, _ in drain(site)}
    assert set(subjects) == {"aru@example.kz", BEK}
    with site.sessions.read() as session:
        assert session.scalars(select(MailedLink)).all() == []


def test_two_who_want_one_address_do_not_both_get_it(site: Catalogue) -> None:
    owners = [add(site), add(site, "aru@example.kz")]
    for owner in owners:
        email_changes.ask(site, owner, "one@example.kz", PASSWORD)
    links = [secret_of(link) for to, _, link in drain(site) if to == "one@example.kz"]
    email_changes.confirm(site, links[0], HERE)
    with pytest.raises(NotFound):
        email_changes.confirm(site, links[1], HERE)


def test_a_change_of_password_renews_this_session_and_ends_the_others(site: Catalogue) -> None:
    owner = add(site)
    key = owner.user_id or UUID(int=0)
    this, other = (access.open_session(site, key, Visit(HERE, "Firefox")) for _ in range(2))
    renewed = accounts.change_password(site, owner, PASSWORD, ANSWER.password, session_secret=this)
    assert [access.actor_for_session(site, one).signed_in for one in (renewed, this, other)] == [True, False, False]
    with pytest.raises(Invalid):
        accounts.change_password(site, owner, ANSWER.password, "bek@example.kz", session_secret=renewed)


def test_sessions_are_listed_and_ended_by_their_owner_alone(site: Catalogue, clock: Clock) -> None:
    owner, other = add(site), add(site, "aru@example.kz")
    key = owner.user_id or UUID(int=0)
    secrets = []
    for number in range(3):
        secrets.append(access.open_session(site, key, Visit(f"192.0.2.{number}", f"browser {number}")))
        clock.advance(minutes=1)
    lines = sessions.mine(site, owner, secrets[0])
    assert [(line.agent, line.current) for line in lines] == [
        ("browser 2", False), ("browser 1", False), ("browser 0", True),
    ]  # fmt: skip
    assert sessions.mine(site, other, "") == ()
    with pytest.raises(NotFound):
        sessions.end(site, other, lines[0].id)
    sessions.end(site, owner, lines[0].id)
    assert not access.actor_for_session(site, secrets[2]).signed_in
    assert sessions.end_others(site, owner, secrets[0]) == 1
    assert access.actor_for_session(site, secrets[0]).signed_in
    with pytest.raises(NotAllowed):
        sessions.mine(site, replace(owner, token_id=UUID(int=9)), "")


def test_a_session_ends_when_it_is_not_used_and_its_use_is_kept_to_minutes(site: Catalogue, clock: Clock) -> None:
    owner = add(site)
    secret = access.open_session(site, owner.user_id or UUID(int=0), Visit(HERE))
    began = clock.now
    clock.advance(minutes=4)
    access.actor_for_session(site, secret)
    assert site.counters.drain() == {}
    clock.advance(hours=70)
    assert access.actor_for_session(site, secret).signed_in
    add_counts(site, site.counters.drain())
    with site.sessions.read() as session:
        assert session.scalars(select(UserSession.last_seen)).one() - began > dt.timedelta(hours=70)
    clock.advance(hours=71)
    assert access.actor_for_session(site, secret).signed_in
    clock.advance(hours=2)
    assert not access.actor_for_session(site, secret).signed_in
    assert sessions.mine(site, owner, secret) == ()
