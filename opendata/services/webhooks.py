"""Webhooks: who is told of what happens, by a signed POST to an address of theirs (Standard Webhooks).

The address is as good as a password with many receivers, so it is sealed with the signing key and never shown again.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services import events, sequence
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand, demand_over
from opendata.services.secrets import seal, unseal
from opendata.services.unchanged import demand_unchanged
from opendata.store import queries
from opendata.store.clients import Webhook, WebhookDelivery
from opendata.store.organizations import Organization

MOST = 20
"""Webhooks of one account."""
MOST_NAME = 200
MOST_URL = 2_000
HAPPENINGS = tuple(one.value for one in events.Happening)
PREFIX = "whsec_"
"""Stands before a signing key, as Standard Webhooks have it."""


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """A webhook as its owner sees it. `host` is all of its address that is shown; `seq` the last event delivered.

    `failures` are those in a row; where they were too many it is not `active`, and `last_error` says why. `version`
    names what was said of it.
    """

    id: UUID
    name: str
    host: str
    organization: str
    events: tuple[str, ...]
    active: bool
    seq: int
    failures: int
    last_error: str
    last_sent: dt.datetime | None
    created: dt.datetime
    version: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A try to deliver the events up to `seq`. `status` 0: there was no answer, `reason` says why."""

    id: int
    seq: int
    at: dt.datetime
    status: int
    reason: str

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return 200 <= self.status < 300


def mine(catalogue: Catalogue, actor: Actor) -> tuple[WebhookLine, ...]:
    """The actor's webhooks, oldest first."""
    demand(actor, Right.RECEIVE_EVENTS)
    with catalogue.sessions.read() as session:
        wanted = select(Webhook, Organization.slug).outerjoin(Organization, Organization.id == Webhook.organization_id)
        wanted = wanted.where(Webhook.user_id == actor.user_id).order_by(Webhook.created, Webhook.id)
        return tuple(_line(row, slug or "") for row, slug in session.execute(wanted))


def one(catalogue: Catalogue, actor: Actor, webhook_id: UUID) -> WebhookLine:
    """That webhook. NotFound also for somebody else's."""
    with catalogue.sessions.read() as session:
        return _shown(session, row_of(session, actor, webhook_id))


def create(
    catalogue: Catalogue,
    actor: Actor,
    url: str,
    *,
    name: str = "",
    wanted: Collection[str] = (),
    organization: str = "",
    since: int | None = None,
) -> tuple[WebhookLine, str]:
    """A new webhook and its signing key, which is shown this once. It is told of what happens from now on, or after the
    cursor `since`; of everything, or of the `wanted` kinds; of one agency's records (slug or id) where one is named.
    """
    demand(actor, Right.RECEIVE_EVENTS)
    _check(url, name, wanted)
    if actor.user_id is None:
        raise NotFound("Webhooks belong to accounts.")
    sequence.advance(catalogue)
    latest, key = events.latest(catalogue), new_key()
    with catalogue.sessions.write.begin() as session:
        has = session.scalar(select(func.count()).select_from(Webhook).where(Webhook.user_id == actor.user_id)) or 0
        if has >= MOST:
            raise Conflict(f"An account has at most {MOST} webhooks. Delete one first.")
        row = Webhook(
            user_id=actor.user_id,
            organization_id=_organization(session, actor, organization),
            name=name,
            secret=seal(catalogue, {"url": url, "key": key}),
            host=urlsplit(url).hostname or "",
            events=list(wanted),
            active=True,
            seq=latest if since is None else min(since, latest),
            failures=0,
            last_error="",
            created=catalogue.now(),
        )
        session.add(row)
        session.flush()
        _note(session, catalogue, actor, row, "webhook created")
        return _shown(session, row), key


def update(
    catalogue: Catalogue,
    actor: Actor,
    webhook_id: UUID,
    *,
    url: str | None = None,
    name: str | None = None,
    wanted: Collection[str] | None = None,
    active: bool | None = None,
    if_versions: Collection[str] | None = None,
) -> WebhookLine:
    """Change what is given. Switched on again it goes on behind the last event that was delivered. `if_versions`: one
    of these must stand, else Changed.
    """
    _check(url, name or "", wanted or ())
    with catalogue.sessions.write.begin() as session:
        row = row_of(session, actor, webhook_id)
        _demand_version(row, if_versions)
        if url is not None:
            known = unseal(catalogue, row.secret)
            row.secret, row.host = seal(catalogue, {**known, "url": url}), urlsplit(url).hostname or ""
        if name is not None:
            row.name = name
        if wanted is not None:
            row.events = list(wanted)
        if active is not None or url is not None:
            row.active = row.active if active is None else active
            row.failures, row.last_error = 0, ""
        _note(session, catalogue, actor, row, "webhook changed")
        return _shown(session, row)


