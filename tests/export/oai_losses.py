"""What of a record no OAI-PMH harvester gets, or gets otherwise: lists of docs/formats.md, and what the tests hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harvesters.terms import only_register_number
from opendata.catalog import identifiers, licenses, vocabularies
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Identifier,
    OrganizationRef,
    Relation,
    Subject,
    Text,
)
from opendata.export.entry import Entry
from opendata.export.site import Site

BOTH = {
    "identifier": "the record's address in the repository (oai:HOST:ID)",
    "frequency": "not told",
    "extras": "not told; whoever reads keeps types, formats and sizes as the format has them",
    "study": "as the address of its page, and by its number",
    "organization": "without slug, id and place in the tree; where the record has none, whoever published it",
    "landing_page": "the DOI, else the record's address here",
    "resources": "the addresses of the files that everybody may have, without names, sizes and dates of each",
    "disclosure": "whether the files can be had, all together",
    "themes": "themes that share an address of the EU are one",
    "subjects": "with our name of the code where we have one",
    "relations": "what leads to a record of ours leads to its address; what only another record tells stays there",
    "line breaks": "of texts only the empty lines between paragraphs",
    "original language": "of a text of which nobody told it, that of the first",
}
"""Told in neither format, or otherwise in both."""
OAI_DATACITE = {
    "license_text": "where the licence is known, only words that are not its name",
    "organization.title": "in its original language",
    "languages": "the first",
    "contacts": "their names",
    "issued": "where the record has none, the year in which it became public here",
    "contributors": "of a funder neither number nor affiliation",
    "identifiers": "with the numbers of the study and its contracts among them",
    "register_number": "where the record has none, that of its study",
}
"""What DataCite has no way to say, or says otherwise."""
OAI_DC = {
    "license_text": "the licence's own address is no word of the source",
    "file addresses": "those that look like files; others are links",
    "contributors": "names alone, as creators, contributors and publishers; the performer among them",
    "performer": "see contributors",
    "contacts": "not told",
    "modified": "not told",
    "version": "not told",
    "table_of_contents": "not told",
    "report_number": "among the identifiers",
    "identifiers": "of which kind a number is, is told by its looks alone",
    "relations of a kind": "IsDerivedFrom, and any other; of a work with an address its title is not told",
    "keywords": "one whose language nobody told may get the one that its letters tell; a lone one is parted at commas",
}
"""What Dublin Core has no way to say, or says otherwise."""


def expected(entry: Entry, site: Site, form: str) -> DatasetRecord:
    """The record of `entry` as readers of `form` ("oai_datacite", "oai_dc") have it, but for what the lists name."""
    record = entry.record
    found = replace(
        record,
        organization=_organization(record, form),
        themes=tuple(dict.fromkeys(filter(None, map(_theme, record.themes)))),
        subjects=tuple(map(_subject, record.subjects)),
        relations=tuple(_relation(one, site, form) for one in record.relations),
    )
    return _datacite(found, entry) if form == "oai_datacite" else _dublincore(found, entry, site)


def _datacite(found: DatasetRecord, entry: Entry) -> DatasetRecord:
    record, study = entry.record, entry.record.study
    number = record.register_number or (study.register_number if study else "")
    awards = [_award(one) for one in (number, *(study.contract_numbers if study else ())) if one]
    return replace(
        found,
        license_text=_words(record),
        languages=record.languages[:1],
        contacts=tuple(dict.fromkeys(ContactPoint(one.name) for one in record.contacts)),
        contributors=tuple(
            Contributor(one.name, one.role, is_organization=True, ror=one.ror)
            if one.role is ContributorRole.FUNDER
            else one
            for one in record.contributors
        ),
        identifiers=tuple(dict.fromkeys((*record.identifiers, *awards))),
        register_number=number,
    )


def _dublincore(found: DatasetRecord, entry: Entry, site: Site) -> DatasetRecord:
    record, known = entry.record, licenses.get(entry.record.license_id)
    study = (Relation("Other", site.study(record.study)),) if record.study else ()
    return replace(
        found,
        contacts=(),
        license_text="" if known and record.license_text == known.url else record.license_text,
        modified=None,
        version="",
        table_of_contents=Text(),
        report_number="",
        register_number=record.register_number or only_register_number(record.identifiers),
        performer=Text(),
        relations=tuple(dict.fromkeys((*found.relations, *study))),
    )


def _award(number: str) -> Identifier:
    if register := identifiers.register_number(number):
        return Identifier("register_number", register)
    if state := identifiers.registration_number(number):
        return Identifier("registration_number", state)
    return Identifier("contract_number", identifiers.contract_form(number))


def names_of(record: DatasetRecord) -> set[str]:
    """Everybody whom Dublin Core names."""
    return {one.name for one in record.contributors} | {one.value for one in record.performer.values()}


def values_of(given: Iterable[Identifier]) -> set[str]:
    """Identifiers without their kinds."""
    return {one.value for one in given}


def _organization(record: DatasetRecord, form: str) -> OrganizationRef | None:
    if record.organization is None:
        published = next((one.name for one in record.contributors if one.role is ContributorRole.PUBLISHER), "")
        return OrganizationRef(title=Text(other=published)) if published else None
    title = record.organization.title
    first = title.values()[0]
    return OrganizationRef(title=Text.of(first.value, first.language) if form == "oai_datacite" else title)


def _theme(code: str) -> str | None:
    return vocabularies.theme_of(vocabularies.theme_uri(code))


def _subject(one: Subject) -> Subject:
    known = vocabularies.text_of(one.scheme, one.code) if one.scheme in ("grnti", "ford") else Text()
    return replace(one, label=known or one.label)


def _words(record: DatasetRecord) -> str:
    known = licenses.get(record.license_id)
    names = {one.value for one in known.title.values()} if known else set()
    return "" if record.license_text in names else record.license_text


def _relation(one: Relation, site: Site, form: str) -> Relation:
    target = site.permanent(one.target_id) if one.target_id else one.target
    title = replace(one.title, original=one.title.values()[0].language) if one.title else Text()
    if form == "oai_datacite":
        return Relation(one.kind, target, title=title)
    return Relation("IsDerivedFrom" if one.kind == "IsDerivedFrom" else "Other", target)
