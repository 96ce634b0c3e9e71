"""Maps a node of schema.org to a record: every property finds its place, or is kept as an extra."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harvesters.dublincore_files import access_of
from harvesters.links import is_address
from harvesters.schemaorg_files import resources_of
from harvesters.schemaorg_graph import TYPES, Graph, Node, record_type
from harvesters.schemaorg_values import (
    address_of,
    identifiers_in,
    people,
    period_of,
    places,
    plain_text,
    text_of,
    texts,
)
from harvesters.terms import first_sentence, localized, subjects_in, when
from opendata.catalog import identifiers, licenses, normalise, vocabularies
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.subjects import subject
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    Keyword,
    OrganizationRef,
    PartialDate,
    Relation,
    Subject,
    Text,
)
from opendata.errors import Invalid, Problem

_ROLES = (
    ("creator", ContributorRole.CREATOR),
    ("author", ContributorRole.CREATOR),
    ("contributor", ContributorRole.CONTRIBUTOR),
    ("editor", ContributorRole.EDITOR),
    ("publisher", ContributorRole.PUBLISHER),
    ("provider", ContributorRole.PUBLISHER),
    ("sourceOrganization", ContributorRole.PERFORMER),
    ("producer", ContributorRole.CONTRIBUTOR),
    ("maintainer", ContributorRole.CONTRIBUTOR),
    ("funder", ContributorRole.FUNDER),
    ("sponsor", ContributorRole.FUNDER),
)
_RELATIONS = {
    "isPartOf": "IsPartOf",
    "hasPart": "HasPart",
    "isBasedOn": "IsDerivedFrom",
    "isBasedOnUrl": "IsDerivedFrom",
    "prov:wasDerivedFrom": "IsDerivedFrom",
    "citation": "References",
    "subjectOf": "IsDocumentedBy",
    "exampleOfWork": "IsVersionOf",
    "translationOfWork": "IsTranslationOf",
    "workTranslation": "HasTranslation",
    "supersededBy": "IsObsoletedBy",
    "isReferencedBy": "IsReferencedBy",
    "releaseNotes": "IsDocumentedBy",
    "sameAs": "IsIdenticalTo",
}
_EXTRAS = (
    "alternateName", "alternativeHeadline", "measurementTechnique", "variableMeasured", "conditionsOfAccess",
    "copyrightHolder", "copyrightYear", "conformsTo", "citeAs", "creditText", "includedInDataCatalog", "pagination",
    "pageStart", "pageEnd", "inSupportOf", "educationalLevel", "usageInfo", "acquireLicensePage", "isLiveDataset",
    "measurementMethod", "size",
)  # fmt: skip
_SCHEMES = (
    ("grnti", ("grnti", "mrnti", "рнти", "ғтамр", "ftamp")),
    ("udc", ("udc", "удк", "әож")),
    ("ford", ("ford",)),
)
_MAX_EXTRA = 5_000


def schemaorg_record(
    identifier: str, graph: Graph, node: Node, url: str, publisher_is_organization: bool, page_language: str = ""
) -> tuple[DatasetRecord, list[Problem]]:
    """The record of a node of the page at `url`. Invalid where it has neither a title nor a description."""
    warnings: list[Problem] = []
    languages = _languages(graph, node)
    likely = languages[0] if len(languages) == 1 else "" if languages else vocabularies.language_code(page_language)
    disclosure = _disclosure(graph, node, warnings)
    stated_license = texts(_license_values(graph, node))
    matched = licenses.match_all(stated_license) if stated_license else None
    place, box = places(graph, graph.all(node, "spatialCoverage", "spatial", "contentLocation"))
    keywords, subjects = _keywords(graph, node)
    publishers = list(people(graph, graph.all(node, "publisher", "provider"), ContributorRole.PUBLISHER))
    record = DatasetRecord(
        title=_title(graph, node, likely, warnings),
        type=_type(graph, node),
        identifier=identifier,
        description=_description(graph, node, likely),
        keywords=keywords,
        themes=_themes(graph, node, keywords),
        subjects=subjects,
        organization=_organization(graph, node, publishers) if publisher_is_organization else None,
        contributors=_contributors(graph, node),
        contacts=_contacts(graph, node),
        license_id=matched.id if matched else "",
        license_text="\n".join(stated_license),
        identifiers=_identifiers(graph, node, identifier),
        issued=_date(graph, node, ("datePublished", "dateIssued", "dateCreated", "copyrightYear"), "issued", warnings),
        modified=_date(graph, node, ("dateModified",), "modified", warnings),
        languages=languages,
        frequency=next(filter(None, map(vocabularies.frequency_of, texts(graph.all(node, "repeatFrequency")))), ""),
        temporal=period_of(graph, graph.all(node, "temporalCoverage", "temporal", "datasetTimeInterval")),
        spatial=place,
        bbox=box,
        landing_page=_landing_page(graph, node, url),
        version=plain_text(next(iter(graph.all(node, "version", "softwareVersion")), "")),
        relations=_relations(graph, node),
        resources=resources_of(graph, node, url, disclosure, warnings),
        extras=tuple(_extras(graph, node)),
        report_number=plain_text(node.get("reportNumber")),
    )
    return record, warnings


def _title(graph: Graph, node: Node, likely: str, warnings: list[Problem]) -> Text:
    title = text_of(graph, graph.all(node, "name", "headline", "title"), likely)
    if title:
        return title
    described = plain_text(next(iter(graph.all(node, "description", "abstract")), ""))
    if not described:
        raise Invalid("", [Problem("empty", "the description has neither a name nor a text", "title")])
    warnings.append(Problem("title-missing", "the record has no title", "title", severity="warning"))
    return localized(first_sentence(described))


def _description(graph: Graph, node: Node, likely: str) -> Text:
    described = text_of(graph, graph.all(node, "description"), likely)
    abstract = text_of(graph, graph.all(node, "abstract"), likely)
    return abstract if len(str(abstract.show("en"))) > len(str(described.show("en"))) else described or abstract


def _type(graph: Graph, node: Node) -> DatasetType:
    kind = record_type(node)
    if TYPES.get(kind):
        return DatasetType(TYPES[kind])
    said = texts(graph.all(node, "additionalType") + graph.all(node, "learningResourceType") + graph.all(node, "genre"))
    return next(filter(None, map(vocabularies.type_of, said)), DatasetType.OTHER)


def _languages(graph: Graph, node: Node) -> tuple[str, ...]:
    found = []
    for value in graph.all(node, "inLanguage", "language"):
        named = (
            [value.get("alternateName"), value.get("name"), value.get("@id")] if isinstance(value, dict) else [value]
        )
        found.append(next(filter(None, (vocabularies.language_code(plain_text(one)) for one in named)), ""))
    return tuple(dict.fromkeys(filter(None, found)))


def _disclosure(graph: Graph, node: Node, warnings: list[Problem]) -> Disclosure:
    """Who may have the files: what the conditions of access say, else whether it is free."""
    conditions = texts(graph.all(node, "conditionsOfAccess"))
    stated = access_of(conditions, [], warnings).disclosure
    if stated.strictness or not conditions:
        free = [str(one).lower() for one in graph.all(node, "isAccessibleForFree", "free")]
        paid = any(one in ("false", "no", "http://schema.org/false", "https://schema.org/false") for one in free)
        if paid and not stated.strictness:
            return Disclosure(DisclosureStatus.WITHHELD)
    return stated


def _license_values(graph: Graph, node: Node) -> Iterator[Any]:
    for value in graph.all(node, "license"):
        if isinstance(value, dict):
            yield from filter(None, (plain_text(value.get("name")), address_of(value)))
        else:
            yield value


def _keywords(graph: Graph, node: Node) -> tuple[tuple[Keyword, ...], tuple[Subject, ...]]:
    words: list[str] = []
    codes: list[Subject] = []
    languages: dict[str, str] = {}
    values = graph.all(node, "keywords") + graph.all(node, "about") + graph.all(node, "genre")
    alone = len(graph.all(node, "keywords")) == 1
    for value in values[:500]:
        code = plain_text(value.get("termCode")) if isinstance(value, dict) else ""
        of = plain_text(value.get("inDefinedTermSet")).lower() if isinstance(value, dict) else ""
        scheme = next((scheme for scheme, names in _SCHEMES if any(name in of for name in names)), "")
        text = plain_text(value)
        if scheme and (code or text):
            codes.append(subject(scheme, code or text))
        elif found := subjects_in(text):
            codes += found
        elif text and not is_address(text):
            is_list = alone and isinstance(value, str) and ";" not in text
            words += text.split(",") if is_list else [text]
            if isinstance(value, dict):
                languages[text] = vocabularies.language_code(str(value.get("@language") or ""))
    listed = normalise.keywords(words) if words else ()
    tagged = tuple(replace(one, language=languages.get(one.text) or one.language) for one in listed)
    return tagged, tuple(dict.fromkeys(codes))


def _themes(graph: Graph, node: Node, keywords: tuple[Keyword, ...]) -> tuple[str, ...]:
    """Our themes that the keywords are, or the terms of the EU's list that it is said to be about."""
    terms = (one for one in graph.all(node, "about")[:500] if isinstance(one, dict))
    codes = [
        vocabularies.theme_of(plain_text(one.get("termCode"))) or vocabularies.theme_of(str(one.get("@id") or ""))
        for one in terms
        if "data-theme" in plain_text(one.get("inDefinedTermSet"))
    ]
    return tuple(dict.fromkeys(filter(None, (*codes, *(vocabularies.theme_of(one.text) for one in keywords)))))


