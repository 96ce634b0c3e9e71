"""/api/v1/work: what waits for who asks, as the desk shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.values import Text
from opendata.services import desk_work
from opendata.services.desk_work import KINDS, Scope, WorkLine
from opendata.web import desk_work as pages
from opendata.web.api import components, cursors
from opendata.web.api.contract import CURSOR, LIMIT, Answer, Call, Parameter, listed, operation
from opendata.web.api.dataset_calls import ORGANIZATION
from opendata.web.api.shapes import Json, json_of
from opendata.web.rendering import absolute


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing that waits. `kind` is what it is, `name` that of the thing itself where it has one beside the title;
    `detail` is a code that says more, `at` since or until when; `url` leads to where it is mended.
    """

    kind: str
    id: UUID | None
    slug: str
    title: Text
    name: str
    organization: Text
    at: dt.datetime | None
    day: dt.date | None
    detail: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class WorkKind:
    """What waits of one kind: how many (`more`: there are more than were counted), and the first of them."""

    name: str
    count: int
    more: bool
    items: tuple[WorkItem, ...]


_ITEM, _KIND = components.ref(WorkItem), components.ref(WorkKind)
MINE = Parameter("mine", "Only what one answers for oneself.", {"type": "boolean"}, default=False)
NAME = Parameter("kind", "A kind of work.", {"type": "string", "enum": [*KINDS]}, place="path", required=True)
_ALL: Json = {
    "type": "object",
    "required": ["items", "next"],
    "additionalProperties": False,
    "properties": {"items": {"type": "array", "items": _KIND}, "next": {"type": "null"}},
}


@operation("GET", "/work", tag="work", parameters=(ORGANIZATION, MINE), gives=_ALL, signed_in=True, statuses=(404,))
def list_work(call: Call) -> Answer:
    """List what waits for who asks. By kind, each with its number and the first of it; kinds of which there is nothing
    are left out.
    """
    found = desk_work.waiting(call.catalogue, call.actor, _scope(call))
    items = [
        WorkKind(one.name, one.count, one.more, tuple(_item(one.name, line) for line in one.lines)) for one in found
    ]
    return Answer({"items": json_of(items), "next": None})


@operation(
    "GET",
    "/work/{kind}",
    tag="work",
    parameters=(NAME, ORGANIZATION, MINE, CURSOR, LIMIT),
    gives=listed(_ITEM),
    signed_in=True,
)
def list_work_of_kind(call: Call) -> Answer:
    """List all that waits of one kind. In the order of ids."""
    kind, place = call["kind"], cursors.decode(call["cursor"], call.given)
    try:
        lines, last = desk_work.behind(call.catalogue, call.actor, kind, _scope(call), place, call["limit"])
    except ValueError:
        raise cursors.strange() from None
    return cursors.page(call, json_of([_item(kind, line) for line in lines]), last or None)


def _scope(call: Call) -> Scope:
    return Scope(call["organization"], call["mine"])


def _item(group: str, line: WorkLine) -> WorkItem:
    moment = line.at if isinstance(line.at, dt.datetime) else None
    day = line.at if not isinstance(line.at, dt.datetime) else None
    url = pages.address(group, line)
    return WorkItem(
        line.kind, line.id, line.slug, line.title, line.name, line.organization, moment, day, line.detail, line.count,
        absolute(url) if url else "",
    )  # fmt: skip
