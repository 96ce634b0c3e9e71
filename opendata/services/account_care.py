"""Accounts as those who run the site look after them: disabled, enabled again, given a way to a new password."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.errors import Conflict
from opendata.services import mailed_links, own_password, resets
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.rights import Right, demand
from opendata.store.accounts import User
from opendata.store.states import UserState


def disable(catalogue: Catalogue, actor: Actor, name: str) -> UUID:
    """Nobody signs in to the account, in which nothing is open any more; roles and tokens wait for `enable`.

    Conflict for one's own, and for the last sysadmin.
    """
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.write.begin() as session:
        row = user_named(session, name, active=False)
        if row.id == actor.user_id:
            raise Conflict("Nobody can disable the account that they are signed in with.")
        if row.sysadmin and not _other_sysadmins(session, row):
            raise Conflict("This is the last account that may do everything: make another one first.")
        own_password.end_sessions(session, row.id)
        mailed_links.end(session, catalogue, row.id)
        _turn(session, catalogue, actor, row, UserState.BLOCKED)
        return row.id


def _other_sysadmins(session: Session, row: User) -> int:
    others = select(func.count()).select_from(User).where(User.sysadmin, User.state == UserState.ACTIVE)
    return session.scalar(others.where(User.id != row.id)) or 0


def enable(catalogue: Catalogue, actor: Actor, name: str) -> UUID:
    """The account is as it was before it was disabled; one that was never in use waits for its owner again."""
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.write.begin() as session:
        row = user_named(session, name, active=False)
        unused = row.password_hash is None and row.last_login is None
        if row.state == UserState.BLOCKED:
            _turn(session, catalogue, actor, row, UserState.PENDING if unused else UserState.ACTIVE)
        return row.id


def _turn(session: Session, catalogue: Catalogue, actor: Actor, row: User, state: UserState) -> None:
    before, row.state, row.modified = row.state, state, catalogue.now()
    said = {"before": {"state": before}, "after": {"state": state}}
    if before != state:
        note(session, actor, catalogue.now(), "user", row.id, "changed", **said)


def reset(catalogue: Catalogue, actor: Actor, name: str) -> str:
    """Send the owner a link to a new password; the link, for who hands it over where no mail is set up, "" elsewhere.

    Conflict for an account that cannot be signed in to.
    """
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.write.begin() as session:
        row = user_named(session, name, active=False)
        if row.state != UserState.ACTIVE:
            raise Conflict(f"The account is {row.state}: enable it, or invite its owner once more.")
        link = resets.send(catalogue, session, row)
        note(session, actor, catalogue.now(), "user", row.id, "password reset sent")
    return "" if catalogue.config.mail.host else link