def _organization(graph: Graph, node: Node, publishers: list[Contributor]) -> OrganizationRef | None:
    values = [one for one in graph.all(node, "publisher", "provider") if isinstance(one, dict | str)]
    if not publishers or not values:
        return None
    holder = values[0] if isinstance(values[0], dict) else {}
    above = next(iter(texts(graph.all(holder, "parentOrganization", "department"))), "")
    described = plain_text(holder.get("description"))
    return OrganizationRef(
        title=text_of(graph, graph.all(holder, "name")) or localized(publishers[0].name),
        identifier=address_of({"@id": holder.get("@id")}),
        description=localized(described),
        parent=above,
        homepage=address_of({"url": holder.get("url")}),
    )


def _contributors(graph: Graph, node: Node) -> tuple[Contributor, ...]:
    made: dict[tuple[str, ContributorRole], Contributor] = {}
    for name, role in _ROLES:
        for one in people(graph, graph.all(node, name), role):
            made.setdefault((one.name.casefold(), role), one)
    for grant in graph.all(node, "funding"):
        if isinstance(grant, dict):
            for one in people(graph, graph.all(grant, "funder", "sponsor"), ContributorRole.FUNDER):
                made.setdefault((one.name.casefold(), ContributorRole.FUNDER), one)
    return tuple(made.values())


