"""Accounts: as an operator makes them, and as their owners look after their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, selectinload

from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services import access, own_password, tokens, usernames
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.desk_results import AccountPage
from opendata.services.emails import folded, is_email
from opendata.services.passwords import hash_password, hash_secret, new_secret, one_time_password
from opendata.services.rights import Right, demand
from opendata.store.accounts import Membership, User, UserSession
from opendata.store.datasets import Dataset
from opendata.store.editing import FormDraft
from opendata.store.harvests import HarvestSource
from opendata.store.organizations import Organization
from opendata.store.register import Study

NAME_LENGTH = 200
"""Characters of the longest name of a person."""


_KEPT = {
    "datasets": Dataset.responsible_id,
    "studies": Study.responsible_id,
    "sources": HarvestSource.responsible_id,
}
"""What somebody can answer for."""


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
    language: str = ""
    """In which letters are written to them, "" for that of the site; the owner may choose another one."""


def add_user(catalogue: Catalogue, actor: Actor, new: NewUser) -> str:
    """Make the account; its password, drawn here where none was given. Conflict when e-mail or username is taken."""
    demand(actor, Right.MANAGE_SITE)
    email = folded(new.email)
    if not is_email(email):
        raise Invalid("The e-mail is not one.", [Problem("email", f"{new.email!r} is no e-mail address.", "email")])
    if bool(new.organization) != bool(new.role):
        raise Invalid("An agency and a role go together: give both or none.")
    if new.language and new.language not in catalogue.config.languages.enabled:
        raise Invalid("There is no such language.", [Problem("language", "Choose one of the languages.", "language")])
    password = new.password if new.password is not None else one_time_password()
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        if session.scalar(select(User.id).where(User.email == email)):
            raise Conflict(f"There is an account with the e-mail {email} already.")
        user = User(
            email=email,
            username=usernames.checked(session, new.username) if new.username else usernames.free(session, email),
            name=new.name,
            password_hash=hash_password(password, own_password.personal(catalogue, new.name, email, new.username)),
            password_must_change=new.password is None,
            sysadmin=new.sysadmin,
            language=new.language,
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


def create_token(catalogue: Catalogue, user: str, name: str = "", days: int | None = None) -> str:
    """A new API token of the account (e-mail, user name or id), as the operator makes them. `days` None: for ever."""
    life = dt.timedelta(days=days) if days else None
    return tokens.create(catalogue, SYSTEM, user, name or "operator", life)[0]


def own_account(catalogue: Catalogue, actor: Actor) -> AccountPage:
    """What the asker's account page shows. NotAllowed for those who are not signed in by password."""
    access.own(actor)
    wanted = select(User).where(User.id == actor.user_id)
    wanted = wanted.options(selectinload(User.memberships).joinedload(Membership.organization))
    with catalogue.sessions.read() as session:
        user = session.scalars(wanted).one()
        roles = sorted(
            ((row.organization.slug, row.organization.title, row.role) for row in user.memberships), key=itemgetter(0)
        )
        return AccountPage(
            name=user.name,
            email=user.email,
            sysadmin=user.sysadmin,
            roles=tuple(roles),
            last_login=user.last_login,
            language=user.language,
            has_password=user.password_hash is not None,
            answers_for={name: _count(session, who == user.id) for name, who in _KEPT.items()},
            drafts=_count(session, FormDraft.user_id == user.id),
        )


def _count(session: Session, theirs: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(theirs)) or 0


def change_password(catalogue: Catalogue, actor: Actor, old: str, new: str, *, session_secret: str) -> str:
    """Give the asker a new password, end all other sessions, and tell the owner by mail. The session of
    `session_secret` goes on under another secret, which is what this gives.

    Invalid names "old" or "new"; wrong old ones count as failed sign-ins, so TooMany after too many of them.
    """
    user_id = access.own(actor)
    own_password.prove(catalogue, actor, old, "old")
    if new == old:
        raise Invalid("The password stays.", [Problem("same_password", "Choose another one than the old.", "new")])
    with catalogue.sessions.read() as session:
        hashed = own_password.hashed(catalogue, session.get_one(User, user_id), new, "new")
    now, renewed = catalogue.now(), new_secret()
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, user_id)
        own_password.put(session, catalogue, user, hashed, keep=session_secret)
        own_password.tell(session, catalogue, user)
        this = update(UserSession).where(UserSession.session_hash == hash_secret(session_secret))
        session.execute(this.values(session_hash=hash_secret(renewed)))
        note(session, actor, now, "user", user_id, "password changed")
    return renewed


def change_profile(catalogue: Catalogue, actor: Actor, name: str, language: str) -> None:
    """What the asker is called, and in which language letters are written to them. Invalid names the field."""
    user_id, name, problems = access.own(actor), name.strip(), []
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        message = f"Write your name, in {NAME_LENGTH} characters at most."
        problems.append(Problem("person_name", message, "name"))
    if language and language not in catalogue.config.languages.enabled:
        problems.append(Problem("language", "Choose one of the languages.", "language"))
    if problems:
        raise Invalid("Nothing was changed.", problems)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, user_id)
        said = {"before": {"name": user.name, "language": user.language}, "after": {"name": name, "language": language}}
        user.name, user.language, user.modified = name, language, now
        note(session, actor, now, "user", user_id, "changed", **said)


def _organization(session: Session, slug: str) -> Organization:
    found = session.scalar(select(Organization).where(Organization.slug == slug))
    if found is None:
        raise NotFound(f"There is no agency {slug!r}. Add it with: opendata organization add {slug} --title …")
    return found
