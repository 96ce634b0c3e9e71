"""Delivers events to webhooks: in order, at least once, signed as Standard Webhooks have it (v1, HMAC-SHA256).

A webhook remembers the last event that its receiver took. What comes after it is sent again until it is taken, later
and later; after too many failures in a row it is switched off until its owner switches it on.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from opendata.errors import ConfigError
from opendata.services import access, events, posting, sequence, webhooks
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.events import Event
from opendata.services.queue import Lane
from opendata.services.rights import Right, may
from opendata.services.secrets import unseal
from opendata.store import queries
from opendata.store.clients import Webhook, WebhookDelivery
from opendata.store.operations import ORDERED, DatasetEvent, Job
from opendata.store.queue import enqueue
from opendata.store.states import JobStatus

JOB = "webhook"
MOST_EVENTS = 100
"""Events in one message."""
MOST_MESSAGES = 20
"""Messages in one go; then others have their turn."""
WAITS = (1, 5, 15, 60, 180, 360, 720, 1440, 1440, 1440)
"""Minutes until the next try after so many failures in a row; after one more the webhook is switched off."""
KEPT = 200
"""Tries that are remembered of a webhook."""
MOST_REASON = 500
TYPE = "catalogue.events"
PING = "catalogue.ping"
_UNDONE = (JobStatus.NEW, JobStatus.IN_PROGRESS)


def queue_due(catalogue: Catalogue) -> None:
    """Queue every webhook that is behind and has no job yet. Part of the worker's care."""
    with catalogue.sessions.read() as session:
        latest = session.scalar(select(func.max(DatasetEvent.seq)).where(ORDERED)) or 0
        rows = session.execute(select(Webhook.id, Webhook.host).where(Webhook.active, Webhook.seq < latest)).all()
        busy = set(session.scalars(select(Job.dedupe).where(Job.kind == JOB, Job.status.in_(_UNDONE)))) if rows else ()
    due = [(key, host) for key, host in rows if str(key) not in busy]
    if due:
        with catalogue.sessions.write.begin() as session:
            for key, host in due:
                _enqueue(session, key, host, catalogue.now())


def _enqueue(session: Session, key: UUID, host: str, now: dt.datetime, later: dt.datetime | None = None) -> None:
    payload = {"webhook": str(key)}
    enqueue(session, JOB, payload, now, lane=Lane.FETCH, dedupe=str(key), host=host, not_before=later)


def work(catalogue: Catalogue, payload: Mapping[str, Any]) -> None:
    """What a job of the queue asks for: {"webhook": id}."""
    deliver(catalogue, UUID(str(payload["webhook"])))


def deliver(catalogue: Catalogue, webhook_id: UUID) -> int:
    """Send what the webhook has not been told yet; how many events its receiver took. A failure queues another try."""
    sequence.advance(catalogue)
    taken, host = 0, ""
    for _ in range(MOST_MESSAGES):
        with catalogue.sessions.read() as session:
            row = session.get(Webhook, webhook_id)
            if row is None or not row.active:
                return taken
        host = row.host
        owner = access.actor_for_user(catalogue, row.user_id)
        if not may(owner, Right.RECEIVE_EVENTS):
            _switch_off(catalogue, webhook_id, "Its owner may receive no events any more.")
            return taken
        found, following = _next(catalogue, row, owner)
        if following == row.seq:
            return taken
        if found and not _sent(catalogue, row, found, following):
            return taken
        if not found:
            _move_on(catalogue, row, following)
        taken += len(found)
    with catalogue.sessions.write.begin() as session:
        _enqueue(session, webhook_id, host, catalogue.now())
    return taken


def _next(catalogue: Catalogue, row: Webhook, owner: Actor) -> tuple[Sequence[Event], int]:
    """The events to send, and the cursor behind them; there may be none of them for this webhook."""
    found, following = events.since(catalogue, owner, row.seq, MOST_EVENTS)
    if row.organization_id is not None:
        within = _within(catalogue, row.organization_id)
        found = tuple(one for one in found if one.organization_id in within)
    if row.events:
        found = tuple(one for one in found if one.event.value in row.events)
    return found, following


