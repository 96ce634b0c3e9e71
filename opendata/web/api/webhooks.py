"""/api/v1/webhooks: being told of what happens."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from opendata.errors import Invalid
from opendata.services import webhook_sending, webhooks
from opendata.services.events import Happening
from opendata.services.rights import Right
from opendata.services.webhooks import DeliveryLine, WebhookLine
from opendata.web.api import components, cursors
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    PATCH_TYPE,
    Answer,
    Body,
    Call,
    id_in_path,
    listed,
    operation,
)
from opendata.web.api.problems import taken, with_pointers
from opendata.web.api.shapes import Json, json_of


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook. `host` is all of its address that is shown; without `events` it is told of everything.

    `seq` is the last event that its receiver took; `failures` in a row switch it off in the end (`active`).
    """

    id: UUID
    name: str
    host: str
    organization: str
    events: tuple[Happening, ...]
    active: bool
    seq: int
    failures: int
    last_error: str
    last_sent: dt.datetime | None
    created: dt.datetime


@dataclass(frozen=True, slots=True)
class WebhookWithKey:
    """A webhook with its signing key, which is shown this once."""

    webhook: Webhook
    key: str


@dataclass(frozen=True, slots=True)
class WebhookGiven:
    """A webhook to create. `organization` (slug or id) narrows it to one agency; `cursor` begins with past events."""

    url: str
    name: str = ""
    events: tuple[Happening, ...] = ()
    organization: str = ""
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What of a webhook is to be changed."""

    url: str | None = None
    name: str | None = None
    events: tuple[Happening, ...] | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A try to deliver the events up to `seq`. `status` 0: there was no answer, `reason` says why."""

    id: int
    seq: int
    at: dt.datetime
    status: int
    reason: str
    delivered: bool


SHOWN = components.ref(Webhook)
WITH_KEY = components.ref(WebhookWithKey)
GIVEN = components.given(WebhookGiven)
CHANGE = components.given(WebhookChange)
DELIVERY = components.ref(Delivery)
WEBHOOK = id_in_path("webhook_id", "Id of the webhook.")


def _shape(line: WebhookLine) -> Webhook:
    return Webhook(
        id=line.id,
        name=line.name,
        host=line.host,
        organization=line.organization,
        events=tuple(Happening(one) for one in line.events),
        active=line.active,
        seq=line.seq,
        failures=line.failures,
        last_error=line.last_error,
        last_sent=line.last_sent,
        created=line.created,
    )


def _answer(line: WebhookLine) -> Answer:
    return Answer(json_of(_shape(line)), version=line.version)


def _delivery(line: DeliveryLine) -> Json:
    return json_of(Delivery(line.id, line.seq, line.at, line.status, line.reason, line.delivered))


@operation("GET", "/webhooks", tag="webhooks", gives=listed(SHOWN), right=Right.RECEIVE_EVENTS)
def list_webhooks(call: Call) -> Answer:
    """List one's webhooks."""
    found = webhooks.mine(call.catalogue, call.actor)
    return Answer({"items": [json_of(_shape(one)) for one in found], "next": None})


@operation(
    "POST",
    "/webhooks",
    tag="webhooks",
    body=Body(
        {JSON_TYPE: GIVEN},
        example={"url": "https://example.org/hook", "events": ["created", "changed", "withdrawn"]},
    ),
    gives=WITH_KEY,
    status=201,
    right=Right.RECEIVE_EVENTS,
    statuses=(404,),
)
def create_webhook(call: Call) -> Answer:
    """Create a webhook. Events are sent to its address in order, up to 100 in one message, at least once, signed as
    Standard Webhooks have it; what is not taken is sent again, later and later.
    """
    said = taken(WebhookGiven, call.data)
    cursor = str(said.get("cursor", ""))
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 16):
        raise Invalid("“cursor” must be the `next` of a list of events.")
    with with_pointers():
        line, key = webhooks.create(
            call.catalogue,
            call.actor,
            said["url"],
            name=said.get("name", ""),
            wanted=_events(said) or (),
            organization=said.get("organization", ""),
            since=int(cursor) if cursor else None,
        )
    made = WebhookWithKey(_shape(line), key)
    return Answer(json_of(made), 201, location=f"/api/v1/webhooks/{line.id}")


def _events(said: dict[str, Any]) -> tuple[str, ...] | None:
    chosen = said.get("events")
    return None if chosen is None else tuple(one.value for one in chosen)


@operation(
    "GET", "/webhooks/{webhook_id}", tag="webhooks", parameters=(WEBHOOK,), gives=SHOWN, right=Right.RECEIVE_EVENTS
)
def show_webhook(call: Call) -> Answer:
    """Show a webhook."""
    return _answer(webhooks.one(call.catalogue, call.actor, call["webhook_id"]))


@operation(
    "PATCH",
    "/webhooks/{webhook_id}",
    tag="webhooks",
    parameters=(WEBHOOK,),
    body=Body({PATCH_TYPE: CHANGE, JSON_TYPE: CHANGE}, "What is named is changed."),
    gives=SHOWN,
    right=Right.RECEIVE_EVENTS,
    versioned=True,
)
def patch_webhook(call: Call) -> Answer:
    """Change a webhook, or switch it off and on. Switched on it goes on where it was."""
    said = taken(WebhookChange, call.data)
    with with_pointers():
        line = webhooks.update(
            call.catalogue,
            call.actor,
            call["webhook_id"],
            url=said.get("url"),
            name=said.get("name"),
            wanted=_events(said),
            active=said.get("active"),
            if_versions=call.if_match,
        )
    return _answer(line)


@operation(
    "DELETE",
    "/webhooks/{webhook_id}",
    tag="webhooks",
    parameters=(WEBHOOK,),
    status=204,
    right=Right.RECEIVE_EVENTS,
    versioned=True,
)
def delete_webhook(call: Call) -> Answer:
    """Delete a webhook."""
    webhooks.delete(call.catalogue, call.actor, call["webhook_id"], if_versions=call.if_match)
    return Answer(status=204)


@operation(
    "POST",
    "/webhooks/{webhook_id}/key",
    tag="webhooks",
    parameters=(WEBHOOK,),
    gives=WITH_KEY,
    right=Right.RECEIVE_EVENTS,
)
def renew_webhook_key(call: Call) -> Answer:
    """Make a new signing key. The former one signs nothing any more."""
    line, key = webhooks.renew_key(call.catalogue, call.actor, call["webhook_id"])
    return Answer(json_of(WebhookWithKey(_shape(line), key)))


@operation(
    "POST",
    "/webhooks/{webhook_id}/test",
    tag="webhooks",
    parameters=(WEBHOOK,),
    gives=DELIVERY,
    right=Right.RECEIVE_EVENTS,
)
def test_webhook(call: Call) -> Answer:
    """Send a message without events at once, and tell what came of it."""
    return Answer(_delivery(webhook_sending.test(call.catalogue, call.actor, call["webhook_id"])))


@operation(
    "GET",
    "/webhooks/{webhook_id}/deliveries",
    tag="webhooks",
    parameters=(WEBHOOK, CURSOR, LIMIT),
    gives=listed(DELIVERY),
    right=Right.RECEIVE_EVENTS,
)
def list_deliveries(call: Call) -> Answer:
    """List the latest tries to deliver. Newest first."""
    before = cursors.number_of(call)
    found = webhooks.deliveries(call.catalogue, call.actor, call["webhook_id"], before, call["limit"] + 1)
    chosen = found[: call["limit"]]
    last = chosen[-1].id if len(found) > len(chosen) else None
    return cursors.page(call, [_delivery(one) for one in chosen], last)
