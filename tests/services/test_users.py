"""Accounts and tokens as programs make, change and end them, and the pictures they show."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound
from opendata.services import access, images, memberships, tokens, users
from opendata.services import organizations_writing as organizations
from opendata.services.accounts import NewUser
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.organizations_writing import OrganizationChange
from opendata.services.uploads import forgetting
from opendata.services.users import UserChange
from opendata.store.accounts import Membership, User
from opendata.store.states import UserState
from tests.conftest import Clock
from tests.factories import feed, filed, member, organization

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def new(name: str) -> NewUser:
    return NewUser(name.title(), f"{name}@example.kz", "a password of ten", username=name)


def row_of(catalogue: Catalogue, key: UUID) -> User:
    with catalogue.sessions.read() as session:
        return session.get_one(User, key)


def test_names_and_mails_are_taken_once(catalogue: Catalogue) -> None:
    key = users.create(catalogue, SYSTEM, new("aru"), UserChange(about="Гидролог"))
    assert (row_of(catalogue, key).username, row_of(catalogue, key).about) == ("aru", "Гидролог")
    for again in (new("aru"), NewUser("x", "ARU@example.kz", "a password of ten", username="xx")):
        with pytest.raises(Invalid):
            users.create(catalogue, SYSTEM, again)
    with pytest.raises(NotAllowed):
        users.create(catalogue, member(UUID(int=1), Role.ADMIN), new("bek"))


def test_a_token_alone_takes_no_account_over(catalogue: Catalogue) -> None:
    key = users.create(catalogue, SYSTEM, new("aru"))
    signed_in, by_token = Actor(user_id=key), Actor(user_id=key, token_id=UUID(int=9))
    users.update(catalogue, by_token, "aru", UserChange(name="Ару", email="aru@example.kz"))
    for change in (UserChange(password="another one of ten"), UserChange(email="thief@example.kz")):
        with pytest.raises(NotAllowed):
            users.update(catalogue, by_token, "aru", change)
    for change in (UserChange(sysadmin=True), UserChange(state="pending")):
        with pytest.raises(NotAllowed):
            users.update(catalogue, signed_in, "aru", change)
    with pytest.raises(NotAllowed):
        users.update(catalogue, PUBLIC, "aru", UserChange(name="x"))


def test_who_is_ended_signs_in_nowhere_and_is_nobody(catalogue: Catalogue) -> None:
    key = users.create(catalogue, SYSTEM, new("aru"))
    organization(catalogue, "su")
    memberships.give_role(catalogue, SYSTEM, "su", "aru", Role.ADMIN)
    secret, _ = tokens.create(catalogue, SYSTEM, "aru", "robot")
    users.delete(catalogue, SYSTEM, "aru")
    assert row_of(catalogue, key).state == UserState.BLOCKED
    with pytest.raises(NotAllowed):
        access.actor_for_token(catalogue, secret)
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Membership)).all() == []
    users.update(catalogue, SYSTEM, "aru", UserChange(state="active"))
    assert row_of(catalogue, key).state == UserState.ACTIVE


def test_nobody_ends_themselves(catalogue: Catalogue) -> None:
    key = users.create(catalogue, SYSTEM, new("root"), UserChange(sysadmin=True))
    with pytest.raises(Conflict):
        users.delete(catalogue, Actor(user_id=key, sysadmin=True), "root")


def test_a_browser_proves_once_more_to_be_the_owner(catalogue: Catalogue) -> None:
    key = users.create(catalogue, SYSTEM, new("aru"))
    signed_in = Actor(user_id=key, email="aru@example.kz")
    for change in (
        UserChange(email="aru2@example.kz"),
        UserChange(password="another one of ten"),
        UserChange(password="another one of ten", old_password="a wrong one of ten"),
    ):
        with pytest.raises(Invalid):
            users.update(catalogue, replace(signed_in, sysadmin=True), "aru", change)
    given = UserChange(password="another one of ten", old_password="a password of ten")
    users.update(catalogue, signed_in, "aru", given)
    assert access.prove(catalogue, "aru@example.kz", "another one of ten", access.Visit("192.0.2.1")) == key


def test_who_gives_no_roles_invites_nobody(catalogue: Catalogue) -> None:
    own = organization(catalogue, "su")
    with pytest.raises(NotAllowed):
        users.invite(catalogue, member(own, Role.EDITOR), "bek@example.kz", "su", Role.EDITOR)
    with catalogue.sessions.read() as session:
        assert session.scalars(select(User)).all() == []


def test_a_token_made_by_a_token_ends_with_it(catalogue: Catalogue, clock: Clock) -> None:
    key = users.create(catalogue, SYSTEM, new("aru"))
    first, first_id = tokens.create(catalogue, Actor(user_id=key), "aru", "first", dt.timedelta(days=10))
    second, _ = tokens.create(catalogue, access.actor_for_token(catalogue, first), "aru", "second")
    third, third_id = tokens.create(catalogue, access.actor_for_token(catalogue, second), "aru", "third")
    listed = tokens.listed(catalogue, Actor(user_id=key), "aru")
    assert {one.expires for one in listed} == {clock.now + dt.timedelta(days=10)}
    assert third_id in {one.id for one in listed}
    tokens.revoke(catalogue, Actor(user_id=key), token_id=first_id)
    for secret in (first, second, third):
        with pytest.raises(NotAllowed):
            access.actor_for_token(catalogue, secret)


def test_tokens_are_their_owners_alone(catalogue: Catalogue) -> None:
    users.create(catalogue, SYSTEM, new("aru"))
    other = Actor(user_id=users.create(catalogue, SYSTEM, new("bek")))
    secret, _ = tokens.create(catalogue, SYSTEM, "aru", "robot")
    for actor in (PUBLIC, other):
        for name in ("aru", "nobody"):
            with pytest.raises(NotAllowed):
                tokens.listed(catalogue, actor, name)
        with pytest.raises(NotAllowed):
            tokens.revoke(catalogue, actor, secret=secret)
    with pytest.raises(Invalid):
        tokens.create(catalogue, SYSTEM, "aru", "")
    with pytest.raises(NotFound):
        tokens.revoke(catalogue, SYSTEM, secret="odk_nothing")
    tokens.revoke(catalogue, SYSTEM, secret=secret)


def test_pictures_are_pictures_and_given_while_they_are_shown(catalogue: Catalogue) -> None:
    organization(catalogue, "su")
    with images.kept(catalogue, SYSTEM, BytesIO(PNG)) as path:
        organizations.update(catalogue, SYSTEM, "su", OrganizationChange(image_url=path))
    opened = images.opened(catalogue, path.removeprefix(images.PATH))
    assert (opened.stream.read(), opened.media_type) == (PNG, "image/png")
    opened.stream.close()
    organizations.update(catalogue, SYSTEM, "su", OrganizationChange(image_url=""))
    images.drop(catalogue, path)
    with pytest.raises(NotFound):
        images.opened(catalogue, path.removeprefix(images.PATH))
    assert list(catalogue.files.keys()) == []


@pytest.mark.parametrize("content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"GIF8"])
def test_what_is_no_picture_is_refused(catalogue: Catalogue, content: bytes) -> None:
    with pytest.raises(Invalid), images.kept(catalogue, SYSTEM, BytesIO(content)):
        raise AssertionError
    assert list(catalogue.files.keys()) == []


def test_a_picture_that_nothing_came_to_show_goes_again(catalogue: Catalogue) -> None:
    with pytest.raises(RuntimeError), images.kept(catalogue, SYSTEM, BytesIO(PNG)):
        raise RuntimeError
    with pytest.raises(Invalid), images.kept(catalogue, SYSTEM, BytesIO(PNG + bytes(images.MOST_BYTES))):
        raise AssertionError
    with pytest.raises(NotAllowed), images.kept(catalogue, PUBLIC, BytesIO(PNG)):
        raise AssertionError
    assert list(catalogue.files.keys()) == []


def test_the_bytes_of_a_picture_outlive_a_file_that_is_the_same(catalogue: Catalogue) -> None:
    organization(catalogue, "su")
    with images.kept(catalogue, SYSTEM, BytesIO(PNG)) as path:
        organizations.update(catalogue, SYSTEM, "su", OrganizationChange(image_url=path))
    with catalogue.sessions.write.begin() as session:
        forgetting.drop(catalogue, session, path.removeprefix(images.PATH)[:64])
    images.opened(catalogue, path.removeprefix(images.PATH)).stream.close()


def test_no_file_of_a_record_is_had_as_a_picture(catalogue: Catalogue) -> None:
    held = feed(catalogue).one(filed("Закрытый отчёт", "текст"))
    with pytest.raises(NotFound):
        images.opened(catalogue, f"{held.resources[0].checksum}.png")


def test_no_file_of_a_record_becomes_a_picture_by_being_named_as_one(catalogue: Catalogue) -> None:
    held = feed(catalogue).one(filed("Закрытый отчёт", "текст"))
    name = f"{held.resources[0].checksum}.png"
    with pytest.raises(Invalid):
        images.demand_shown(catalogue, images.PATH + name)
    organization(catalogue, "su")
    organizations.update(catalogue, SYSTEM, "su", OrganizationChange(image_url=images.PATH + name))
    with pytest.raises(NotFound):
        images.opened(catalogue, name)
