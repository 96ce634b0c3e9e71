"""Invitations: an account that waits for its owner, who names it, chooses its language and its password.

The link goes to its receiver alone. Where no mail is set up, who invites is shown it once, to hand it over; but not
where the account has a role in an agency that is not theirs, for then it would be good for more than they may give.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from opendata.catalog.values import LANGUAGES, Text
from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services import emails, letters, mailed_links, own_password, usernames
from opendata.services.actors import Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.naming import wrong
from opendata.services.rights import Right, demand, demand_over, may, may_over
from opendata.store import queries
from opendata.store.accounts import MailedLink, Membership, User
from opendata.store.organizations import Organization
from opendata.store.states import LinkKind, UserState

NAME_LENGTH = 200
"""Characters of the longest name of a person."""
TAKEN = "The email address belongs to a registered user."


@dataclass(frozen=True, slots=True)
class Invited:
    """The account that waits; `link` is "" unless who invited must hand it over."""

    user_id: UUID
    link: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the receiver is shown: `organizations` are the names of those that wait for them."""

    email: str
    name: str
    language: str
    expires: dt.datetime
    organizations: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation that was not taken up. `expires` None: no link of it works any more."""

    user_id: UUID
    username: str
    email: str
    name: str
    created: dt.datetime
    expires: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the invited gives."""

    name: str
    language: str
    password: str


def invite(
    catalogue: Catalogue,
    actor: Actor,
    email: str,
    name: str = "",
    organization: str = "",
    role: Role | None = None,
    language: str = "",
) -> Invited:
    """Make an account that waits, with that role, and send its owner the link. The administrators of the agency may;
    without an agency, sysadmins alone. Invited once more, the older link ends. Invalid for an account that is in use.
    """
    email = emails.folded(email)
    if bool(organization) != bool(role):
        raise wrong("role", "An agency and a role go together.")
    if not emails.is_email(email):
        raise wrong("email", f"Email {email[:200]} is not a valid format", "email")
    try:
        with catalogue.sessions.write.begin() as session:
            owner = _owner(session, actor, organization)
            user = _waiting(session, catalogue, actor, email, name, language)
            if owner is not None and role is not None:
                _give(session, catalogue, actor, user, owner, role)
            said = {"organization": owner.slug if owner else "", "role": role}
            note(session, actor, catalogue.now(), "user", user.id, "invited", after=said)
            return _send(session, catalogue, actor, user)
    except IntegrityError:
        with catalogue.sessions.read() as session:
            if session.scalar(select(User.id).where(User.email == email)) is None:
                raise
        raise wrong("email", TAKEN, "taken") from None  # somebody else invited the same person just now


def _owner(session: Session, actor: Actor, organization: str) -> Organization | None:
    if not organization:
        demand(actor, Right.MANAGE_SITE)
        return None
    row = session.get_one(Organization, queries.address(session, "organization", organization).id)
    demand_over(actor, Right.MANAGE_MEMBERS, row.id)
    if row.state != "active":
        raise NotFound(f"There is no agency called {organization!r}.")
    return row


