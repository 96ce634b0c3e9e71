"""Who of those that a provider knows is the owner of which account: by issuer and subject, and by nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from opendata.errors import Conflict, NotAllowed, NotFound
from opendata.services import letters, usernames
from opendata.services.actors import SYSTEM, Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.id_tokens import Identity
from opendata.store.accounts import MailedLink, User, UserIdentity
from opendata.store.states import LinkKind, UserState


@dataclass(frozen=True, slots=True)
class IdentityLine:
    """An identity by which the asker signs in. `provider` is the title of its provider, else the issuer."""

    id: UUID
    provider: str
    email: str
    created: dt.datetime
    last_used: dt.datetime | None


def owner(session: Session, found: Identity) -> UserIdentity | None:
    """The account's row that the identity opens."""
    wanted = select(UserIdentity).where(UserIdentity.issuer == found.issuer, UserIdentity.subject == found.subject)
    return session.scalar(wanted)


def link(catalogue: Catalogue, user_id: UUID, found: Identity) -> None:
    """From now on the identity opens the account. Conflict where it opens another one."""
    try:
        with catalogue.sessions.write.begin() as session:
            _add(session, catalogue, session.get_one(User, user_id), found)
    except IntegrityError:
        with catalogue.sessions.read() as session:
            row = owner(session, found)
        if row is None or row.user_id != user_id:
            raise Conflict("This identity opens another account already.") from None


def join_invited(catalogue: Catalogue, user_id: UUID, found: Identity) -> None:
    """Who was invited signs in for the first time: the account is active, its invitation used.

    NotAllowed where no invitation to that e-mail, verified by the provider, waits any more.
    """
    now = catalogue.now()
    waiting = select(MailedLink).where(MailedLink.user_id == user_id, MailedLink.kind == LinkKind.INVITATION)
    waiting = waiting.where(MailedLink.used.is_(None), MailedLink.expires > now)
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        links = session.scalars(waiting).all()
        if user.state != UserState.PENDING or user.email != found.email or not found.verified or not links:
            raise NotAllowed("The invitation is for somebody else, or over.", signed_in=False)
        user.state, user.modified = UserState.ACTIVE, now
        user.name = found.name if found.name and user.name == user.username else user.name
        for one in links:
            one.used = now
        who = Actor(user_id=user.id, name=user.name, email=user.email)
        note(session, who, now, "user", user.id, "invitation accepted", after={"issuer": found.issuer})
        _add(session, catalogue, user, found)


def make_account(catalogue: Catalogue, found: Identity) -> UUID:
    """An account without roles for a member of the house. Its owner signs in by the provider alone.

    Two answers at once make one account. Conflict where somebody else got the e-mail meanwhile.
    """
    try:
        with catalogue.sessions.write.begin() as session:
            return _make(session, catalogue, found)
    except IntegrityError:
        with catalogue.sessions.read() as session:
            row = owner(session, found)
        if row is None:
            raise Conflict("There is an account with that e-mail meanwhile. Sign in once more.") from None
        return row.user_id


def _make(session: Session, catalogue: Catalogue, found: Identity) -> UUID:
    now = catalogue.now()
    username, name = usernames.free(session, found.email), found.name or found.email
    user = User(email=found.email, username=username, name=name, created=now, modified=now)
    session.add(user)
    session.flush()
    note(session, SYSTEM, now, "user", user.id, "created", after={"email": user.email, "issuer": found.issuer})
    _add(session, catalogue, user, found)
    return user.id


def _add(session: Session, catalogue: Catalogue, user: User, found: Identity) -> None:
    now = catalogue.now()
    session.add(
        UserIdentity(
            user_id=user.id, issuer=found.issuer, subject=found.subject, email=found.email, created=now, last_used=now
        )
    )
    session.flush()
    titles = _titles(catalogue)
    language = letters.language_of(catalogue, user)
    page = letters.address(catalogue, "/account", language)
    said = letters.written(
        catalogue,
        "identity_linked",
        language,
        page,
        provider=titles.get(found.issuer, found.issuer),
        email=found.email or "–",
    )
    letters.send(session, catalogue, user, said)
    who = Actor(user_id=user.id, name=user.name, email=user.email)
    note(session, who, now, "user", user.id, "identity linked", after={"issuer": found.issuer, "email": found.email})


def used(catalogue: Catalogue, identity_id: UUID, found: Identity) -> None:
    """It opened its account just now; the e-mail is what the provider says today."""
    with catalogue.sessions.write.begin() as session:
        row = session.get_one(UserIdentity, identity_id)
        row.last_used, row.email = catalogue.now(), found.email


def mine(catalogue: Catalogue, actor: Actor) -> tuple[IdentityLine, ...]:
    """The asker's, the oldest first."""
    titles = _titles(catalogue)
    wanted = select(UserIdentity).where(UserIdentity.user_id == actor.user_id).order_by(UserIdentity.created)
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted).all()
    return tuple(
        IdentityLine(row.id, titles.get(row.issuer, row.issuer), row.email, row.created, row.last_used) for row in rows
    )


def _titles(catalogue: Catalogue) -> dict[str, str]:
    """What the providers are called, by issuer."""
    return {one.issuer: one.title or one.name for one in catalogue.config.sign_in.providers}


def unlink(catalogue: Catalogue, actor: Actor, identity_id: UUID) -> None:
    """It opens the asker's account no more. NotFound for those of others, Conflict for the only way in."""
    if actor.user_id is None or actor.token_id is not None:
        raise NotAllowed("Sign in for this.", signed_in=False)
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, actor.user_id, with_for_update=True)
        rows = session.scalars(select(UserIdentity).where(UserIdentity.user_id == user.id)).all()
        row = next((one for one in rows if one.id == identity_id), None)
        if row is None:
            raise NotFound("There is no such identity of yours.")
        if user.password_hash is None and len(rows) == 1:
            raise Conflict("This is the only way into your account.")
        session.delete(row)
        note(session, actor, catalogue.now(), "user", user.id, "identity unlinked", before={"issuer": row.issuer})
