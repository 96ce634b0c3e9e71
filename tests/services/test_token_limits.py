"""A token may be good for less than its owner: for some things, or in one organisation and below it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from opendata.errors import Invalid, NotAllowed
from opendata.services import access, accounts, memberships, tokens
from opendata.services.accounts import NewUser
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand_over, may
from opendata.store.organizations import Organization
from tests.factories import organization


@pytest.fixture
def site(catalogue: Catalogue) -> Catalogue:
    """Two agencies, one with another below it; somebody who administers both, and a sysadmin."""
    own, other, below = (organization(catalogue, slug) for slug in ("su", "zher", "su-bolim"))
    with catalogue.sessions.write.begin() as session:
        session.get_one(Organization, below).parent_id = own
        session.get_one(Organization, own).review = True
    accounts.add_user(catalogue, SYSTEM, NewUser("Aru", "aru@example.kz", username="aru"))
    accounts.add_user(catalogue, SYSTEM, NewUser("Root", "root@example.kz", username="root", sysadmin=True))
    for slug in ("su", "zher"):
        memberships.give_role(catalogue, SYSTEM, slug, "aru", Role.ADMIN)
    assert other
    return catalogue


def ids(site: Catalogue) -> dict[str, object]:
    with site.sessions.read() as session:
        return dict(list(session.execute(select(Organization.slug, Organization.id))))


def test_a_token_keeps_to_its_scopes(site: Catalogue) -> None:
    where = ids(site)["su"]
    secret, _ = tokens.create(site, SYSTEM, "aru", "reader", scopes=["read"])
    actor = access.actor_for_token(site, secret)
    assert actor.scopes == {"read"}
    assert may(actor, Right.SEE_UNPUBLISHED, where)  # type: ignore[arg-type]
    assert not may(actor, Right.EDIT_RECORDS, where)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        tokens.create(site, actor, "aru", "more")


def test_a_token_of_all_scopes_has_no_limits(site: Catalogue) -> None:
    secret, _ = tokens.create(site, SYSTEM, "root", "all", scopes=["manage", "read", "write"])
    assert access.actor_for_token(site, secret).sysadmin


def test_a_token_of_an_organisation_works_there_and_below_alone(site: Catalogue) -> None:
    known = ids(site)
    for user in ("aru", "root"):
        secret, _ = tokens.create(site, SYSTEM, user, "one", organization="su")
        actor = access.actor_for_token(site, secret)
        assert actor.roles == {known["su"]: Role.ADMIN, known["su-bolim"]: Role.ADMIN}
        assert actor.reviewed == {known["su"], known["su-bolim"]}
        assert not actor.sysadmin


def test_a_limited_token_of_a_sysadmin_is_none(site: Catalogue) -> None:
    secret, _ = tokens.create(site, SYSTEM, "root", "reader", scopes=["read", "write"])
    actor = access.actor_for_token(site, secret)
    assert not actor.sysadmin
    assert not may(actor, Right.MANAGE_SITE)
    assert all(may(actor, Right.EDIT_RECORDS, key) for key in ids(site).values())  # type: ignore[arg-type]


def test_what_is_made_with_a_token_may_no_more_than_that(site: Catalogue) -> None:
    secret, _ = tokens.create(site, SYSTEM, "aru", "parent", scopes=["read", "manage"], organization="su")
    parent = access.actor_for_token(site, secret)
    child, _ = tokens.create(site, parent, "aru", "child", scopes=["read", "write"])
    found = access.actor_for_token(site, child)
    assert (found.scopes, set(found.roles)) == ({"read"}, set(parent.roles))
    with pytest.raises(Invalid):
        tokens.create(site, parent, "aru", "child", scopes=["write"])
    whole, _ = tokens.create(site, parent, "aru", "whole")
    assert access.actor_for_token(site, whole).scopes == {"read", "manage"}
    lines = {one.name: one for one in tokens.listed(site, SYSTEM, "aru")}
    assert (lines["child"].made_with, lines["child"].organization) == ("parent", "su")


@pytest.mark.parametrize("wrong", [{"scopes": ["everything"]}, {"organization": "nowhere"}])
def test_unknown_limits_are_refused(site: Catalogue, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        tokens.create(site, SYSTEM, "aru", "x", **wrong)  # type: ignore[arg-type]


def test_a_refusal_names_the_one_agency_that_a_token_was_made_for(site: Catalogue) -> None:
    known = ids(site)
    secret, _ = tokens.create(site, SYSTEM, "aru", "one", organization="su")
    actor = access.actor_for_token(site, secret)
    assert actor.limited_to == known["su"]
    for owner in (known["zher"], None):
        with pytest.raises(NotAllowed, match="made for one agency alone"):
            demand_over(actor, Right.EDIT_RECORDS, owner)  # type: ignore[arg-type]
    whole = access.actor_for_token(site, tokens.create(site, SYSTEM, "aru", "whole")[0])
    with pytest.raises(NotAllowed, match=r"^You may not "):
        demand_over(whole, Right.EDIT_RECORDS, None)
