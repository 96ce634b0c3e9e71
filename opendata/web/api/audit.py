"""/api/v1/audit: who did what, for those who administer an agency."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from opendata.errors import Invalid, Problem
from opendata.services import audit_reading
from opendata.services.audit_reading import Wanted
from opendata.services.rights import Right
from opendata.web.api import components, cursors
from opendata.web.api.contract import CURSOR, LIMIT, Answer, Call, Parameter, listed, operation
from opendata.web.api.shapes import Json, json_of


@dataclass(frozen=True, slots=True)
class AuditChange:
    """A field as it stood before and after, each as one line of text."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An entry of the audit. Names are empty for what is not there any more, addresses after some months."""

    id: int
    at: dt.datetime
    kind: str
    object_id: UUID
    slug: str
    action: str
    actor: str
    user_id: UUID | None
    address: str
    changes: tuple[AuditChange, ...]


SHOWN = components.ref(AuditEvent)
_MOMENT = {"type": "string", "format": "date-time", "maxLength": 40}
WHO = Parameter("who", "User name, e-mail or id of who did it, or harvest:NAME of a source.", default="")
RECORD = Parameter("record", "Slug or id of a record, name of a source, or user name of an account.", default="")
KIND = Parameter("kind", "Kind of what it is about.", {"type": "string", "enum": [*audit_reading.KINDS]}, default="")
ACTION = Parameter("action", "What was done, as the entries have it.", default="")
SINCE = Parameter("since", "Not before this instant.", _MOMENT)
UNTIL = Parameter("until", "Before this instant.", _MOMENT)


@operation(
    "GET",
    "/audit",
    tag="audit",
    parameters=(WHO, RECORD, KIND, ACTION, SINCE, UNTIL, CURSOR, LIMIT),
    gives=listed(SHOWN),
    right=Right.READ_AUDIT,
)
def list_audit(call: Call) -> Answer:
    """List what was done in one's agencies. Newest first; sysadmins read what was done anywhere."""
    wanted = Wanted(
        call["who"],
        call["record"],
        call["kind"],
        call["action"],
        _moment(call, "since"),
        _moment(call, "until"),
        cursors.number_of(call),
    )
    found = audit_reading.listing(call.catalogue, call.actor, wanted, call["limit"])
    return cursors.page(call, [_shape(one) for one in found.events], found.next or None)


def _shape(event: audit_reading.Event) -> Json:
    changes = tuple(AuditChange(one.field, one.before, one.after) for one in event.changes)
    head = (event.id, event.at, event.kind, event.object_id, event.slug, event.action)
    return json_of(AuditEvent(*head, event.actor, event.user_id, event.address, changes))


def _moment(call: Call, name: str) -> dt.datetime | None:
    given = call[name]
    if given is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        message = f"“{name}” must be an instant with its offset, such as 2026-06-01T06:00:00Z."
        raise Invalid(message, [Problem("wrong_value", message, name)])
    return moment.astimezone(dt.UTC)
