"""Another e-mail address for an account: confirmed at the new one, and told to the old one."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from opendata.errors import Invalid, NotFound, Problem
from opendata.services import access, attempts, emails, letters, mailed_links, own_password
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import User
from opendata.store.states import LinkKind, UserState

LIFE = dt.timedelta(hours=24)
MOST = 5
"""Letters of one account in 15 minutes."""


def ask(catalogue: Catalogue, actor: Actor, email: str, password: str) -> None:
    """Send the link to the new address, and word to the old one. Invalid names "email" or "password": an account
    without one gets it first, by a link to the present address.

    Whether the new address has an account is told there, and not to who asks.
    """
    user_id, email = access.own(actor), emails.folded(email)
    if not emails.is_email(email) or email == actor.email:
        raise Invalid("The address stays.", [Problem("no_email", "Write another e-mail address.", "email")])
    own_password.prove(catalogue, actor, password, "password")
    key = f"move:{user_id}"
    with catalogue.sessions.write.begin() as session:
        attempts.check(catalogue, session, (key,), MOST)
        user = session.get_one(User, user_id)
        language = letters.language_of(catalogue, user)
        sign_in = letters.address(catalogue, "/account/sign-in", language)
        if session.scalar(select(User.id).where(User.email == email)):
            letters.send(
                session, catalogue, email, letters.written(catalogue, "email_taken", language, sign_in), language
            )
        else:
            mailed_links.end(session, catalogue, user_id, LinkKind.EMAIL)
            secret = mailed_links.make(session, catalogue, LinkKind.EMAIL, user_id, email, LIFE, user_id)
            link = letters.address(catalogue, f"/account/email/{secret}", language)
            until = letters.moment(catalogue, catalogue.now() + LIFE, language)
            letters.send(
                session, catalogue, email, letters.written(catalogue, "email", language, link, until=until), language
            )
        password_page = letters.address(catalogue, "/account/password", language)
        letters.send(
            session, catalogue, user, letters.written(catalogue, "moving", language, password_page, email=email)
        )
        note(session, actor, catalogue.now(), "user", user_id, "another e-mail asked for")
    attempts.note(catalogue, (key,))


def opened(catalogue: Catalogue, secret: str) -> str:
    """The address that the link confirms; looking at it uses nothing up. NotFound."""
    with catalogue.sessions.read() as session:
        link, _ = mailed_links.owner(session, catalogue, LinkKind.EMAIL, secret)
        return link.email


def confirm(catalogue: Catalogue, secret: str, address: str) -> None:
    """The account has the new address; the old one is told. NotFound, also where another account took it since."""
    with catalogue.sessions.write.begin() as session:
        link, user = mailed_links.use(session, catalogue, LinkKind.EMAIL, secret)
        taken = session.scalar(select(User.id).where(User.email == link.email))
        if user.state != UserState.ACTIVE or taken:
            raise NotFound(mailed_links.OVER)
        before, language = user.email, letters.language_of(catalogue, user)
        user.email, user.modified = link.email, catalogue.now()
        try:
            session.flush()
        except IntegrityError:
            raise NotFound(mailed_links.OVER) from None  # another account took it just now
        mailed_links.end(session, catalogue, user.id, LinkKind.RESET)  # those went to the old address
        letter = letters.written(catalogue, "moved", language, email=link.email)
        letters.send(session, catalogue, before, letter, language)
        who = Actor(user_id=user.id, name=user.name, email=user.email, address=address)
        said = {"before": {"email": before}, "after": {"email": user.email}}
        note(session, who, catalogue.now(), "user", user.id, "e-mail changed", **said)
