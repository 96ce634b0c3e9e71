"""Who stands behind a record, in DCAT: the agency and those above it, people with what they did, whom to ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from opendata.catalog import vocabularies
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import ContactPoint, Contributor, ContributorRole, OrganizationRef, Text
from opendata.export.dcat_values import concept
from opendata.export.entry import Entry
from opendata.export.rdf import Node, iri_of, node
from opendata.export.site import Site

RELATORS = "http://id.loc.gov/vocabulary/relators/"
"""Roles by the addresses of the Library of Congress: research team head, contractor (who carries a study out) …"""
_ROLES = {
    ContributorRole.LEADER: "rth",
    ContributorRole.EDITOR: "edt",
    ContributorRole.PUBLISHER: "pbl",
    ContributorRole.PERFORMER: "ctr",
    ContributorRole.FUNDER: "fnd",
}
_PERFORMER = "res"
"""Who did the research: the body as the record names it, in several languages."""
_TEL = re.compile(r"\+?[\d().-]+\Z")


def publisher(entry: Entry, site: Site) -> Node | None:
    """The agency with its names, page and the body above it."""
    body = entry.record.organization
    if body is None:
        return None
    found = _body(body, site)
    parent = entry.agency.parent if entry.agency else None
    if parent is not None:
        found.add("org:subOrganizationOf", _body(parent, site))
    elif body.parent:
        found.add("org:subOrganizationOf", Node(types=_BODY).add("foaf:name", body.parent))
    return found


_BODY = ("foaf:Agent", "foaf:Organization")


def _body(body: OrganizationRef, site: Site) -> Node:
    address = site.permanent(body.id) if body.id else site.organization(body)
    found = Node(iri_of(address) if body.id or body.slug else "", _BODY).text("foaf:name", body.title)
    found.text("dct:description", body.description)
    return found.add("dct:identifier", body.identifier).add("foaf:homepage", node(body.homepage, "foaf:Document"))


def people(found: Node, record: DatasetRecord) -> None:
    """Creators and contributors by the properties of their own, all others by what they did."""
    for one in record.contributors:
        if one.role is ContributorRole.CREATOR:
            found.add("dct:creator", agent(one))
        elif one.role is ContributorRole.CONTRIBUTOR:
            found.add("dct:contributor", agent(one))
        elif not _is_publisher(one, record):
            found.add("prov:qualifiedAttribution", _attribution(agent(one), _ROLES[one.role], one.role))
    if record.performer:
        body = Node(types=_BODY).text("foaf:name", record.performer)
        found.add("prov:qualifiedAttribution", _attribution(body, _PERFORMER, ContributorRole.PERFORMER))


def _is_publisher(one: Contributor, record: DatasetRecord) -> bool:
    """Whether it only says once more whose the record is."""
    names = record.organization.title.values() if record.organization else ()
    return one.role is ContributorRole.PUBLISHER and any(one.name == name.value for name in names)


def _attribution(who: Node, relator: str, role: ContributorRole) -> Node:
    # The role itself stays as it is in every record, so it may have an address and be told once.
    had = concept(
        f"{RELATORS}{relator}", vocabularies.text_of("contributor_role", role), "", "dcat:Role", "skos:Concept"
    )
    return Node(types=("prov:Attribution",)).add("prov:agent", who).add("dcat:hadRole", had)


def agent(one: Contributor) -> Node:
    """A person or body. It has no address here: under one ORCID every record may spell it differently."""
    types = _BODY if one.is_organization else ("foaf:Agent", "foaf:Person")
    found = Node(types=types).add("foaf:name", one.name)
    found.add("dct:identifier", one.orcid_url, one.ror, one.bin)
    if one.affiliation:
        found.add("org:memberOf", Node(types=_BODY).add("foaf:name", one.affiliation))
    return found


def contacts(points: tuple[ContactPoint, ...]) -> Iterator[Node]:
    """Whom to ask, as vCards."""
    for one in points:
        card = Node(types=("vcard:Kind",)).add("vcard:fn", one.name)
        card.add("vcard:hasEmail", node(f"mailto:{one.email}") if one.email and " " not in one.email else one.email)
        card.add("vcard:hasTelephone", _phone(one.phone))
        yield card.add("vcard:hasURL", node(one.url))


def _phone(number: str) -> Node | None:
    """A number as an address; one that is written with more than digits and points keeps that as well."""
    bare = re.sub(r"\s+", "-", number.strip())
    if not number or _TEL.match(number):
        return node(f"tel:{number}") if number else None
    phone = Node(types=("vcard:Voice",)).add("rdf:value", number)
    return phone.add("vcard:hasValue", node(f"tel:{bare}") if _TEL.match(bare) else None)


def catalog_publisher(site: Site) -> Node:
    """Who runs the catalogue."""
    return Node(f"{site.url}/#publisher", _BODY).text("foaf:name", Text(other=site.publisher or site.title))
