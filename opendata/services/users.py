"""Accounts as programs make, change and end them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy import update as update_rows
from sqlalchemy.orm import Session

from opendata.errors import Conflict, Invalid, NotAllowed
from opendata.services import accounts, posting, usernames
from opendata.services.accounts import NewUser
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.naming import wrong
from opendata.services.passwords import hash_password
from opendata.services.rights import Right, demand, demand_over, may
from opendata.store import queries
from opendata.store.accounts import EMAIL_LENGTH, ApiToken, Membership, User, UserSession
from opendata.store.organizations import GroupMember
from opendata.store.states import UserState

STATES = {"active": UserState.ACTIVE, "pending": UserState.PENDING, "deleted": UserState.BLOCKED}
"""CKAN's words for them."""


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to be written of an account; None leaves a field as it is."""

    name: str | None = None
    email: str | None = None
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

    A token alone changes neither password nor e-mail of its owner: who finds one shall not keep the account.
    """
    now = catalogue.now()
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
            _set_password(session, row, change.password)
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
    email = given.strip().casefold()
    if "@" not in email.strip("@") or len(email) > EMAIL_LENGTH:
        raise wrong("email", f"Email {given[:200]} is not a valid format")
    if session.scalar(select(User.id).where(User.email == email, User.id != row.id)):
        raise wrong("email", "The email address belongs to a registered user.", "taken")
    return email


def _set_password(session: Session, row: User, password: str) -> None:
    try:
        row.password_hash = hash_password(password)
    except Invalid as error:
        raise wrong("password", error.message) from None
    row.password_must_change = False
    session.execute(delete_rows(UserSession).where(UserSession.user_id == row.id))


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
    """An account with that role and a one-time password, which goes by mail. The administrators of the agency may.

    Unavailable where no mail can be sent: nobody but its receiver may know the password.
    """
    with catalogue.sessions.read() as session:
        address = queries.address(session, "organization", organization)
        demand_over(actor, Right.MANAGE_MEMBERS, address.id)
        if session.scalar(select(User.id).where(User.email == email.strip().casefold())):
            raise wrong("email", "The email address belongs to a registered user.", "taken")
        name = usernames.free(session, email)
    if not catalogue.config.mail.host:
        raise Conflict("No mail is set up here: a sysadmin adds the account and hands its password over.")
    new = NewUser(name, email, None, organization=address.slug, role=role, username=name)
    password = accounts.add_user(catalogue, SYSTEM, new)
    site = catalogue.config.site
    letter = f"{site.url}/account/sign-in\n\n{email}\n{password}\n"
    try:
        posting.mail(catalogue, new.email.strip().casefold(), site.title, letter)
    except posting.NotSent as error:
        with catalogue.sessions.write.begin() as session:
            session.delete(user_named(session, name))
        raise wrong("email", f"The invitation could not be sent: {error.message}") from None
    with catalogue.sessions.write.begin() as session:
        row = user_named(session, name)
        said = {"organization": address.slug, "role": role}
        note(session, actor, catalogue.now(), "user", row.id, "invited", after=said)
        return row.id
