"""What the pages about links may use."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.records import OrganizationRecord
from opendata.services.links import LinkList, LinkRow, LinkVisit
from opendata.web.contexts import Link, Pagination


@dataclass(frozen=True, slots=True)
class LinksContext:
    """organizations/links.html. `states` are links with the number of each state, that of all first."""

    record: OrganizationRecord
    list: LinkList
    states: tuple[tuple[Link, int], ...]
    pagination: Pagination
    table_url: str
    json_url: str


@dataclass(frozen=True, slots=True)
class DeskLinksContext:
    """desk/links.html. `organization` is the slug of the only agency, "" for all."""

    list: LinkList
    states: tuple[tuple[Link, int], ...]
    pagination: Pagination
    organization: str
    status: str
    days: int
    """Days between two visits to a link, 0 for none."""
    done: str = ""


@dataclass(frozen=True, slots=True)
class LinkContext:
    """desk/link.html: one link with the looks at it, newest first."""

    row: LinkRow
    visits: tuple[LinkVisit, ...]
    done: str = ""
