"""/api/v1/events: what happened since a cursor, in one order, without a gap."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from opendata.services import events, sequence
from opendata.web.api import components
from opendata.web.api.contract import Answer, Call, Parameter, operation
from opendata.web.api.shapes import json_of


@dataclass(frozen=True, slots=True)
class Event:
    """What became of a record. `seq` grows and is never used twice; `slug` is the present one."""

    seq: int
    at: dt.datetime
    kind: str
    id: UUID
    slug: str
    event: events.Happening


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, oldest first. `next` is always there: ask again with it, now or another day, and nothing is missed."""

    items: tuple[Event, ...]
    next: str


MOST = 1000


@operation(
    "GET",
    "/events",
    tag="events",
    parameters=(
        Parameter(
            "cursor",
            "The `next` of the answer before; `0` begins with the first event, `latest` behind the last one.",
            {"type": "string", "pattern": "^([0-9]{1,15}|latest)$", "x-expected": "the `next` of an answer, or latest"},
            default="0",
        ),
        Parameter(
            "limit", "Most events of one answer.", {"type": "integer", "minimum": 1, "maximum": MOST}, default=100
        ),
        Parameter(
            "kind",
            "What they are about; several are any of them.",
            {"type": "string", "enum": list(events.KINDS)},
            many=True,
        ),
    ),
    gives=components.ref(EventPage),
)
def list_events(call: Call) -> Answer:
    """List what happened. created, changed, opened (a file, or an embargo that ended), withdrawn, restored, purged."""
    sequence.advance(call.catalogue)
    if call["cursor"] == "latest":
        return Answer(json_of(EventPage((), str(events.latest(call.catalogue)))))
    kinds = call["kind"] or events.KINDS
    found, following = events.since(call.catalogue, call.actor, int(call["cursor"]), call["limit"], kinds)
    items = tuple(Event(one.seq, one.at, one.kind, one.id, one.slug, one.event) for one in found)
    return Answer(json_of(EventPage(items, str(following))))