def renew_key(catalogue: Catalogue, actor: Actor, webhook_id: UUID) -> tuple[WebhookLine, str]:
    """A new signing key, shown this once; the former one signs nothing any more."""
    key = new_key()
    with catalogue.sessions.write.begin() as session:
        row = row_of(session, actor, webhook_id)
        row.secret = seal(catalogue, {**unseal(catalogue, row.secret), "key": key})
        _note(session, catalogue, actor, row, "webhook key renewed")
        return _shown(session, row), key


def delete(catalogue: Catalogue, actor: Actor, webhook_id: UUID, *, if_versions: Collection[str] | None = None) -> None:
    """Tell that address of nothing more. `if_versions`: one of these must stand, else Changed."""
    with catalogue.sessions.write.begin() as session:
        row = row_of(session, actor, webhook_id)
        _demand_version(row, if_versions)
        _note(session, catalogue, actor, row, "webhook deleted")
        session.delete(row)


def deliveries(
    catalogue: Catalogue, actor: Actor, webhook_id: UUID, before: int | None, limit: int
) -> tuple[DeliveryLine, ...]:
    """The latest tries, newest first; only those before the number `before`."""
    with catalogue.sessions.read() as session:
        row = row_of(session, actor, webhook_id)
        wanted = select(WebhookDelivery).where(WebhookDelivery.webhook_id == row.id)
        if before is not None:
            wanted = wanted.where(WebhookDelivery.id < before)
        found = session.scalars(wanted.order_by(WebhookDelivery.id.desc()).limit(limit))
        return tuple(DeliveryLine(one.id, one.seq, one.at, one.http_status, one.reason) for one in found)


def new_key() -> str:
    """A signing key: 32 random bytes, in Base64 behind their prefix."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def row_of(session: Session, actor: Actor, webhook_id: UUID) -> Webhook:
    """The row. NotFound also for somebody else's."""
    demand(actor, Right.RECEIVE_EVENTS)
    row = session.get(Webhook, webhook_id)
    if row is None or actor.user_id is None or row.user_id != actor.user_id:
        raise NotFound(f"There is no webhook {webhook_id}.")
    return row


def _version(row: Webhook) -> str:
    """Names what was said of the webhook, its key too; what is delivered changes nothing of that."""
    said = json.dumps([row.name, list(row.events), row.active, hashlib.sha256(row.secret).hexdigest()])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _demand_version(row: Webhook, wanted: Collection[str] | None) -> None:
    demand_unchanged("this webhook", _version(row), wanted)


def _organization(session: Session, actor: Actor, name: str) -> UUID | None:
    if not name:
        return None
    found = queries.address(session, "organization", name).id
    demand_over(actor, Right.RECEIVE_EVENTS, found)
    return found


def _check(url: str | None, name: str, wanted: Collection[str]) -> None:
    problems = []
    if url is not None and not _is_address(url):
        told = "A webhook is an address of at most 2,000 characters that begins with https:// or http://."
        problems.append(Problem("bad_url", told, "url"))
    if len(name) > MOST_NAME:
        problems.append(Problem("too_long", f"A name has at most {MOST_NAME} characters.", "name"))
    if strange := [one for one in wanted if one not in HAPPENINGS]:
        told = f"{strange[0][:100]!r} is no event. Allowed: {', '.join(HAPPENINGS)}."
        problems.append(Problem("unknown_event", told, "events"))
    if problems:
        raise Invalid(" ".join(one.message for one in problems), problems)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        plain = url.isascii() and url.isprintable() and " " not in url and (parts.port or 1) > 0
    except ValueError:
        return False
    return plain and len(url) <= MOST_URL and parts.scheme in ("http", "https") and bool(parts.hostname)


def _note(session: Session, catalogue: Catalogue, actor: Actor, row: Webhook, action: str) -> None:
    if actor.user_id is not None:
        told = {"webhook": str(row.id), "host": row.host}
        note(session, actor, catalogue.now(), "user", actor.user_id, action, after=told)


def _shown(session: Session, row: Webhook) -> WebhookLine:
    agency = session.get(Organization, row.organization_id) if row.organization_id else None
    return _line(row, agency.slug if agency else "")


def _line(row: Webhook, organization: str) -> WebhookLine:
    return WebhookLine(
        id=row.id,
        name=row.name,
        host=row.host,
        organization=organization,
        events=tuple(row.events),
        active=row.active,
        seq=row.seq,
        failures=row.failures,
        last_error=row.last_error,
        last_sent=row.last_sent,
        created=row.created,
        version=_version(row),
    )
