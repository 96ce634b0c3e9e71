"""Who stands behind a dataset: publishers and their tree, creators with ORCID, contact points."""

from __future__ import annotations

from collections.abc import Iterator

from harvesters.dcat_values import side_by_side
from harvesters.links import is_address
from harvesters.rdf_graph import Graph, Value
from harvesters.rdf_terms import Term
from opendata.catalog import identifiers
from opendata.catalog.people import contributor
from opendata.catalog.values import ContactPoint, Contributor, ContributorRole, Extra, OrganizationRef, Text

_BODIES = frozenset({
    "foaf:Organization", "foaf:Group", "org:Organization", "org:FormalOrganization", "org:OrganizationalUnit",
    "vcard:Organization", "schema:Organization", "schema:GovernmentOrganization",
})  # fmt: skip
_PERSONS = frozenset({"foaf:Person", "schema:Person", "vcard:Individual"})
_NAMES = (
    "foaf:name",
    "dct:title",
    "skos:prefLabel",
    "rdfs:label",
    "vcard:fn",
    "vcard:organization-name",
    "schema:legalName",
)
_MAX_ABOVE = 10
_ROLES = (
    ("dct:creator", ContributorRole.CREATOR),
    ("dct:contributor", ContributorRole.CONTRIBUTOR),
    ("geodcat:principalInvestigator", ContributorRole.LEADER),
    ("geodcat:processor", ContributorRole.CONTRIBUTOR),
    ("geodcat:distributor", ContributorRole.CONTRIBUTOR),
    ("schema:funder", ContributorRole.FUNDER),
    ("dcatus:funding", ContributorRole.FUNDER),
)


def organization(graph: Graph, node: Term) -> OrganizationRef | None:
    """The first publisher that has a name, with the name of the body above it."""
    for publisher in graph.objects(node, "dct:publisher"):
        names = _names(graph, publisher)
        if not names:
            continue
        above = next(_above(graph, publisher), None)
        page = graph.addresses(publisher, "foaf:homepage", "foaf:page", "foaf:workplaceHomepage", "schema:url")
        return OrganizationRef(
            title=side_by_side(names),
            identifier=publisher.value if publisher.kind == "iri" else graph.first(publisher, "dct:identifier"),
            description=side_by_side(graph.values(publisher, "dct:description", "rdfs:comment")),
            parent=above.text if above else "",
            homepage=page[0] if page else "",
        )
    return None


def hierarchy(graph: Graph, node: Term) -> tuple[Extra, ...]:
    """The publisher and all bodies above it, from the highest down, where there is more than one above."""
    for publisher in graph.objects(node, "dct:publisher"):
        names = _names(graph, publisher)
        above = [value.text for value in _above(graph, publisher)]
        if names and len(above) > 1:
            return (Extra("publisher_hierarchy", " > ".join([*reversed(above), names[0].text])),)
    return ()


def _above(graph: Graph, body: Term) -> Iterator[Value]:
    """The names of the bodies above, the nearest first; a ring ends where it closes."""
    seen = {body}
    for _ in range(_MAX_ABOVE):
        following = [one for one in graph.objects(body, "org:subOrganizationOf", "org:unitOf") if one not in seen]
        if not following:
            return
        body = following[0]
        seen.add(body)
        names = _names(graph, body)
        if names:
            yield names[0]


def _names(graph: Graph, agent: Term) -> list[Value]:
    if agent.kind == "literal":
        return graph.labels(agent)
    for name in _NAMES:
        if found := graph.values(agent, name):
            return found
    parts = [graph.first(agent, given) for given in ("foaf:givenName", "foaf:firstName", "schema:givenName")]
    family = [graph.first(agent, name) for name in ("foaf:familyName", "foaf:lastName", "schema:familyName")]
    whole = ", ".join(part for part in (next(filter(None, family), ""), next(filter(None, parts), "")) if part)
    return [Value(whole)] if whole else []


