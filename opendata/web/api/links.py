"""/api/v1/links: the links of records with what the looks at them found."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.values import Text
from opendata.services import linking, links
from opendata.services.links import LinkRow
from opendata.services.rights import Right
from opendata.services.visits import LinkStatus
from opendata.web.api import components, cursors, organizations
from opendata.web.api.contract import CURSOR, LIMIT, NAME, Answer, Call, Parameter, id_in_path, listed, operation
from opendata.web.api.dataset_calls import ORGANIZATION
from opendata.web.api.shapes import json_of


@dataclass(frozen=True, slots=True)
class LinkState:
    """A link of a record. `dataset` is the slug; `status` is unchecked, ok, gone, broken, refused or unknown; `copied`:
    the catalogue holds the file, as it was on `fetched`.
    """

    resource_id: UUID
    dataset: str
    dataset_title: Text
    organization_title: Text | None
    url: str
    name: Text
    filename: str
    status: str
    problem: str
    checked: dt.datetime | None
    copied: bool
    fetched: dt.datetime | None


@dataclass(frozen=True, slots=True)
class LinkLook:
    """One look at a link; `http_status` 0: there was no answer, `reason` says why."""

    at: dt.datetime
    status: str
    http_status: int
    reason: str


@dataclass(frozen=True, slots=True)
class LinkHistory:
    """A link with the looks at it, newest first."""

    link: LinkState
    looks: tuple[LinkLook, ...]


@dataclass(frozen=True, slots=True)
class LinksQueued:
    """How many links are looked at soon."""

    queued: int


SHOWN, HISTORY, QUEUED = components.ref(LinkState), components.ref(LinkHistory), components.ref(LinksQueued)
LINK = id_in_path("resource_id", "Id of the file that the link is of.")
STATUS = Parameter(
    "status",
    "Only those in this state.",
    {"type": "string", "enum": [links.name_of(one) for one in LinkStatus]},
    default="",
)


def _shape(row: LinkRow) -> LinkState:
    return LinkState(
        row.resource_id, row.dataset_slug, row.dataset_title, row.organization_title, row.url, row.name, row.filename,
        links.name_of(row.status), row.problem, row.checked, row.copied, row.fetched,
    )  # fmt: skip


def _page(call: Call, found: tuple[tuple[LinkRow, ...], UUID | None]) -> Answer:
    rows, last = found
    return cursors.page(call, [json_of(_shape(row)) for row in rows], last)


@operation(
    "GET",
    "/links",
    tag="links",
    parameters=(ORGANIZATION, STATUS, CURSOR, LIMIT),
    gives=listed(SHOWN),
    right=Right.EDIT_RECORDS,
    statuses=(404,),
)
def list_links(call: Call) -> Answer:
    """List the links of the records that one may edit. In the order of the ids of their files."""
    status, after = links.status_of(call["status"]), cursors.id_of(call)
    organization, limit = call["organization"], call["limit"]
    return _page(call, links.desk_behind(call.catalogue, call.actor, organization, status, after, limit))


@operation(
    "GET",
    "/organizations/{name}/links",
    tag="links",
    parameters=(NAME, STATUS, CURSOR, LIMIT),
    gives=listed(SHOWN),
    statuses=(308,),
)
def list_links_of_agency(call: Call) -> Answer:
    """List the links of the public records of an agency. And of those below it, as far as their files are open."""
    status, after = links.status_of(call["status"]), cursors.id_of(call)
    return _page(
        call, links.public_behind(call.catalogue, organizations.record_of(call).slug, status, after, call["limit"])
    )


@operation("GET", "/links/{resource_id}", tag="links", parameters=(LINK,), gives=HISTORY, right=Right.EDIT_RECORDS)
def show_link(call: Call) -> Answer:
    """Show a link with the looks at it. Newest first."""
    row, visits = links.history(call.catalogue, call.actor, call["resource_id"])
    looks = tuple(LinkLook(one.checked, links.name_of(one.status), one.http_status, one.reason) for one in visits)
    return Answer(json_of(LinkHistory(_shape(row), looks)))


@operation(
    "POST",
    "/links/{resource_id}/check",
    tag="links",
    parameters=(LINK,),
    gives=QUEUED,
    status=202,
    right=Right.EDIT_RECORDS,
)
def check_link(call: Call) -> Answer:
    """Look at a link as soon as a worker is free."""
    links.check_now(call.catalogue, call.actor, call["resource_id"])
    return Answer(json_of(LinksQueued(1)), 202)


@operation(
    "POST",
    "/links/check",
    tag="links",
    parameters=(ORGANIZATION, STATUS),
    gives=QUEUED,
    status=202,
    right=Right.EDIT_RECORDS,
    statuses=(404,),
)
def check_links(call: Call) -> Answer:
    """Look at many links as soon as a worker is free. Those of the list, at most 1,000 at once: the ones that nobody
    looked at for longest.
    """
    status = links.status_of(call["status"])
    ids = links.check_all(call.catalogue, call.actor, call["organization"], status)
    return Answer(json_of(LinksQueued(linking.check_soon(call.catalogue, ids))), 202)
