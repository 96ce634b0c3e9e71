"""oai_dc: unqualified Dublin Core, which every OAI-PMH repository has (OAI-PMH 2.0 §2.5)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from opendata.catalog import vocabularies
from opendata.catalog.languages import three_letters
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import ContributorRole
from opendata.catalog.xmltext import clean
from opendata.export.datacite_parts import access_level
from opendata.export.entry import Entry
from opendata.export.site import Site

OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
MOST_FILES = 100
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XML = "http://www.w3.org/XML/1998/namespace"
_NAMESPACES = {"oai_dc": OAI_DC, "dc": DC, "xsi": _XSI}

_CREATES = (ContributorRole.CREATOR,)
_OTHERS = (
    ContributorRole.LEADER,
    ContributorRole.CONTRIBUTOR,
    ContributorRole.EDITOR,
    ContributorRole.PERFORMER,
    ContributorRole.FUNDER,
)
_CLASSIFIED = {"grnti": "ГРНТИ {}", "udc": "УДК {}"}
_CLASSIFICATION = "info:eu-repo/classification/{}/{}"

Element = tuple[str, str, str]
"""Name, text, and the language of the text."""


def record(entry: Entry, site: Site) -> etree._Element:
    """The record as an oai_dc:dc element."""
    root = etree.Element(f"{{{OAI_DC}}}dc", nsmap=_NAMESPACES)
    root.set(f"{{{_XSI}}}schemaLocation", f"{OAI_DC} {SCHEMA}")
    for name, text, language in dict.fromkeys(_elements(entry, site)):
        if said := clean(text):
            element = etree.SubElement(root, f"{{{DC}}}{name}")
            element.text = said
            if language:
                element.set(f"{{{_XML}}}lang", language)
    return root


def _elements(entry: Entry, site: Site) -> Iterator[Element]:
    record = entry.record
    yield from (("title", one.value, one.language) for one in record.title.values())
    yield from _people(record)
    yield from _subjects(record)
    yield from (("description", one.value, one.language) for one in record.description.values())
    if record.issued:
        yield "date", str(record.issued), ""
    yield "type", vocabularies.label("dataset_type", record.type, "en"), "en"
    yield from (("language", three_letters(one) or one, "") for one in record.languages)
    yield from _identifiers(entry, site)
    yield from _coverage(record)
    yield from _relations(record, site)
    yield from _rights(entry)


def _people(record: DatasetRecord) -> Iterator[Element]:
    people = [one for one in record.contributors if one.name]
    yield from (("creator", one.name, "") for one in people if one.role in _CREATES)
    yield from (("contributor", one.name, "") for one in people if one.role in _OTHERS)
    yield from (("contributor", one.value, one.language) for one in record.performer.values())
    if record.organization:
        yield from (("publisher", one.value, one.language) for one in record.organization.title.values())
    yield from (("publisher", one.name, "") for one in people if one.role is ContributorRole.PUBLISHER)


def _subjects(record: DatasetRecord) -> Iterator[Element]:
    yield from (("subject", word.text, word.language) for word in record.keywords)
    for one in record.subjects:
        known = _CLASSIFIED.get(one.scheme)
        yield "subject", known.format(one.code) if known else _CLASSIFICATION.format(one.scheme, one.code), ""
    yield from (("subject", vocabularies.theme_uri(code), "") for code in record.themes)


def _identifiers(entry: Entry, site: Site) -> Iterator[Element]:
    record = entry.record
    yield "identifier", site.permanent(record.id), ""
    for one in record.identifiers:
        yield "identifier", f"https://doi.org/{one.value}" if one.scheme == "doi" else one.value, ""
    for number in (record.register_number, record.report_number):
        if number:
            yield "identifier", number, ""
    for file in entry.available[:MOST_FILES]:
        if address := site.download(record, file.resource):
            yield "identifier", address, ""
            yield "format", file.resource.media_type or file.resource.format, ""


def _coverage(record: DatasetRecord) -> Iterator[Element]:
    if record.spatial:
        yield "coverage", record.spatial, ""
    if record.temporal:
        yield "coverage", f"{record.temporal.start or '..'}/{record.temporal.end or '..'}", ""
    if (box := record.bbox) is not None:  # DCMI Box Encoding Scheme
        limits = f"northlimit={box.north}; southlimit={box.south}; westlimit={box.west}; eastlimit={box.east}"
        yield "coverage", limits, ""


def _relations(record: DatasetRecord, site: Site) -> Iterator[Element]:
    """Dublin Core has one element for what it is made of, and one for all else that it is related to."""
    for one in record.relations:
        name = "source" if one.kind == "IsDerivedFrom" else "relation"
        target = site.permanent(one.target_id) if one.target_id else one.target
        if target:
            yield name, target, ""
        else:
            yield from ((name, title.value, title.language) for title in one.title.values())
    if record.study:
        yield "relation", site.study(record.study), ""


def _rights(entry: Entry) -> Iterator[Element]:
    record, known = entry.record, entry.verdict.license
    if known and record.license_id:
        yield "rights", known.url or known.title.show("en").value, ""
    elif record.license_id:
        yield "rights", record.license_id, ""
    if record.license_text:
        yield "rights", record.license_text, ""
    if level := access_level(entry):
        yield "rights", level[0], ""
        until = entry.disclosure.until
        if until and level[1].startswith("embargoed"):
            yield "date", f"info:eu-repo/date/embargoEnd/{until.isoformat()}", ""