def contributors(graph: Graph, node: Term) -> tuple[Contributor, ...]:
    """Creators and contributors, people of qualified attributions, and the publishers."""
    found = [_person(graph, agent, role) for name, role in _ROLES for agent in graph.objects(node, name)]
    for attribution in graph.nodes(node, "prov:qualifiedAttribution"):
        if _is_performer(graph, attribution):
            continue
        role = _role(next(iter(graph.words(attribution, "dcat:hadRole", "prov:hadRole")), ""))
        found += [_person(graph, agent, role) for agent in graph.objects(attribution, "prov:agent")]
    for agent in graph.objects(node, "dct:publisher"):
        found.append(_person(graph, agent, ContributorRole.PUBLISHER))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def performer(graph: Graph, node: Term) -> Text:
    """The body that did the research, in its languages."""
    for attribution in graph.nodes(node, "prov:qualifiedAttribution"):
        if _is_performer(graph, attribution):
            agents = graph.objects(attribution, "prov:agent")
            return side_by_side([name for agent in agents for name in _names(graph, agent)])
    return Text()


def _is_performer(graph: Graph, attribution: Term) -> bool:
    """Whether a body, not a person, is named as the researcher (Library of Congress, relators)."""
    roles = graph.words(attribution, "dcat:hadRole")
    bodies = (graph.types(agent) & _BODIES for agent in graph.objects(attribution, "prov:agent"))
    return any(role.endswith("/relators/res") for role in roles) and any(bodies)


def _role(words: str) -> ContributorRole:
    """CI_RoleCode of ISO 19115, or a relator of the Library of Congress, as far as it is one of our roles."""
    known = {
        "author": ContributorRole.CREATOR, "originator": ContributorRole.CREATOR, "funder": ContributorRole.FUNDER,
        "principalinvestigator": ContributorRole.LEADER, "publisher": ContributorRole.PUBLISHER,
        "sponsor": ContributorRole.FUNDER, "editor": ContributorRole.EDITOR, "edt": ContributorRole.EDITOR,
        "rth": ContributorRole.LEADER, "ctr": ContributorRole.PERFORMER, "fnd": ContributorRole.FUNDER,
        "pbl": ContributorRole.PUBLISHER, "aut": ContributorRole.CREATOR, "cre": ContributorRole.CREATOR,
    }  # fmt: skip
    last = words.rstrip("/").rpartition("/")[2].rpartition("#")[2].casefold()
    return known.get(last, ContributorRole.CONTRIBUTOR)


def _person(graph: Graph, agent: Term, role: ContributorRole) -> Contributor | None:
    names = _names(graph, agent)
    hints = [agent.value, *graph.words(agent, "dct:identifier", "schema:sameAs", "owl:sameAs", "adms:identifier",
                                       "foaf:account", "foaf:page")]  # fmt: skip
    if not names:
        return None
    hint = next((text for text in hints if identifiers.orcid(text)), "")
    made = contributor(names[0].text, role, hint=hint)
    types = graph.types(agent)
    is_body = bool(types & _BODIES) or (role is ContributorRole.PUBLISHER and not types & _PERSONS)
    return Contributor(
        name=made.name,
        role=role,
        orcid=made.orcid,
        affiliation=graph.first(agent, "org:memberOf", "schema:affiliation", "vcard:organization-name"),
        is_organization=(is_body or made.is_organization) and not made.orcid and not types & _PERSONS,
        ror=next((found for text in hints if (found := identifiers.ror_address(text))), ""),
        bin=next((found for text in hints[1:] if (found := identifiers.bin_number(text))), ""),
    )


def contacts(graph: Graph, node: Term) -> tuple[ContactPoint, ...]:
    """The contact points: vCards with structured or plain addresses, or just a name."""
    found = []
    for one in graph.objects(node, "dcat:contactPoint"):
        name = next((value.text for value in graph.labels(one)), "") or graph.first(one, "vcard:organization-name")
        pages = graph.addresses(one, "vcard:hasURL", "foaf:page", "foaf:homepage")
        found.append(
            ContactPoint(
                name="" if is_address(name) else name,
                email=_value(graph, one, "vcard:hasEmail", "mailto:"),
                phone=_value(graph, one, "vcard:hasTelephone", "tel:"),
                url=pages[0] if pages else "",
            )
        )
    return tuple(dict.fromkeys(one for one in found if one != ContactPoint()))


def _value(graph: Graph, node: Term, name: str, scheme: str) -> str:
    """A text, an address with `scheme`, or a node that holds it as its value."""
    for one in graph.objects(node, name):
        text = graph.first(one, "rdf:value", "vcard:hasValue", "vcard:value") if one.kind != "literal" else one.value
        text = text or (one.value if one.kind == "iri" else "")
        if text:
            return text.strip().removeprefix(scheme)
    return ""
