"""Agencies as programs write them: names, tree, members, and what stands in the way of taking one away."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.values import Extra, OrganizationRef, Text
from opendata.errors import Conflict, Invalid, NotAllowed, NotFound
from opendata.services import accounts, memberships
from opendata.services import organizations_writing as organizations
from opendata.services.actors import PUBLIC, SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.organizations_writing import OrganizationChange as Change
from opendata.store import queries
from opendata.store.accounts import Membership, User
from opendata.store.operations import Job
from opendata.store.organizations import Organization
from tests.factories import feed, found, member, organization, record


def row_of(catalogue: Catalogue, key: UUID) -> Organization:
    with catalogue.sessions.read() as session:
        return session.get_one(Organization, key)


def person(catalogue: Catalogue, name: str) -> UUID:
    accounts.add_user(catalogue, SYSTEM, accounts.NewUser(name, f"{name}@example.kz", "a password of ten"))
    with catalogue.sessions.read() as session:
        return session.scalars(select(User.id).where(User.username == name)).one()


def test_what_is_not_said_stays_and_what_is_empty_goes(catalogue: Catalogue) -> None:
    key = organizations.create(
        catalogue,
        SYSTEM,
        Change(slug="su_agency", title="Су агенттігі", description="Сипаты қысқа", extras=(Extra("BIN", "0123"),)),
    )
    organizations.update(catalogue, SYSTEM, "su_agency", Change(homepage="https://su.example.kz"))
    kept = row_of(catalogue, key)
    assert (kept.title.kk, kept.description.kk) == ("Су агенттігі", "Сипаты қысқа")
    assert kept.homepage == "https://su.example.kz"
    organizations.update(catalogue, SYSTEM, "su_agency", Change(description="", extras=()))
    assert not row_of(catalogue, key).description
    assert row_of(catalogue, key).extras == ()


def test_a_title_said_again_keeps_its_translations(catalogue: Catalogue) -> None:
    both = Text(kk="Су агенттігі", ru="Агентство воды", original="kk")
    key = organizations.create(catalogue, SYSTEM, Change(slug="su", title=both))
    organizations.update(catalogue, SYSTEM, "su", Change(title="Агентство воды"))
    assert row_of(catalogue, key).title == both
    organizations.update(catalogue, SYSTEM, "su", Change(title="Агентство водных ресурсов"))
    assert row_of(catalogue, key).title == Text.of("Агентство водных ресурсов", "ru")


AN_ID = "0865ed59-c88d-44a1-b01d-1cf386d0f17a"


@pytest.mark.parametrize("name", ["", "a", "A-B", "вода", "x" * 101, "new", AN_ID, "a b"])
def test_bad_names_are_refused(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        organizations.create(catalogue, SYSTEM, Change(slug=name))
    assert caught.value.problems[0].field == "name"


def test_a_former_name_leads_on_and_is_given_to_nobody_else(catalogue: Catalogue) -> None:
    key = organizations.create(catalogue, SYSTEM, Change(slug="old"))
    organizations.update(catalogue, SYSTEM, "old", Change(slug="new-name"))
    with catalogue.sessions.read() as session:
        assert queries.address(session, "organization", "old").slug == "new-name"
    with pytest.raises(Invalid):
        organizations.create(catalogue, SYSTEM, Change(slug="old"))
    organizations.update(catalogue, SYSTEM, str(key), Change(slug="old"))
    assert row_of(catalogue, key).slug == "old"


def test_a_new_name_is_indexed_with_the_records_of_all_below(catalogue: Catalogue) -> None:
    above = organization(catalogue, "ministry")
    organization(catalogue, "committee", above)
    feed(catalogue).one(found("1", record(organization=OrganizationRef(slug="committee", title=Text(ru="committee")))))
    with catalogue.sessions.write.begin() as session:
        for job in session.scalars(select(Job)):
            session.delete(job)
    organizations.update(catalogue, SYSTEM, "ministry", Change(title="Министерство"))
    with catalogue.sessions.read() as session:
        assert [job.kind for job in session.scalars(select(Job))] == ["index"]


def test_nothing_is_below_itself(catalogue: Catalogue) -> None:
    top = organization(catalogue, "top")
    organization(catalogue, "below", top)
    with pytest.raises(Invalid):
        organizations.update(catalogue, SYSTEM, "top", Change(parent="below"))
    organizations.update(catalogue, SYSTEM, "below", Change(parent=""))
    organizations.update(catalogue, SYSTEM, "top", Change(parent="below"))


def test_an_administrator_rules_below_and_moves_nothing_elsewhere(catalogue: Catalogue) -> None:
    own, other = organization(catalogue, "own"), organization(catalogue, "other")
    admin = member(own, Role.ADMIN)
    below = organizations.create(catalogue, admin, Change(slug="office", parent="own", members={}))
    assert row_of(catalogue, below).parent_id == own
    for parent in ("", "other"):
        with pytest.raises(NotAllowed):
            organizations.create(catalogue, admin, Change(slug="mine", parent=parent))
    with pytest.raises(NotAllowed):
        organizations.update(catalogue, admin, "own", Change(parent="other"))
    with pytest.raises(NotAllowed):
        organizations.update(catalogue, member(own, Role.EDITOR), "own", Change(title="x"))
    del other


def test_it_stays_while_it_has_records(catalogue: Catalogue) -> None:
    organization(catalogue, "su")
    held = feed(catalogue).one(found("1", record(organization=OrganizationRef(slug="su", title=Text(ru="su")))))
    assert held.organization is not None
    with pytest.raises(Conflict, match="datasets"):
        organizations.delete(catalogue, SYSTEM, "su")
    with pytest.raises(Conflict):
        organizations.purge(catalogue, SYSTEM, "su")


def test_taken_away_its_name_stays_taken_until_it_is_purged(catalogue: Catalogue) -> None:
    key = organizations.create(catalogue, SYSTEM, Change(slug="su"))
    organizations.delete(catalogue, SYSTEM, "su")
    assert row_of(catalogue, key).state == "deleted"
    with pytest.raises(Invalid):
        organizations.create(catalogue, SYSTEM, Change(slug="su"))
    with pytest.raises(NotFound):
        organizations.update(catalogue, member(key, Role.ADMIN), "su", Change(title="x"))
    organizations.update(catalogue, SYSTEM, "su", Change(state="active"))
    assert row_of(catalogue, key).state == "active"
    organizations.purge(catalogue, SYSTEM, "su")
    assert organizations.create(catalogue, SYSTEM, Change(slug="su")) != key


def test_members_are_given_as_a_whole_or_one_by_one(catalogue: Catalogue) -> None:
    first, second = person(catalogue, "aru"), person(catalogue, "bek")
    key = organizations.create(catalogue, SYSTEM, Change(slug="su", members={"aru": Role.ADMIN}))
    memberships.give_role(catalogue, SYSTEM, "su", "bek", Role.MEMBER)
    memberships.give_role(catalogue, SYSTEM, "su", "bek", Role.EDITOR)
    assert _roles(catalogue, key) == {first: Role.ADMIN, second: Role.EDITOR}
    organizations.update(catalogue, SYSTEM, "su", Change(title="Су"))
    assert len(_roles(catalogue, key)) == 2
    organizations.update(catalogue, SYSTEM, "su", Change(members={"bek": Role.MEMBER}))
    assert _roles(catalogue, key) == {second: Role.MEMBER}
    memberships.take_role(catalogue, SYSTEM, "su", "bek")
    assert not _roles(catalogue, key)
    with pytest.raises(Invalid):
        organizations.update(catalogue, SYSTEM, "su", Change(members={"nobody": Role.MEMBER}))
    with pytest.raises(NotAllowed):
        memberships.give_role(catalogue, member(key, Role.EDITOR), "su", "aru", Role.ADMIN)
    with pytest.raises(NotAllowed):
        memberships.give_role(catalogue, PUBLIC, "su", "aru", Role.ADMIN)


def _roles(catalogue: Catalogue, key: UUID) -> dict[UUID, Role]:
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(Membership).where(Membership.organization_id == key))
        return {row.user_id: row.role for row in rows}
