"""The audit: what is written, who reads it, that nobody rewrites it, and that addresses are cut after a while."""

from __future__ import annotations

import datetime as dt
import json
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from opendata.catalog.values import OrganizationRef
from opendata.errors import NotAllowed
from opendata.services import access, accounts, ageing, audit_reading, memberships, tokens, users, writing
from opendata.services.access import Visit
from opendata.services.accounts import NewUser
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.audit import SIGN_IN_FAILED, SIGNED_IN, note
from opendata.services.audit_reading import Change, Wanted, changes
from opendata.services.catalogue import Catalogue
from opendata.services.users import UserChange
from opendata.store.accounts import LoginAttempt, User, UserSession
from opendata.store.operations import DatasetEvent, Job, ReportedProblem
from tests.conftest import Clock
from tests.factories import organization, record, ru

PASSWORD = "correct horse battery"
FROM = "203.0.113.7"


@pytest.fixture
def site(catalogue: Catalogue) -> Catalogue:
    """The organisations "su" and "other" with an administrator each, an editor of "su", and one who is in both."""
    for slug in ("su", "other"):
        organization(catalogue, slug)
    for name, place, role in (
        ("admin", "su", Role.ADMIN),
        ("editor", "su", Role.EDITOR),
        ("both", "su", Role.EDITOR),
        ("stranger", "other", Role.ADMIN),
    ):
        accounts.add_user(catalogue, SYSTEM, NewUser(name, f"{name}@x.kz", PASSWORD, False, place, role, name))
    memberships.give_role(catalogue, SYSTEM, "other", "both", Role.EDITOR)
    return catalogue


def actor(site: Catalogue, name: str) -> Actor:
    return access.actor_for_user(site, user_id(site, name))


def user_id(site: Catalogue, name: str) -> UUID:
    with site.sessions.read() as session:
        return session.scalars(select(User.id).where(User.username == name)).one()


def read(site: Catalogue, name: str, **wanted: object) -> list[tuple[str, str, str]]:
    """Kind, action and slug of what somebody reads, newest first."""
    who = actor(site, name) if name else SYSTEM
    found = audit_reading.listing(site, who, Wanted(**wanted), 500)  # type: ignore[arg-type]
    return [(one.kind, one.action, one.slug) for one in found.events]


def dataset(site: Catalogue, by: str, place: str) -> str:
    made = writing.create(
        site, actor(site, by), record("Вода", organization=OrganizationRef(slug=place, title=ru("x")))
    )
    return made.slug


def test_an_event_says_from_where(site: Catalogue) -> None:
    asker = actor(site, "editor")
    with site.sessions.write.begin() as session:
        note(session, Actor(asker.user_id, "E", address=FROM), site.now(), "site", UUID(int=0), "tried")
    [event] = audit_reading.listing(site, SYSTEM, Wanted(action="tried")).events
    assert (event.address, event.actor, event.user_id) == (FROM, "E", asker.user_id)


def test_an_administrator_reads_what_happened_to_what_is_theirs(site: Catalogue) -> None:
    ours, theirs = dataset(site, "editor", "su"), dataset(site, "stranger", "other")
    assert ("dataset", "created", ours) in read(site, "admin")
    assert ("dataset", "created", theirs) not in read(site, "admin")
    assert ("organization", "role given", "other") not in read(site, "admin")
    assert ("organization", "role given", "other") in read(site, "stranger")
    assert {("dataset", "created", ours), ("dataset", "created", theirs)} <= set(read(site, ""))
    for name in ("editor", "both"):
        with pytest.raises(NotAllowed):
            read(site, name)


def test_accounts_that_belong_elsewhere_too_are_not_an_administrators_to_read(site: Catalogue) -> None:
    accounts.add_user(site, SYSTEM, NewUser("root", "root@x.kz", PASSWORD, True, "su", Role.EDITOR, "root"))
    assert {slug for kind, _, slug in read(site, "admin") if kind == "user"} == {"admin", "editor"}
    assert {"both", "root"} <= {slug for kind, _, slug in read(site, "") if kind == "user"}


def test_it_is_sifted_by_who_what_which_and_when(site: Catalogue, clock: Clock) -> None:
    slug = dataset(site, "editor", "su")
    clock.advance(days=3)
    dataset(site, "admin", "su")
    assert read(site, "admin", who="editor@x.kz") == [("dataset", "created", slug)]
    assert read(site, "admin", record=slug) == [("dataset", "created", slug)]
    assert read(site, "admin", record="nothing") == []
    assert len(read(site, "admin", kind="dataset")) == 2
    assert len(read(site, "admin", kind="dataset", since=clock.now - dt.timedelta(days=1))) == 1
    assert read(site, "admin", kind="dataset", until=clock.now - dt.timedelta(days=1)) == [("dataset", "created", slug)]


