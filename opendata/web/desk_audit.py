"""The audit at the desk: who did what, when and from where; before and after; as a page and as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid, Problem
from opendata.services import audit_reading
from opendata.services.audit_reading import Event, Events, Wanted
from opendata.web import inside
from opendata.web.audit_labels import ACTIONS
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.tables import csv_answer

blueprint = inside.make_blueprint("desk_audit", __name__, "/desk")

PER_PAGE = 50
MOST_ROWS = 50_000
"""Events of one table."""
LONGEST = 200
COLUMNS = ("time", "who", "address", "action", "kind", "record", "id", "field", "before", "after")
FIELDS = ("who", "record", "kind", "action", "since", "until")
PAGES = {
    "dataset": "datasets.page",
    "study": "studies.page",
    "organization": "organizations.page",
    "resource": "datasets.page",
}
"""Where a record is shown, by its kind."""


@dataclass(frozen=True, slots=True)
class Line:
    """An event with the address of what it is about ("": there is none), and its words."""

    event: Event
    action: str
    url: str


@dataclass(frozen=True, slots=True)
class AuditContext:
    """desk/audit.html. `kinds` and `actions` are (code, words); `next_url` and `newest_url` "" where there are none."""

    lines: tuple[Line, ...]
    given: Mapping[str, str]
    kinds: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str], ...]
    table_url: str
    next_url: str
    newest_url: str
    problems: tuple[Problem, ...] = ()


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("/audit")
def index() -> ResponseReturnValue:
    """The newest events of those that are asked for."""
    given = {name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS}
    try:
        wanted = _wanted(given)
    except Invalid as error:
        return render_template("desk/audit.html", page=_context(given, Events((), None), tuple(error.problems))), 400
    found = audit_reading.listing(the_catalogue(), actor(), wanted, PER_PAGE)
    return render_template("desk/audit.html", page=_context(given, found))


@blueprint.get("/audit.csv")
def table() -> Response:
    """All that are asked for, newest first: a row for each field that changed."""
    wanted = _wanted({name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS})
    rows: list[tuple[str, ...]] = []
    while len(rows) < MOST_ROWS:
        found = audit_reading.listing(the_catalogue(), actor(), wanted, audit_reading.MOST)
        rows += [row for event in found.events for row in _rows(event)]
        if found.next is None:
            break
        wanted = Wanted(wanted.who, wanted.record, wanted.kind, wanted.action, wanted.since, wanted.until, found.next)
    return csv_answer("audit.csv", COLUMNS, rows)


def _rows(event: Event) -> list[tuple[str, ...]]:
    head = (
        event.at.isoformat(),
        event.actor,
        event.address,
        event.action,
        event.kind,
        event.slug,
        str(event.object_id),
    )
    return [(*head, one.field, one.before, one.after) for one in event.changes] or [(*head, "", "", "")]


def _wanted(given: Mapping[str, str]) -> Wanted:
    """What the address asks for. Invalid names the field that is wrong."""
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdecimal() and len(before) < 19):
        raise Invalid(f"before is {before[:40]!r}; allowed is the number of an event.")
    kind = given["kind"]
    if kind and kind not in audit_reading.KINDS:
        raise Invalid(f"kind is {kind[:40]!r}; allowed are {', '.join(audit_reading.KINDS)}.")
    until = _day(given, "until")
    return Wanted(
        given["who"],
        given["record"],
        kind,
        given["action"],
        _midnight(_day(given, "since")),
        _midnight(until + dt.timedelta(days=1) if until else None),
        int(before) if before else None,
    )


def _day(given: Mapping[str, str], name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(given[name]) if given[name] else None
    except ValueError:
        message = "Write a day, such as 2026-06-01."
        raise Invalid(message, [Problem("day", message, name)]) from None


def _midnight(day: dt.date | None) -> dt.datetime | None:
    """When the day begins where the site is."""
    zone = ZoneInfo(the_catalogue().config.site.timezone)
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) if day else None


def _context(given: Mapping[str, str], found: Events, problems: tuple[Problem, ...] = ()) -> AuditContext:
    asked = {name: value for name, value in given.items() if value}
    return AuditContext(
        lines=tuple(_line(one) for one in found.events),
        given=given,
        kinds=tuple((kind, label("audit_kind", kind)) for kind in audit_reading.KINDS),
        actions=tuple((action, label("audit_action", action)) for action in ACTIONS),
        table_url=url_for("desk_audit.table", **asked),  # type: ignore[arg-type]
        next_url=url_for("desk_audit.index", **asked, before=found.next) if found.next else "",  # type: ignore[arg-type]
        newest_url=url_for("desk_audit.index", **asked) if request.args.get("before") else "",  # type: ignore[arg-type]
        problems=problems,
    )


def _line(event: Event) -> Line:
    url = ""
    if event.slug and event.kind in PAGES:
        url = url_for(PAGES[event.kind], slug=event.slug)
    elif event.slug and event.kind == "source":
        url = url_for("desk.source", name=event.slug)
    return Line(event, label("audit_action", event.action), url)