def _within(catalogue: Catalogue, organization_id: UUID) -> set[UUID]:
    """The agency and those below it."""
    with catalogue.sessions.read() as session:
        paths = queries.organization_paths(session)
    own = paths.get(organization_id)
    slug = own[0] if own else ""
    return {key for key, path in paths.items() if slug and slug in path}


def _sent(catalogue: Catalogue, row: Webhook, found: Sequence[Event], following: int) -> bool:
    """Whether the receiver took the message; noted either way."""
    message = f"{row.id}:{row.seq}:{following}"
    data = {"items": [_told(one) for one in found], "next": str(following)}
    status, reason = _post(catalogue, row, message, TYPE, data)
    with catalogue.sessions.write.begin() as session:
        _note(session, catalogue, row.id, following, status, reason)
        if reason:
            _failed(session, catalogue, row, reason)
        else:
            taken = update(Webhook).where(Webhook.id == row.id, Webhook.seq < following)
            session.execute(taken.values(seq=following, failures=0, last_error="", last_sent=catalogue.now()))
    return not reason


def _told(one: Event) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "at": one.at.isoformat().replace("+00:00", "Z"),
        "kind": one.kind,
        "id": str(one.id),
        "slug": one.slug,
        "event": one.event.value,
    }


def _post(catalogue: Catalogue, row: Webhook, message: str, kind: str, data: Mapping[str, Any]) -> tuple[int, str]:
    """Status, and why it was not taken: "" where it was."""
    now = catalogue.now()
    content = {"type": kind, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": data}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    try:
        secret = unseal(catalogue, row.secret)
        headers = signed(secret["key"], message, int(now.timestamp()), body)
        return posting.post(catalogue, secret["url"], body, headers, retries=0), ""
    except posting.NotSent as error:
        return error.status, error.message[:MOST_REASON] or "not sent"
    except ConfigError as error:
        return 0, error.message[:MOST_REASON]


def signed(key: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks: the id that stays over repetitions, the time, and the signature of both
    with the body."""
    secret = base64.b64decode(key.removeprefix(webhooks.PREFIX))
    digest = hmac.new(secret, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode('ascii')}"
    return {"webhook-id": message, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def _failed(session: Session, catalogue: Catalogue, row: Webhook, reason: str) -> None:
    failures = row.failures + 1
    off = failures > len(WAITS)
    values = {"failures": failures, "last_error": reason, "active": not off}
    session.execute(update(Webhook).where(Webhook.id == row.id).values(**values))
    if not off:
        later = catalogue.now() + dt.timedelta(minutes=WAITS[failures - 1])
        _enqueue(session, row.id, row.host, catalogue.now(), later)


def _note(session: Session, catalogue: Catalogue, key: UUID, seq: int, status: int, reason: str) -> None:
    """Remember the try, and forget the oldest ones."""
    session.add(WebhookDelivery(webhook_id=key, seq=seq, at=catalogue.now(), http_status=status, reason=reason))
    session.flush()
    mine = WebhookDelivery.webhook_id == key
    kept = select(WebhookDelivery.id).where(mine).order_by(WebhookDelivery.id.desc()).limit(KEPT)
    session.execute(delete(WebhookDelivery).where(mine, WebhookDelivery.id.not_in(kept)))


def _move_on(catalogue: Catalogue, row: Webhook, following: int) -> None:
    """Nothing of this was for the webhook."""
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Webhook).where(Webhook.id == row.id, Webhook.seq < following).values(seq=following))


def _switch_off(catalogue: Catalogue, key: UUID, reason: str) -> None:
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Webhook).where(Webhook.id == key).values(active=False, last_error=reason))


def test(catalogue: Catalogue, actor: Actor, webhook_id: UUID) -> webhooks.DeliveryLine:
    """Send a message that says nothing, at once; what came of it."""
    with catalogue.sessions.read() as session:
        row = webhooks.row_of(session, actor, webhook_id)
    now = catalogue.now()
    message, data = f"{row.id}:ping:{now.timestamp():.6f}", {"items": [], "next": str(row.seq)}
    status, reason = _post(catalogue, row, message, PING, data)
    with catalogue.sessions.write.begin() as session:
        _note(session, catalogue, row.id, row.seq, status, reason)
    return webhooks.deliveries(catalogue, actor, webhook_id, None, 1)[0]
