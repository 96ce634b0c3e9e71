"""Accounts as programs make, change and end them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy import update as update_rows
from sqlalchemy.orm import Session

from opendata.errors import Conflict, NotAllowed
from opendata.services import accounts, emails, invitations, own_password
from opendata.services.accounts import NewUser
from opendata.services.actors import Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.naming import wrong
from opendata.services.rights import Right, demand, may
from opendata.store.accounts import ApiToken, Membership, User, UserSession
from opendata.store.organizations import GroupMember
from opendata.store.states import UserState

STATES = {"active": UserState.ACTIVE, "pending": UserState.PENDING, "deleted": UserState.BLOCKED}
"""CKAN's words for them."""


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to be written of an account; None leaves a field as it is."""

    name: str | None = None
    email: str | None = None
    old_password: str | None = None
    """The present one, with which the owner changes it in a browser."""
    about: str | None = None
    image_url: str | None = None
    password: str | None = None
    sysadmin: bool | None = None
    state: str | None = None


def create(catalogue: Catalogue, actor: Actor, new: NewUser, change: UserChange = UserChange()) -> UUID:
    """A new account with what `change` says beside; its id. Sysadmins alone. Invalid names the field that is wrong."""
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.read() as session:
        if session.scalar(select(User.id).where(User.username == new.username)):
            raise wrong("name", "That login name is not available.", "taken")
        if session.scalar(select(User.id).where(User.email == new.email.strip().casefold())):
            raise wrong("email", "The email address belongs to a registered user.", "taken")
    accounts.add_user(catalogue, actor, new)
    return update(catalogue, actor, new.email, replace(change, password=None, name=None, email=None))


def update(catalogue: Catalogue, actor: Actor, name: str, change: UserChange) -> UUID:
    """Change the account; its id. Sysadmins change any, others their own.

    A token alone changes neither password nor e-mail of its owner, and a browser only with the present password, or
    by a link to the new address: who finds either open shall not keep the account.
    """
    now = catalogue.now()
    _prove(catalogue, actor, name, change)
    with catalogue.sessions.write.begin() as session:
        row = user_named(session, name, active=not actor.sysadmin)
        over_all = may(actor, Right.MANAGE_SITE)
        if not over_all and (actor.user_id != row.id or actor.held_back):
            raise NotAllowed("You may change your own account alone.", signed_in=actor.signed_in)
        _check_theirs(actor, row, change, over_all=over_all)
        before = {"name": row.name, "email": row.email, "sysadmin": row.sysadmin, "state": row.state}
        if change.email is not None:
            row.email = _free_email(session, change.email, row)
        for field in ("name", "about", "image_url", "sysadmin"):
            if (value := getattr(change, field)) is not None:
                setattr(row, field, value)
        if change.password is not None:
            _set_password(session, catalogue, row, change.password)
        if change.state is not None:
            row.modified = now
            _turn(session, actor, row, change.state)
        row.modified = now
        after = {"name": row.name, "email": row.email, "sysadmin": row.sysadmin, "state": row.state}
        note(session, actor, now, "user", row.id, "changed", before=before, after=after)
        return row.id


def _check_theirs(actor: Actor, row: User, change: UserChange, *, over_all: bool) -> None:
    if over_all:
        return
    if change.sysadmin not in (None, row.sysadmin) or change.state not in (None, _ckan_state(row.state)):
        raise NotAllowed("Only sysadmins may change this of an account.")
    moved = change.email is not None and change.email.strip().casefold() != row.email
    if actor.token_id is not None and (moved or change.password is not None):
        raise NotAllowed("Sign in with your e-mail and password to change either of them.")


def _ckan_state(state: UserState) -> str:
    return next(word for word, one in STATES.items() if one == state)


def _free_email(session: Session, given: str, row: User) -> str:
    email = emails.folded(given)
    if not emails.is_email(email):
        raise wrong("email", f"Email {given[:200]} is not a valid format")
    if session.scalar(select(User.id).where(User.email == email, User.id != row.id)):
        raise wrong("email", "The email address belongs to a registered user.", "taken")
    return email


def _prove(catalogue: Catalogue, actor: Actor, name: str, change: UserChange) -> None:
    """Who is signed in with a browser proves once more to be the owner before what opens the account is changed."""
    if actor.user_id is None or actor.token_id is not None:
        return
    with catalogue.sessions.read() as session:
        row = user_named(session, name, active=False)
    if row.id != actor.user_id:
        return
    if change.email is not None and emails.folded(change.email) != row.email:
        raise wrong("email", "Change it on the page of your account: the new address is confirmed by a link.")
    if change.password is None:
        return
    if change.old_password is None:
        raise wrong("old_password", "Missing value")
    own_password.prove(catalogue, actor, change.old_password, "old_password")


def _set_password(session: Session, catalogue: Catalogue, row: User, password: str) -> None:
    own_password.put(session, catalogue, row, own_password.hashed(catalogue, row, password, "password"))
    own_password.tell(session, catalogue, row)


def delete(catalogue: Catalogue, actor: Actor, name: str) -> UUID:
    """End the account: nobody signs in, its tokens and roles are gone; what it did stays told. Sysadmins alone."""
    demand(actor, Right.MANAGE_SITE)
    return update(catalogue, actor, name, UserChange(state="deleted"))


def _turn(session: Session, actor: Actor, row: User, state: str) -> None:
    if state not in STATES:
        raise wrong("state", f"Must be one of {', '.join(STATES)}.")
    if STATES[state] == UserState.BLOCKED:
        if row.id == actor.user_id:
            raise Conflict("Nobody can end the account that they are signed in with.")
        for table in (UserSession, Membership):
            session.execute(delete_rows(table).where(table.user_id == row.id))
        session.execute(delete_rows(GroupMember).where(GroupMember.kind == "user", GroupMember.object_id == row.id))
        session.execute(update_rows(ApiToken).where(ApiToken.user_id == row.id).values(revoked=row.modified))
    row.state = STATES[state]


def invite(catalogue: Catalogue, actor: Actor, email: str, organization: str, role: Role) -> UUID:
    """An account that waits for its owner, with that role; the link goes by mail. Administrators of the agency may."""
    return invitations.invite(catalogue, actor, email, organization=organization, role=role).user_id
