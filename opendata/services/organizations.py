"""Agencies: their tree, their pages, adding one."""

from __future__ import annotations

from collections.abc import Mapping

from opendata.catalog.normalise import slug as make_slug
from opendata.catalog.records import OrganizationRecord
from opendata.catalog.values import Text
from opendata.errors import Invalid, Moved, Problem
from opendata.search.query import SearchQuery
from opendata.services import discovery
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.organizations_writing import OrganizationChange, create
from opendata.services.results import OrganizationPage
from opendata.services.rights import Right, demand
from opendata.store import queries


def tree(catalogue: Catalogue, actor: Actor) -> tuple[OrganizationRecord, ...]:
    """All active agencies with the counts of their public records, those above before those below."""
    del actor
    with catalogue.sessions.read() as session:
        found = queries.organizations(session)
    return tuple(found)


def record(catalogue: Catalogue, name: str) -> OrganizationRecord:
    """The agency called `name` (slug or id) alone. NotFound; Moved from a former slug."""
    with catalogue.sessions.read() as session:
        address = queries.address(session, "organization", name)
        found = queries.organization_page(session, address.id)
    if address.slug != name:
        raise Moved(f"The agency is at {address.slug} now.", address.slug)
    return found


def page(catalogue: Catalogue, actor: Actor, name: str, language: str = "en") -> OrganizationPage:
    """The agency called `name` (slug or id) with its newest records. NotFound; Moved from a former slug."""
    found = record(catalogue, name)
    query = SearchQuery(filters={"organization": (found.slug,)}, sort="-issued", size=10)
    newest = discovery.find(catalogue, actor, query, language=language, facets=False)
    with catalogue.searches:
        kinds = catalogue.index.search(query, facets=("kind",)).facets.get("kind", ())
    counts = {kind.value: kind.count for kind in kinds}
    return OrganizationPage(found, newest.cards, datasets=counts.get("dataset", 0), studies=counts.get("study", 0))


def add(
    catalogue: Catalogue, actor: Actor, name: str, title: str, titles: Mapping[str, str] | None = None, parent: str = ""
) -> str:
    """Add an agency whose slug is `name`; it is given back. Invalid where it is taken, or `parent` is unknown."""
    demand(actor, Right.MANAGE_SITE)
    if name != make_slug(name):
        message = f"{name!r} is no slug: use a-z, 0-9 and hyphens, such as {make_slug(name)!r}."
        raise Invalid(message, [Problem("slug", message, "name")])
    given = {language: text for language, text in (titles or {}).items() if text}
    shown = Text(**given, other="" if given else title)
    create(catalogue, actor, OrganizationChange(slug=name, title=shown, parent=parent or None))
    return name
