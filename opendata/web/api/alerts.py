"""/api/v1/alerts: who is told when a harvest failed or links broke."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from opendata.services import alerts
from opendata.services.alerts import AlertLine
from opendata.services.rights import Right
from opendata.web.api import components
from opendata.web.api.contract import JSON_TYPE, Answer, Body, Call, id_in_path, listed, operation
from opendata.web.api.problems import taken, with_pointers
from opendata.web.api.shapes import json_of


@dataclass(frozen=True, slots=True)
class Alert:
    """Who is told. `organization` is a slug, "" for the whole site; of the address of a webhook only the host is shown.
    `given_up`: it failed so often that nothing is sent before a test succeeds.
    """

    id: UUID
    kind: str
    address: str
    organization: str
    language: str
    active: bool
    given_up: bool
    failures: int
    last_error: str
    last_sent: dt.datetime | None
    tried: dt.datetime | None


@dataclass(frozen=True, slots=True)
class AlertAdded:
    """A new receiver; `key` signs what a webhook gets and is shown this once."""

    id: UUID
    key: str


@dataclass(frozen=True, slots=True)
class AlertGiven:
    """Whom to tell: `kind` is email or webhook; `organization` (slug or id) and those below it, else the whole site."""

    kind: str
    address: str
    organization: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class AlertTest:
    """What came of a test message: `error` is "" where it was taken."""

    error: str


SHOWN = components.ref(Alert)
GIVEN = components.given(AlertGiven)
ALERT = id_in_path("alert_id", "Id of the receiver.")
MANAGE = Right.MANAGE_SOURCES


def _shape(line: AlertLine) -> Alert:
    return Alert(
        line.id, line.kind, line.address, line.organization, line.language, line.active, line.given_up, line.failures,
        line.last_error, line.last_sent, line.tried,
    )  # fmt: skip


MOST_LISTED = 1000


@operation("GET", "/alerts", tag="alerts", gives=listed(SHOWN), right=MANAGE)
def list_alerts(call: Call) -> Answer:
    """List who is told. Of one's agencies, and of the whole site for who manages it; the first 1,000 of them."""
    found = alerts.listing(call.catalogue, call.actor, MOST_LISTED)
    return Answer({"items": [json_of(_shape(one)) for one in found], "next": None})


@operation(
    "POST",
    "/alerts",
    tag="alerts",
    body=Body({JSON_TYPE: GIVEN}, example={"kind": "email", "address": "a@agency.example", "organization": "water"}),
    gives=components.ref(AlertAdded),
    status=201,
    right=MANAGE,
    statuses=(404,),
)
def create_alert(call: Call) -> Answer:
    """Tell an address of what fails. At most one message a day, and none where nothing failed."""
    given = AlertGiven(**taken(AlertGiven, call.data))
    with with_pointers():
        made = alerts.add(call.catalogue, call.actor, given.kind, given.address, given.organization, given.language)
    return Answer(json_of(AlertAdded(made.id, made.key)), 201)


@operation("DELETE", "/alerts/{alert_id}", tag="alerts", parameters=(ALERT,), status=204, right=MANAGE)
def delete_alert(call: Call) -> Answer:
    """Tell an address no more."""
    alerts.remove(call.catalogue, call.actor, call["alert_id"])
    return Answer(status=204)


@operation(
    "POST",
    "/alerts/{alert_id}/test",
    tag="alerts",
    parameters=(ALERT,),
    gives=components.ref(AlertTest),
    right=MANAGE,
)
def test_alert(call: Call) -> Answer:
    """Send a test message at once, and tell what came of it."""
    return Answer(json_of(AlertTest(alerts.try_out(call.catalogue, call.actor, call["alert_id"]))))