def test_it_is_read_page_by_page(site: Catalogue) -> None:
    first = audit_reading.listing(site, SYSTEM, Wanted(), 3)
    assert len(first.events) == 3
    rest = audit_reading.listing(site, SYSTEM, Wanted(before=first.next), 500)
    ids = [one.id for one in (*first.events, *rest.events)]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids)
    assert rest.next is None


def test_signing_in_is_told_and_failing_to(site: Catalogue) -> None:
    access.open_session(site, user_id(site, "editor"), Visit(FROM))
    for email in ("editor@x.kz", "nobody@x.kz"):
        with pytest.raises(NotAllowed):
            access.prove(site, email, "wrong password", access.Visit(FROM))
    assert read(site, "admin", action=SIGNED_IN) == [("user", SIGNED_IN, "editor")]
    assert read(site, "admin", action=SIGN_IN_FAILED) == [("user", SIGN_IN_FAILED, "editor")]
    assert read(site, "", action=SIGN_IN_FAILED) == [("user", SIGN_IN_FAILED, ""), ("user", SIGN_IN_FAILED, "editor")]


def test_no_secret_is_in_it(site: Catalogue) -> None:
    made = [
        accounts.create_token(site, "editor@x.kz", "a"),
        tokens.create(site, actor(site, "editor"), "editor", "b")[0],
    ]
    made.append(access.open_session(site, user_id(site, "editor"), Visit(FROM)))
    users.update(site, SYSTEM, "editor", UserChange(password="another horse battery"))
    with pytest.raises(NotAllowed):
        access.prove(site, "My own password", "wrong password", access.Visit(FROM))
    with site.sessions.read() as session:
        told = json.dumps([[one.before, one.after, one.actor] for one in session.scalars(select(DatasetEvent))])
        hashes = session.scalars(select(User.password_hash)).all()
    for secret in (*made, *hashes, PASSWORD, "another horse battery", "My own password", "my own password"):
        assert secret
        assert secret not in told


def test_addresses_are_cut_after_their_time_and_not_before(site: Catalogue, clock: Clock) -> None:
    access.open_session(site, user_id(site, "editor"), Visit(FROM))
    with site.sessions.write.begin() as session:
        session.add(LoginAttempt(key=f"address:{FROM}", at=site.now()))
        session.add(ReportedProblem(object_id=UUID(int=1), message="x", address=FROM, created=site.now()))
    clock.advance(days=89)
    ageing.cut(site)
    assert _addresses(site) == {FROM}
    clock.advance(days=2)
    assert ageing.cut(site) == 3
    assert _addresses(site) == {""}
    assert ageing.cut(site) == 0
    with site.sessions.read() as session:
        assert session.scalars(select(LoginAttempt)).all() == []


def test_the_ageing_is_queued_once_a_day(site: Catalogue, clock: Clock) -> None:
    with site.sessions.write.begin() as session:
        session.execute(delete(Job).where(Job.kind == ageing.JOB))
    for hours, number in ((0, 1), (1, 1), (24, 1), (0, 1)):
        clock.advance(hours=hours)
        ageing.queue_due(site)
        with site.sessions.read() as session:
            assert len(session.scalars(select(Job.id).where(Job.kind == ageing.JOB)).all()) == number


def _addresses(site: Catalogue) -> set[str]:
    with site.sessions.read() as session:
        events = select(DatasetEvent.address).where(DatasetEvent.action == SIGNED_IN)
        kept = (select(UserSession.address), select(ReportedProblem.address), events)
        return {one for query in kept for one in session.scalars(query)}


def test_changes_are_told_field_by_field_and_secrets_only_as_there(site: Catalogue) -> None:
    before = {"title": {"ru": "Вода", "kk": ""}, "same": 1, "keywords": ["a", "b"], "new_password": "x" * 10}
    after = {"title": {"ru": "Воды", "kk": "Су"}, "same": 1, "keywords": [], "long": "x" * 1000}
    told = {one.field: one for one in changes(before, after)}
    assert told["title"] == Change("title", "ru: Вода", "ru: Воды · kk: Су")
    assert told["keywords"] == Change("keywords", "a, b", "")
    assert told["new_password"].before == "•••"
    assert len(told["long"].after) == audit_reading.LONGEST
    assert "same" not in told
    assert changes(None, None) == ()
    assert changes(None, "word") == (Change("", "", "word"),)
