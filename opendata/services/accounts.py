"""Accounts, tokens and memberships: as an operator makes them, and as their owners look after their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from operator import itemgetter
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from opendata.services import access, usernames
from opendata.services.actors import Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.desk_results import AccountPage, TokenLine
from opendata.services.passwords import TOKEN_PREFIX, hash_password, hash_secret, matches, new_secret, one_time_password
from opendata.services.rights import Right, demand
from opendata.store.accounts import ApiToken, Membership, User, UserSession
from opendata.store.organizations import Organization

MAX_DAYS = 3650
"""The longest life of a token made on the account page."""

NAME_LENGTH = 200

MADE_BY = "made-by:"
"""The scope that names the token with which a token was made."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account to make. `password` None asks for a one-time password, `username` "" for one made of the e-mail."""

    name: str
    email: str
    password: str | None = None
    sysadmin: bool = False
    organization: str = ""
    role: Role | None = None
    username: str = ""


def add_user(catalogue: Catalogue, actor: Actor, new: NewUser) -> str:
    """Make the account; its password, drawn here where none was given. Conflict when e-mail or username is taken."""
    demand(actor, Right.MANAGE_SITE)
    email = new.email.strip().casefold()
    if "@" not in email.strip("@") or len(email) > 320:
        raise Invalid("The e-mail is not one.", [Problem("email", f"{new.email!r} is no e-mail address.", "email")])
    if bool(new.organization) != bool(new.role):
        raise Invalid("An organisation and a role go together: give both or none.")
    password = new.password if new.password is not None else one_time_password()
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        if session.scalar(select(User.id).where(User.email == email)):
            raise Conflict(f"There is an account with the e-mail {email} already.")
        user = User(
            email=email,
            username=usernames.checked(session, new.username) if new.username else usernames.free(session, email),
            name=new.name,
            password_hash=hash_password(password),
            password_must_change=new.password is None,
            sysadmin=new.sysadmin,
            created=now,
            modified=now,
        )
        session.add(user)
        session.flush()
        if new.organization and new.role:
            organization = _organization(session, new.organization)
            session.add(Membership(user_id=user.id, organization_id=organization.id, role=new.role, created=now))
        note(session, actor, now, "user", user.id, "created", after={"email": email, "sysadmin": new.sysadmin})
    return password


def create_token(catalogue: Catalogue, email: str, name: str = "", days: int | None = None) -> str:
    """A new API token of the account, to be shown once. `days` None: it does not expire."""
    token, now = new_secret(TOKEN_PREFIX), catalogue.now()
    with catalogue.sessions.write.begin() as session:
        user = session.scalar(select(User).where(User.email == email.strip().casefold()))
        user = user or session.scalar(select(User).where(User.username == email))
        user = user or session.scalar(select(User).where(User.name == email))
        if user is None:
            raise NotFound(f"There is no account {email!r}. Name it by its e-mail.")
        _add_token(session, user.id, token, name, now, days)
    return token


def own_account(catalogue: Catalogue, actor: Actor) -> AccountPage:
    """What the asker's account page shows. NotAllowed for those who are not signed in by password."""
    _person(actor)
    wanted = select(User).where(User.id == actor.user_id)
    wanted = wanted.options(selectinload(User.memberships).joinedload(Membership.organization))
    with catalogue.sessions.read() as session:
        user = session.scalars(wanted).one()
        roles = sorted(
            ((row.organization.slug, row.organization.title, row.role) for row in user.memberships), key=itemgetter(0)
        )
        tokens = tokens_of(catalogue, actor)
        return AccountPage(user.name, user.email, user.sysadmin, tuple(roles), tokens, user.last_login)


def tokens_of(catalogue: Catalogue, actor: Actor) -> tuple[TokenLine, ...]:
    """The asker's API tokens that were not revoked, newest first."""
    user_id, now = _person(actor), catalogue.now()
    wanted = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked.is_(None))
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted.order_by(ApiToken.created.desc(), ApiToken.id)).all()
    return tuple(
        TokenLine(
            id=row.id,
            name=row.name,
            created=row.created,
            expires=row.expires,
            expired=row.expires is not None and row.expires <= now,
            last_used=row.last_used,
        )
        for row in rows
    )


