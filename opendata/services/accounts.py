"""Accounts, tokens and memberships as an operator makes them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services.actors import Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import TOKEN_PREFIX, hash_password, hash_secret, new_secret, one_time_password
from opendata.services.rights import Right, demand
from opendata.store.accounts import ApiToken, Membership, User
from opendata.store.organizations import Organization


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account to make. `password` None asks for a one-time password."""

    name: str
    email: str
    password: str | None = None
    sysadmin: bool = False
    organization: str = ""
    role: Role | None = None


def add_user(catalogue: Catalogue, actor: Actor, new: NewUser) -> str:
    """Make the account; its password, drawn here where none was given. Conflict when the e-mail is taken."""
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
        user = user or session.scalar(select(User).where(User.name == email))
        if user is None:
            raise NotFound(f"There is no account {email!r}. Name it by its e-mail.")
        expires = now + dt.timedelta(days=days) if days else None
        session.add(ApiToken(user_id=user.id, name=name, token_hash=hash_secret(token), created=now, expires=expires))
    return token


def _organization(session: Session, slug: str) -> Organization:
    found = session.scalar(select(Organization).where(Organization.slug == slug))
    if found is None:
        raise NotFound(f"There is no organisation {slug!r}. Add it with: opendata organization add {slug} --title …")
    return found