def _contacts(graph: Graph, node: Node) -> tuple[ContactPoint, ...]:
    found = []
    holders = [
        node,
        *(one for name in ("maintainer", "publisher", "creator", "author") for one in graph.all(node, name)),
    ]
    for holder in holders[:100]:
        if isinstance(holder, dict):
            for point in graph.all(holder, "contactPoint"):
                if isinstance(point, dict):
                    name = plain_text(point.get("name")) or plain_text(holder.get("name") if holder is not node else "")
                    email = plain_text(point.get("email")).removeprefix("mailto:")
                    contact = ContactPoint(name, email, plain_text(point.get("telephone")), address_of(point))
                    found += [contact] if email or contact.phone or contact.url else []
            if holder is not node and (email := plain_text(holder.get("email")).removeprefix("mailto:")):
                found.append(ContactPoint(plain_text(holder.get("name")), email))
    return tuple(dict.fromkeys(found))


def _identifiers(graph: Graph, node: Node, own: str) -> tuple[Identifier, ...]:
    found = list(identifiers_in(graph, graph.all(node, "identifier")))
    for name in ("doi", "isbn", "issn"):
        found += [identifiers.identifier(one) for one in texts(graph.all(node, name))]
    for name in ("@id", "sameAs", "url"):
        for text in (one if isinstance(one, str) else address_of(one) for one in graph.all(node, name)):
            found += [one for one in identifiers.identifiers_in(text) if one.scheme in ("doi", "handle", "urn")]
    for grant in graph.all(node, "funding"):
        for text in (
            [plain_text(grant), *texts(graph.all(grant, "identifier"))] if isinstance(grant, dict) else [str(grant)]
        ):
            found += [one for one in identifiers.identifiers_in(text) if one.scheme.endswith("_number")]
    return tuple(dict.fromkeys(one for one in found if one.value != own))


