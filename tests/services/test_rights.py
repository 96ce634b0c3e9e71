"""The table of rights: roles, organisations that want review, and tokens that were made for less."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from opendata.errors import NotAllowed
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.rights import (
    NEEDED,
    SCOPE,
    SCOPES,
    Right,
    demand,
    demand_over,
    demand_scope,
    may,
    may_over,
    organizations_where,
)

HERE, THERE = uuid4(), uuid4()
RANKS = (Role.MEMBER, Role.EDITOR, Role.REVIEWER, Role.ADMIN)


def actor(role: Role, *, reviewed: bool = False, scopes: tuple[str, ...] = ()) -> Actor:
    """Somebody of that role in HERE."""
    wanting: frozenset[UUID] = frozenset([HERE]) if reviewed else frozenset()
    return Actor(user_id=uuid4(), roles={HERE: role}, reviewed=wanting, scopes=frozenset(scopes))


def test_every_right_has_a_role_and_a_scope() -> None:
    assert set(NEEDED) == set(SCOPE) == set(Right)
    assert set(SCOPE.values()) == set(SCOPES)


def test_a_role_has_what_the_table_says_in_its_organisation_alone() -> None:
    for right, needed in NEEDED.items():
        assert not may(PUBLIC, right)
        assert may(SYSTEM, right)
        assert may_over(SYSTEM, right, None)
        for role in RANKS:
            allowed = needed is not None and RANKS.index(role) >= RANKS.index(needed)
            assert may_over(actor(role), right, HERE) == allowed
            assert may(actor(role), right) == allowed
            assert not may_over(actor(role), right, THERE)
            assert not may_over(actor(role), right, None)


@pytest.mark.parametrize("role", RANKS)
def test_where_review_is_wanted_an_editor_edits_and_does_not_publish(role: Role) -> None:
    asker = actor(role, reviewed=True)
    assert may(asker, Right.PUBLISH_RECORDS, HERE) == (role in (Role.REVIEWER, Role.ADMIN))
    assert may(asker, Right.EDIT_RECORDS, HERE) == (role is not Role.MEMBER)


def test_review_in_one_organisation_leaves_the_others_as_they_are() -> None:
    asker = replace(actor(Role.EDITOR, reviewed=True), roles={HERE: Role.EDITOR, THERE: Role.EDITOR})
    assert organizations_where(asker, Right.PUBLISH_RECORDS) == frozenset([THERE])
    assert may(asker, Right.PUBLISH_RECORDS)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_does_what_its_scope_holds_and_no_more_even_a_sysadmins(scope: str) -> None:
    held = SCOPES[: SCOPES.index(scope) + 1]
    limited = actor(Role.ADMIN, scopes=(scope,))
    for right, needed in SCOPE.items():
        assert may(limited, right, HERE) == (needed in held and NEEDED[right] is not None)
        assert may(replace(SYSTEM, scopes=frozenset([scope])), right) == (needed in held)
    for other in SCOPES:
        if other in held:
            demand_scope(limited, other)
        else:
            with pytest.raises(NotAllowed):
                demand_scope(limited, other)


def test_a_sysadmins_token_without_the_scope_has_no_organisation_at_all() -> None:
    limited = Actor(user_id=uuid4(), sysadmin=True, scopes=frozenset(["read"]))
    assert organizations_where(limited, Right.SEE_UNPUBLISHED) is None
    assert organizations_where(limited, Right.EDIT_RECORDS) == frozenset()


def test_a_refusal_says_whether_the_token_is_the_reason() -> None:
    limited, weak = actor(Role.ADMIN, scopes=("read",)), actor(Role.MEMBER)
    for ask in (demand, demand_over):
        with pytest.raises(NotAllowed, match="without the scope “write”"):
            ask(limited, Right.EDIT_RECORDS, HERE)
        with pytest.raises(NotAllowed, match="You may not"):
            ask(weak, Right.EDIT_RECORDS, HERE)