def _waiting(session: Session, catalogue: Catalogue, actor: Actor, email: str, name: str, language: str) -> User:
    """The account of that address, if it waits already; else a new one."""
    found = session.scalar(select(User).where(User.email == email))
    if found is not None:
        if found.state != UserState.PENDING or (found.sysadmin and not may(actor, Right.MANAGE_SITE)):
            raise wrong("email", TAKEN, "taken")
        return found
    now, username = catalogue.now(), usernames.free(session, email)
    made = User(
        email=email, username=username, name=name.strip()[:NAME_LENGTH] or username, state=UserState.PENDING,
        language=language if language in LANGUAGES else "", created=now, modified=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _give(session: Session, catalogue: Catalogue, actor: Actor, user: User, owner: Organization, role: Role) -> None:
    now, held = catalogue.now(), session.get(Membership, (user.id, owner.id))
    before = held.role if held else None
    if held is None:
        session.add(Membership(user_id=user.id, organization_id=owner.id, role=role, created=now))
    else:
        held.role = role
    if before != role:
        said = {"user": user.username, "role": role}
        note(session, actor, now, "organization", owner.id, "role given", before={"role": before}, after=said)
    session.flush()


def _send(session: Session, catalogue: Catalogue, actor: Actor, user: User) -> Invited:
    life = dt.timedelta(days=catalogue.config.security.invitation_days)
    mailed_links.end(session, catalogue, user.id)
    secret = mailed_links.make(session, catalogue, LinkKind.INVITATION, user.id, user.email, life, actor.user_id)
    language = letters.language_of(catalogue, user)
    link = letters.address(catalogue, f"/account/invitation/{secret}", language)
    names = " · ".join(title.show(language).value for title in _titles(session, user.id))
    until = letters.moment(catalogue, catalogue.now() + life, language)
    letter = letters.written(catalogue, "invitation", language, link, organization=names, until=until)
    letters.send(session, catalogue, user, letter)
    return Invited(user.id, link if not catalogue.config.mail.host and _is_theirs(session, actor, user) else "")


def _titles(session: Session, user_id: UUID) -> tuple[Text, ...]:
    held = select(Membership).where(Membership.user_id == user_id).options(joinedload(Membership.organization))
    return tuple(row.organization.title for row in session.scalars(held))


def _is_theirs(session: Session, actor: Actor, user: User) -> bool:
    """Whether the account may do nothing that the actor could not give it, and was never in use."""
    if may(actor, Right.MANAGE_SITE):
        return True
    held = session.scalars(select(Membership.organization_id).where(Membership.user_id == user.id)).all()
    unused = user.password_hash is None and user.last_login is None
    return unused and bool(held) and all(may_over(actor, Right.MANAGE_MEMBERS, one) for one in held)


def renew(catalogue: Catalogue, actor: Actor, user_id: UUID) -> Invited:
    """A new link for who did not take up the invitation; the older one ends. NotFound; NotAllowed."""
    with catalogue.sessions.write.begin() as session:
        user = _invited(session, actor, user_id)
        note(session, actor, catalogue.now(), "user", user.id, "invited", after={"again": True})
        return _send(session, catalogue, actor, user)


def withdraw(catalogue: Catalogue, actor: Actor, user_id: UUID) -> None:
    """Take the invitation back: the account, which was never in use, is gone. NotFound; NotAllowed; Conflict."""
    with catalogue.sessions.write.begin() as session:
        user = _invited(session, actor, user_id)
        if not _is_theirs(session, actor, user) or user.password_hash is not None:
            raise Conflict("Others have invited the same person: take back the role that your agency gave.")
        note(session, actor, catalogue.now(), "user", user.id, "invitation withdrawn", before={"user": user.username})
        session.delete(user)


def _invited(session: Session, actor: Actor, user_id: UUID) -> User:
    demand(actor, Right.MANAGE_MEMBERS)
    user = session.get(User, user_id)
    if user is None or user.state != UserState.PENDING:
        raise NotFound("Nobody of this name waits for an invitation.")
    if may(actor, Right.MANAGE_SITE):
        return user
    held = session.scalars(select(Membership.organization_id).where(Membership.user_id == user_id)).all()
    if user.sysadmin or not any(may_over(actor, Right.MANAGE_MEMBERS, one) for one in held):
        raise NotFound("Nobody of this name waits for an invitation.")
    return user


def pending(catalogue: Catalogue, actor: Actor, organization: str = "") -> tuple[InvitationLine, ...]:
    """Who was invited and did not come yet, oldest first: to that agency, or (sysadmins) to any and none."""
    now = catalogue.now()
    live = select(MailedLink.user_id, MailedLink.expires).where(
        MailedLink.kind == LinkKind.INVITATION, MailedLink.used.is_(None), MailedLink.expires > now
    )
    links = live.subquery()
    wanted = select(User, links.c.expires).outerjoin(links, links.c.user_id == User.id)
    wanted = wanted.where(User.state == UserState.PENDING).order_by(User.created, User.id)
    with catalogue.sessions.read() as session:
        if owner := _owner(session, actor, organization):
            held = select(Membership.user_id).where(Membership.organization_id == owner.id)
            wanted = wanted.where(User.id.in_(held))
        rows = session.execute(wanted).all()
    return tuple(InvitationLine(who.id, who.username, who.email, who.name, who.created, until) for who, until in rows)


def opened(catalogue: Catalogue, secret: str) -> Invitation:
    """What the link opens; looking at it uses nothing up. NotFound."""
    with catalogue.sessions.read() as session:
        link, user = mailed_links.owner(session, catalogue, LinkKind.INVITATION, secret)
        _demand_waiting(user)
        name = "" if user.name == user.username else user.name
        return Invitation(user.email, name, user.language, link.expires, _titles(session, user.id))


def accept(catalogue: Catalogue, secret: str, answer: Answer, address: str) -> UUID:
    """Open the account with what its owner gave; it is active from now on. NotFound; Invalid names the fields."""
    with catalogue.sessions.read() as session:
        _, user = mailed_links.owner(session, catalogue, LinkKind.INVITATION, secret)
        _demand_waiting(user)
    hashed = _checked(catalogue, user, answer)
    with catalogue.sessions.write.begin() as session:
        _, user = mailed_links.use(session, catalogue, LinkKind.INVITATION, secret)
        _demand_waiting(user)
        user.name, user.language, user.state = answer.name.strip(), answer.language, UserState.ACTIVE
        own_password.put(session, catalogue, user, hashed)
        who = Actor(user_id=user.id, name=user.name, email=user.email, address=address)
        note(session, who, catalogue.now(), "user", user.id, "invitation accepted")
        return user.id


def _demand_waiting(user: User) -> None:
    if user.state != UserState.PENDING:
        raise NotFound(mailed_links.OVER)


def _checked(catalogue: Catalogue, user: User, answer: Answer) -> str:
    """The hash of the password. Invalid with all that is wrong."""
    problems = []
    if not 0 < len(answer.name.strip()) <= NAME_LENGTH or not answer.name.isprintable():
        problems.append(Problem("person_name", f"Write your name, in {NAME_LENGTH} characters at most.", "name"))
    if answer.language not in catalogue.config.languages.enabled:
        problems.append(Problem("language", "Choose one of the languages.", "language"))
    try:
        hashed = own_password.hashed(catalogue, user, answer.password, "new")
    except Invalid as error:
        problems += error.problems
    if problems:
        raise Invalid("The account cannot be opened like this.", problems)
    return hashed