def _date(graph: Graph, node: Node, names: tuple[str, ...], field: str, warnings: list[Problem]) -> PartialDate | None:
    for name in names:
        for text in texts(graph.all(node, name)):
            if found := when(text, field, warnings):
                return found
    return None


def _landing_page(graph: Graph, node: Node, url: str) -> str:
    for value in (*graph.all(node, "url"), *graph.all(node, "mainEntityOfPage")):
        if is_address(found := address_of(value)):
            return found
    return url


def _relations(graph: Graph, node: Node) -> tuple[Relation, ...]:
    found = []
    for name, kind in _RELATIONS.items():
        for value in graph.all(node, name)[:200]:
            target, title = _target(graph, value)
            if target and not (name == "sameAs" and identifiers.doi(target)):
                found.append(Relation(kind, target=target, title=title))
    return tuple(dict.fromkeys(found))


def _target(graph: Graph, value: Any) -> tuple[str, Text]:
    """Where a relation leads: an address, else the DOI of a text or a node."""
    if isinstance(value, dict):
        doi = next(
            (one.value for one in identifiers_in(graph, graph.all(value, "identifier")) if one.scheme == "doi"), ""
        )
        address = f"https://doi.org/{doi}" if doi else address_of(value)
        return address, text_of(graph, graph.all(value, "name", "headline"))
    text = plain_text(value)
    if is_address(text) and " " not in text:
        return text, Text()
    doi = identifiers.doi(text)
    return (f"https://doi.org/{doi}", localized(text if len(text) > len(doi) + 10 else "")) if doi else ("", Text())


def _extras(graph: Graph, node: Node) -> Iterator[Extra]:
    """What has no place of its own."""
    for name in _EXTRAS:
        values = graph.all(node, name)
        if said := "; ".join(texts(values)):
            yield Extra(name, said[:_MAX_EXTRA])
    for text in texts(one for one in graph.all(node, "citation") if isinstance(one, str) and not is_address(one)):
        yield Extra("citation", text[:_MAX_EXTRA])
    for grant in graph.all(node, "funding"):
        yield from _grant(graph, grant)
    yield from _journal(graph, node, 0)
    for name in ("additionalProperty", "rai:dataCollection"):
        for value in graph.all(node, name)[:100]:
            if isinstance(value, dict) and plain_text(value.get("name")):
                said = plain_text(value.get("value")) or json.dumps(value.get("value"), ensure_ascii=False)
                yield Extra(plain_text(value.get("name"))[:200], said[:_MAX_EXTRA])


def _grant(graph: Graph, grant: Any) -> Iterator[Extra]:
    if isinstance(grant, dict):
        numbers = [one.value for one in identifiers_in(graph, graph.all(grant, "identifier"))]
        funders = texts(graph.all(grant, "funder", "sponsor"))
        parts = [*funders, *numbers, plain_text(grant.get("name"))]
        if said := "; ".join(dict.fromkeys(filter(None, parts))):
            yield Extra("funding", said[:_MAX_EXTRA])
    elif text := plain_text(grant):
        yield Extra("funding", text[:_MAX_EXTRA])


def _journal(graph: Graph, node: Node, depth: int) -> Iterator[Extra]:
    """The issue, volume and periodical that an article is part of."""
    for value in graph.all(node, "isPartOf")[:5] if depth < 4 else ():
        if not isinstance(value, dict):
            continue
        for key, name in (("issueNumber", "issue"), ("volumeNumber", "volume")):
            if text := plain_text(value.get(key)):
                yield Extra(name, text)
        kinds = " ".join(str(one) for one in (value.get("@type") or "",))
        if "Periodical" in kinds and (text := plain_text(value.get("name"))):
            yield Extra("journal", text)
        yield from _journal(graph, value, depth + 1)
