"""What the calls about datasets share: their parameters, the record that the address names, and how it is shown."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import OrganizationRef
from opendata.errors import Moved, Problem
from opendata.services import datasets, listing, writing
from opendata.services.rights import Right, may_over
from opendata.services.unchanged import demand_unchanged
from opendata.web.api import dataset_json
from opendata.web.api.contract import Call, Parameter
from opendata.web.api.problems import Malformed
from opendata.web.api.shapes import Json
from opendata.web.this_site import the_site

ORGANIZATION = Parameter("organization", "Only those of this agency (slug or id) and of those below it.", default="")
SINCE = Parameter(
    "since",
    "Only those whose metadata was changed then or later.",
    {"type": "string", "format": "date-time", "maxLength": 40},
)
STATE = Parameter(
    "state",
    "`public`, or what only the people of its agency see.",
    {"type": "string", "enum": list(listing.STATES)},
    default="public",
)
REASON = Parameter("reason", "Why, as its tombstone tells everybody.", default="")


def since_of(call: Call) -> dt.datetime | None:
    """The instant that is given, None for none. Malformed for what is no instant."""
    given = call["since"]
    if given is None:
        return None
    try:
        found = dt.datetime.fromisoformat(given.replace(" ", "+"))  # a plus sign that was not encoded
        return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        message = "“since” must be an instant, such as 2026-06-01T06:00:00Z."
        raise Malformed(message, [Problem("wrong_value", message, "since")]) from None


def shown(call: Call, record: DatasetRecord) -> Json:
    """The dataset as the one who asks may see it."""
    owner = record.organization.id if record.organization else None
    closed_too = may_over(call.actor, Right.SEE_WITHHELD_FILES, owner)
    return dataset_json.given(record, the_site(), call.catalogue.today(), closed_too=closed_too)


def record_of(call: Call) -> DatasetRecord:
    """The dataset that the address names: by slug, or by its id, which is as good a name as any.

    NotFound; Moved from a former slug; Gone.
    """
    name = str(call["name"])
    try:
        return datasets.record(call.catalogue, call.actor, name)
    except Moved as moved:
        found = datasets.record(call.catalogue, call.actor, moved.slug)
        if str(found.id) != name.lower():
            raise
        return found


def agency_of(name: str) -> OrganizationRef | None:
    """The agency of that slug or id, which the services look up."""
    if not name:
        return None
    try:
        return OrganizationRef(id=UUID(name))
    except ValueError:
        return OrganizationRef(slug=name)


def demand_version(call: Call, stored: DatasetRecord) -> None:
    """Changed where If-Match names other versions than the one that stands."""
    demand_unchanged(f"the dataset {stored.slug!r}", writing.version(stored), call.if_match)
