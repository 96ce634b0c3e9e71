"""Groups: collections across agencies, the themes among them."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog import vocabularies
from opendata.catalog.values import Extra
from opendata.errors import Conflict, Invalid, NotAllowed, NotFound
from opendata.services import groups
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.groups import GroupChange as Change
from opendata.store.organizations import Group, GroupMember
from tests.factories import feed, found, member, organization, record
from tests.services.test_organizations_writing import person


def members_of(catalogue: Catalogue, key: UUID, kind: str) -> dict[UUID, str]:
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(GroupMember).where(GroupMember.group_id == key, GroupMember.kind == kind))
        return {row.object_id: row.capacity for row in rows}


def row_of(catalogue: Catalogue, key: UUID) -> Group:
    with catalogue.sessions.read() as session:
        return session.get_one(Group, key)


def test_every_theme_is_a_group_that_cannot_be_deleted(catalogue: Catalogue) -> None:
    with catalogue.sessions.read() as session:
        themes = set(session.scalars(select(Group.slug).where(Group.theme)))
    assert themes == set(vocabularies.codes("theme"))
    for refused in (groups.delete, groups.purge):
        with pytest.raises(Conflict):
            refused(catalogue, SYSTEM, "environment")
    with pytest.raises(Invalid):
        groups.update(catalogue, SYSTEM, "environment", Change(slug="nature"))
    with pytest.raises(Conflict):
        groups.add_member(catalogue, SYSTEM, "environment", "dataset", "x")


def test_its_maker_is_an_administrator_and_others_are_not(catalogue: Catalogue) -> None:
    maker, other = person(catalogue, "aru"), person(catalogue, "bek")
    agency = organization(catalogue, "su")
    admin = Actor(user_id=maker, roles={agency: Role.ADMIN})
    key = groups.create(catalogue, admin, Change(slug="water", title="Вода", extras=(Extra("a", "b"),)))
    assert members_of(catalogue, key, "user") == {maker: "admin"}
    groups.update(catalogue, Actor(user_id=maker), "water", Change(description="О воде"))
    assert row_of(catalogue, key).extras == (Extra("a", "b"),)
    for actor in (PUBLIC, Actor(user_id=other), member(agency, Role.ADMIN)):
        with pytest.raises(NotAllowed):
            groups.update(catalogue, actor, "water", Change(title="x"))
    with pytest.raises(NotAllowed):
        groups.create(catalogue, member(agency, Role.EDITOR), Change(slug="mine"))


def test_members_of_a_group_put_datasets_into_it(catalogue: Catalogue) -> None:
    user = person(catalogue, "aru")
    held = feed(catalogue).one(found("1", record()))
    assert held.id is not None
    key = groups.create(catalogue, SYSTEM, Change(slug="water", users={"aru": "member"}))
    actor = Actor(user_id=user)
    groups.add_member(catalogue, actor, "water", "dataset", held.slug)
    assert members_of(catalogue, key, "dataset") == {held.id: "public"}
    with pytest.raises(NotAllowed):
        groups.add_member(catalogue, actor, "water", "user", "aru", "admin")
    groups.remove_member(catalogue, actor, "water", "dataset", str(held.id))
    assert not members_of(catalogue, key, "dataset")


def test_nobody_puts_in_what_they_may_not_know_of(catalogue: Catalogue) -> None:
    user = person(catalogue, "aru")
    hidden = feed(catalogue).one(found("1", record(private=True)))
    groups.create(catalogue, SYSTEM, Change(slug="water", users={"aru": "member"}))
    with pytest.raises(NotFound):
        groups.add_member(catalogue, Actor(user_id=user), "water", "dataset", hidden.slug)


def test_lists_that_are_not_given_stay_and_empty_ones_go(catalogue: Catalogue) -> None:
    person(catalogue, "aru")
    held = feed(catalogue).one(found("1", record()))
    key = groups.create(catalogue, SYSTEM, Change(slug="water", users={"aru": "admin"}, datasets=(held.slug,)))
    groups.update(catalogue, SYSTEM, "water", Change(title="Вода"))
    assert len(members_of(catalogue, key, "user")) == len(members_of(catalogue, key, "dataset")) == 1
    groups.update(catalogue, SYSTEM, "water", Change(users={}, datasets=()))
    assert not members_of(catalogue, key, "user")
    assert not members_of(catalogue, key, "dataset")
    with pytest.raises(Invalid):
        groups.update(catalogue, SYSTEM, "water", Change(datasets=("nothing",)))
    with pytest.raises(Invalid):
        groups.update(catalogue, SYSTEM, "water", Change(users={"aru": "emperor"}))


def test_purged_its_names_are_free_again(catalogue: Catalogue) -> None:
    key = groups.create(catalogue, SYSTEM, Change(slug="water"))
    groups.update(catalogue, SYSTEM, "water", Change(slug="waters"))
    groups.delete(catalogue, SYSTEM, "waters")
    assert row_of(catalogue, key).state == "deleted"
    groups.purge(catalogue, SYSTEM, "waters")
    assert groups.create(catalogue, SYSTEM, Change(slug="water")) != key