def new_token(catalogue: Catalogue, actor: Actor, name: str, days: int | None) -> str:
    """A new API token of the asker, to be shown once. Invalid without a name, or with more days than `MAX_DAYS`."""
    user_id, now = _person(actor), catalogue.now()
    name, problems = name.strip(), []
    if actor.held_back:
        raise NotAllowed("Change your password, or set up a second factor, first.")
    if not 0 < len(name) <= NAME_LENGTH:
        problems.append(Problem("token_name", f"Say what it is for, in 1 to {NAME_LENGTH} characters.", "token_name"))
    if days is not None and not 0 < days <= MAX_DAYS:
        problems.append(Problem("token_days", f"A number of days from 1 to {MAX_DAYS}.", "token_days"))
    if problems:
        raise Invalid("The token cannot be made.", problems)
    token = new_secret(TOKEN_PREFIX)
    with catalogue.sessions.write.begin() as session:
        _add_token(session, user_id, token, name, now, days)
        note(session, actor, now, "user", user_id, "token created", after={"name": name})
    return token


def revoke_token(catalogue: Catalogue, actor: Actor, token_id: UUID) -> None:
    """End one of the asker's own tokens at once. NotFound for any other."""
    user_id, now = _person(actor), catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = session.get(ApiToken, token_id)
        if row is None or row.user_id != user_id or row.revoked:
            raise NotFound("You have no such token.")
        end_token(session, row, now)
        note(session, actor, now, "user", user_id, "token revoked", before={"name": row.name})


def end_token(session: Session, row: ApiToken, now: dt.datetime) -> None:
    """End the token with all that were made with it, and with those."""
    live = session.scalars(select(ApiToken).where(ApiToken.user_id == row.user_id, ApiToken.revoked.is_(None))).all()
    ending = [row]
    while ending:
        one = ending.pop()
        one.revoked = now
        ending.extend(each for each in live if each.revoked is None and f"{MADE_BY}{one.id}" in (each.scopes or ()))


def change_password(
    catalogue: Catalogue, actor: Actor, old: str, new: str, *, address: str, session_secret: str
) -> None:
    """Give the asker a new password, and end all other sessions than the one of `session_secret`.

    Invalid names "old" or "new"; wrong old ones count as failed sign-ins, so TooMany after too many of them.
    """
    user_id = _person(actor)
    stored = access.password_hash(catalogue, actor.email, address)
    if not matches(old, stored):
        access.note_failure(catalogue, actor.email, address)
        raise Invalid("The password stays.", [Problem("old_password", "This is not your password.", "old")])
    if new == old:
        raise Invalid("The password stays.", [Problem("same_password", "Choose another one than the old.", "new")])
    try:
        hashed = hash_password(new)
    except Invalid as error:
        problems = [Problem(problem.code, problem.message, "new") for problem in error.problems]
        raise Invalid(error.message, problems) from None
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, user_id)
        user.password_hash, user.password_must_change, user.modified = hashed, False, now
        others = delete(UserSession).where(UserSession.user_id == user_id)
        session.execute(others.where(UserSession.session_hash != hash_secret(session_secret)))
        note(session, actor, now, "user", user_id, "password changed")


def _person(actor: Actor) -> UUID:
    """The asker's account. No token may make tokens or change passwords: who finds one shall not keep the account."""
    if actor.user_id is None or actor.token_id is not None:
        raise NotAllowed("Sign in with your e-mail and password for this.", signed_in=False)
    return actor.user_id


def _add_token(session: Session, user_id: UUID, token: str, name: str, now: dt.datetime, days: int | None) -> None:
    expires = now + dt.timedelta(days=days) if days else None
    session.add(ApiToken(user_id=user_id, name=name, token_hash=hash_secret(token), created=now, expires=expires))


def _organization(session: Session, slug: str) -> Organization:
    found = session.scalar(select(Organization).where(Organization.slug == slug))
    if found is None:
        raise NotFound(f"There is no organisation {slug!r}. Add it with: opendata organization add {slug} --title …")
    return found
