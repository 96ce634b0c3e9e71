"""Links that go by mail and open an account: each works once, and for as long as it says. Only their hash is kept."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy import select as select_rows
from sqlalchemy.orm import Session

from opendata.errors import NotFound
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import hash_secret, new_secret
from opendata.store.accounts import MailedLink, User
from opendata.store.base import touched
from opendata.store.states import LinkKind

OVER = "This link was used already, or its time is over. Ask for a new one."
FORGET = dt.timedelta(days=30)
"""How long a link that is over is kept."""


def make(
    session: Session,
    catalogue: Catalogue,
    kind: LinkKind,
    user_id: UUID,
    email: str,
    life: dt.timedelta,
    by: UUID | None = None,
) -> str:
    """The secret of a new link, which is nowhere kept."""
    secret, now = new_secret(), catalogue.now()
    session.execute(delete(MailedLink).where(MailedLink.expires < now - FORGET))
    session.add(
        MailedLink(
            kind=kind, user_id=user_id, email=email, token_hash=hash_secret(secret), created_by=by, created=now,
            expires=now + life,
        )
    )  # fmt: skip
    return secret


def owner(session: Session, catalogue: Catalogue, kind: LinkKind, secret: str) -> tuple[MailedLink, User]:
    """The link with its account, as long as it works. NotFound."""
    wanted = select_rows(MailedLink, User).join(User, User.id == MailedLink.user_id)
    wanted = wanted.where(MailedLink.kind == kind, MailedLink.token_hash == hash_secret(secret))
    found = session.execute(wanted.where(MailedLink.used.is_(None), MailedLink.expires > catalogue.now())).first()
    if found is None:
        raise NotFound(OVER)
    return found[0], found[1]


def use(session: Session, catalogue: Catalogue, kind: LinkKind, secret: str) -> tuple[MailedLink, User]:
    """The same, and it works no more: of two that come at once one is NotFound. Its elder siblings end with it."""
    link, user = owner(session, catalogue, kind, secret)
    claim = update(MailedLink).where(MailedLink.id == link.id, MailedLink.used.is_(None))
    if touched(session, claim.values(used=catalogue.now())) != 1:
        raise NotFound(OVER)
    end(session, catalogue, user.id, kind)
    return link, user


def end(session: Session, catalogue: Catalogue, user_id: UUID, *kinds: LinkKind) -> None:
    """No link of the account of these kinds works any more; of no kind: none at all."""
    live = update(MailedLink).where(MailedLink.user_id == user_id, MailedLink.used.is_(None))
    live = live.where(MailedLink.kind.in_(kinds)) if kinds else live
    session.execute(live.values(used=catalogue.now()).execution_options(synchronize_session=False))
