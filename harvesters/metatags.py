"""Maps the meta tags by which repositories tell of their pages: Highwire's citation_*, DC.*, DCTERMS.*, eprints.*.

What they say is Dublin Core by other names, and is mapped as such; what only Highwire's tags know (who works where,
journal and pages, grants, the number of a report) is added. Google Scholar's inclusion guidelines name the tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from harvesters.dublincore import Context, Value, map_record
from opendata.catalog import identifiers, vocabularies
from opendata.catalog.people import contributor
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import Contributor, ContributorRole, Extra, Identifier
from opendata.errors import Problem

Tags = Sequence[tuple[str, str]]

_ELEMENTS = {
    "title": ("citation_title", "dc.title", "dcterms.title", "eprints.title", "bepress_citation_title"),
    "creator": ("citation_author", "citation_authors", "dc.creator", "dcterms.creator", "eprints.creators_name",
                "bepress_citation_author", "dc.creator.personalname"),
    "contributor": ("dc.contributor", "dcterms.contributor", "eprints.contributors_name"),
    "publisher": ("citation_publisher", "citation_dissertation_institution", "citation_technical_report_institution",
                  "dc.publisher", "dcterms.publisher", "eprints.publisher", "eprints.institution",
                  "bepress_citation_dissertation_institution"),
    "description": ("citation_abstract", "dc.description.abstract", "dcterms.abstract", "dc.description",
                    "dcterms.description", "eprints.abstract"),
    "subject": ("citation_keywords", "citation_keyword", "dc.subject", "dcterms.subject", "eprints.keywords",
                "eprints.subjects"),
    "date": ("citation_publication_date", "citation_date", "citation_cover_date", "citation_online_date",
             "citation_year", "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date", "eprints.date",
             "bepress_citation_date"),
    "type": ("dc.type", "dcterms.type", "eprints.type"),
    "identifier": ("citation_doi", "citation_pdf_url", "citation_fulltext_world_readable", "citation_isbn",
                   "citation_handle", "dc.identifier", "dc.identifier.doi", "dc.identifier.uri", "dcterms.identifier",
                   "eprints.document_url", "eprints.id_number", "eprints.official_url", "bepress_citation_pdf_url",
                   "bepress_citation_doi"),
    "language": ("citation_language", "dc.language", "dcterms.language", "eprints.documents_language"),
    "rights": ("dc.rights", "dcterms.rights", "dcterms.license", "dc.rights.license", "citation_license"),
    "relation": ("dc.relation", "dcterms.relation", "dc.relation.ispartof", "dcterms.ispartof"),
    "source": ("dc.source", "dcterms.source"),
    "coverage": ("dc.coverage", "dcterms.coverage", "dcterms.spatial", "dcterms.temporal", "dc.coverage.spatial",
                 "dc.coverage.temporal"),
    "format": ("dc.format", "dcterms.format"),
}  # fmt: skip
"""Tags by the element that they mean, the most exact first: of titles, authors and dates only the first there is."""
_ONE_SOURCE = ("title", "creator", "date", "description", "language")
_EXTRAS = {
    "citation_journal_title": "journal", "citation_conference_title": "conference", "citation_conference": "conference",
    "citation_inbook_title": "book", "citation_volume": "volume", "citation_issue": "issue",
    "citation_firstpage": "pageStart", "citation_lastpage": "pageEnd", "citation_issn": "issn",
    "eprints.publication": "journal", "eprints.volume": "volume", "eprints.number": "issue",
    "eprints.pagerange": "pagination", "eprints.ispublished": "published", "eprints.full_text_status": "full text",
    "citation_reference": "citation",
}  # fmt: skip
_OF_AUTHOR = {"citation_author_institution": "affiliation", "citation_author_orcid": "orcid",
              "citation_author_email": "email", "eprints.creators_orcid": "orcid"}  # fmt: skip
_GRANT = re.compile(r"(citation_(?:funder|grant_number|award_number|funder_id))\s*=\s*([^;]+)", re.IGNORECASE)
_SPLIT = ("citation_authors", "citation_keywords", "eprints.keywords")


def tells(tags: Tags) -> bool:
    """Whether the tags are those of a publication: there is a title, and who wrote it, when, or where its file is."""
    names = {name for name, _ in tags}
    others = [name for element in ("creator", "date", "identifier") for name in _ELEMENTS[element]]
    return bool(names.intersection(_ELEMENTS["title"])) and bool(names.intersection(others))


def tags_record(
    identifier: str, tags: Tags, url: str, source: str, publisher_is_organization: bool
) -> tuple[DatasetRecord, list[Problem]]:
    """The record that the tags of the page at `url` describe."""
    warnings: list[Problem] = []
    fields = {element: list(_values(element, tags)) for element in _ELEMENTS}
    context = Context(source, publisher_is_organization=publisher_is_organization)
    record = map_record(identifier, {name: made for name, made in fields.items() if made}, (), context, warnings)
    named = {name for name, _ in tags}
    others = tuple(one for one in record.contributors if one.role is not ContributorRole.CREATOR)
    authors = tuple(_authors(tags)) if named.intersection(_OF_AUTHOR) else ()
    grants = list(_grants(tags))
    return replace(
        record,
        type=_type(record.type, named, tags),
        landing_page=record.landing_page or url,
        contributors=(*authors, *others) if authors else record.contributors,
        identifiers=tuple(dict.fromkeys((*record.identifiers, *_grant_numbers(grants)))),
        report_number=record.report_number or _first(tags, "citation_technical_report_number"),
        extras=tuple(dict.fromkeys((*record.extras, *_extras(tags), *(Extra("funding", one) for one in grants)))),
    ), warnings


def _values(element: str, tags: Tags) -> Iterator[Value]:
    names = _ELEMENTS[element]
    if element in _ONE_SOURCE:
        names = tuple(name for name in names if any(key == name for key, _ in tags))[:1]
    for name in names:
        for key, text in tags:
            if key == name:
                parts = re.split(r"\s*;\s*", text) if name in _SPLIT else [text]
                yield from (Value(part) for part in parts if part)


def _authors(tags: Tags) -> Iterator[Contributor]:
    """Authors with what the tags after each say of them."""
    said: dict[str, str] = {}
    name = ""
    for key, text in (*tags, ("citation_author", "")):
        if key in ("citation_author", "eprints.creators_name"):
            if name:
                made = contributor(name, hint=said.get("orcid", ""))
                yield replace(made, affiliation=said.get("affiliation", ""))
            name, said = text, {}
        elif key in _OF_AUTHOR:
            kind = _OF_AUTHOR[key]
            said[kind] = f"{said[kind]}; {text}" if kind == "affiliation" and said.get(kind) else text


def _type(mapped: DatasetType, named: set[str], tags: Tags) -> DatasetType:
    """What the tags that are there imply, where the type itself says nothing that is known."""
    if any(vocabularies.type_of(text) for key, text in tags if key in _ELEMENTS["type"]):
        return mapped
    for kind, names in (
        (DatasetType.THESIS, ("citation_dissertation_institution", "citation_dissertation_name")),
        (DatasetType.REPORT, ("citation_technical_report_institution", "citation_technical_report_number")),
        (DatasetType.ARTICLE, ("citation_journal_title", "citation_conference_title", "citation_conference")),
        (DatasetType.BOOK, ("citation_isbn", "citation_inbook_title")),
    ):
        if named.intersection(names):
            return kind
    return mapped


def _extras(tags: Tags) -> Iterator[Extra]:
    yield from (Extra(_EXTRAS[key], text) for key, text in tags if key in _EXTRAS)


def _grants(tags: Tags) -> Iterator[str]:
    """Grants: Highwire writes "citation_funder=…;citation_grant_number=…" into one tag."""
    for key, text in tags:
        if key in ("citation_funding_source", "citation_grant_number", "eprints.funders"):
            parts = [found[1].strip() for found in _GRANT.findall(text)]
            yield "; ".join(parts) or text


def _grant_numbers(grants: Sequence[str]) -> Iterator[Identifier]:
    for text in grants:
        yield from (one for one in identifiers.identifiers_in(text) if one.scheme.endswith("_number"))


def _first(tags: Tags, name: str) -> str:
    return next((text for key, text in tags if key == name), "")
