"""Rules by which a copy is compared with its original. What is lost on the way: tests/export."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from harvesters.links import leads_to_file
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import (
    LANGUAGES,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Identifier,
    Keyword,
    OrganizationRef,
    PartialDate,
    Text,
)
from opendata.export.entry import Entry
from opendata.export.oaipmh import repository
from opendata.export.site import Site
from tests.export import ckan_losses, losses, oai_losses

SOURCE = "loop"
"""What the copies call the original among their sources."""
OWN = (
    "id", "slug", "source", "sources", "metadata_created", "metadata_modified", "published_at",
)  # fmt: skip
"""Fields that every catalogue gives its records itself: its ids, addresses and times, and that this is its source."""
OWN_OF_FILES = ("id", "created", "metadata_modified", "text", "link", "fetch_problem", "position")
"""The same of files; the copies fetch none, so they have read none. Their order is that of the list."""
KEPT_BY_READERS = ("set", "type", "format", "bytes", "funding", "alternative_title", "relation", "date_available")
"""Extras in which readers of OAI-PMH keep what the protocol itself says, and what has no place of its own."""
ORDERED = ("ckan",)
"""Formats whose lists have an order. RDF is a set; the others part one list of ours into several of theirs."""


def wanted(entry: Entry, site: Site, form: str) -> DatasetRecord:
    """The record of `entry` as a catalogue has it that harvests `form`."""
    if form == "ckan":
        return ckan_losses.expected(entry, site)
    if form in ("dcat", "datajson"):
        return losses.expected(entry, site, form)
    return _by_oai(entry, site, form)


def _by_oai(entry: Entry, site: Site, form: str) -> DatasetRecord:
    record = entry.record
    made = oai_losses.expected(entry, site, form)
    doi = next((one.value for one in record.identifiers if one.scheme == "doi"), "")
    if form == "oai_datacite" and not record.issued and record.published_at:
        made = replace(made, issued=PartialDate(record.published_at.year))
    if (
        form == "oai_dc" and record.organization is None and made.organization is not None
    ):  # oai_losses.BOTH, organization
        rest = [one for one in made.contributors if one.name != str(made.organization.title.show(""))]
        made = replace(made, contributors=tuple(rest))
    return replace(
        made,
        **{name: getattr(_BLANK, name) for name in losses.OURS_ALONE if hasattr(_BLANK, name)},
        identifier=f"oai:{repository(site)}:{record.id}",
        frequency="",
        extras=(),
        landing_page=f"https://doi.org/{doi}" if doi else site.permanent(record.id),
        resources=(),
    )


_BLANK = DatasetRecord(title=Text())


def _text(value: Text, form: str) -> tuple[str, ...]:
    """A text and which of its languages is the original, as far as the format tells (see its list)."""
    texts = value.values()
    original = value.original or (texts[0].language if texts else "")
    if form == "dcat" and original in LANGUAGES:
        original = ""
    if form == "datajson" and value.other:
        original = ""
    said = (value.kk, value.ru, value.en, value.other)
    if form.startswith("oai"):  # oai_losses.BOTH, line breaks
        said = tuple(re.sub(r"(?<!\n)\n(?!\n)", " ", one) for one in said)
    return (*said, original)


def differences(entry: Entry, copy: DatasetRecord, site: Site, form: str) -> Iterator[str]:
    """Every field of the stored `copy` that is neither the original's nor what the lists say of it."""
    expected, found = _settled(entry, wanted(entry, site, form), copy, site, form)
    for field in fields(DatasetRecord):
        if field.name not in (*OWN, "resources"):
            yield from _unlike(field.name, getattr(expected, field.name), getattr(found, field.name), form)
    if form.startswith("oai"):
        yield from _unlike("resources", *_told_files(entry, found, site, form), form)
        yield from _unlike("disclosure", *_told_access(entry, found), form)
        return
    yield from _unlike("resources", len(expected.resources), len(found.resources), form)
    for one, other in zip(expected.resources, found.resources, strict=False):
        for field in fields(ResourceRecord):
            if field.name not in OWN_OF_FILES:
                yield from _unlike(f"file.{field.name}", getattr(one, field.name), getattr(other, field.name), form)


def _settled(
    entry: Entry, expected: DatasetRecord, copy: DatasetRecord, site: Site, form: str
) -> tuple[DatasetRecord, DatasetRecord]:
    """Both, with what a reader may say in one way or another said in the same."""
    agency = {one.value for one in entry.record.organization.title.values()} if entry.record.organization else set()
    if expected.organization is not None:
        expected = replace(expected, organization=replace(expected.organization, parent=""))
    copy = replace(copy, organization=_own_names_off(copy, form))
    untold = {one.text for one in entry.record.keywords if not one.language}
    if form != "ckan":  # keywords and losses.OTHERWISE
        copy = replace(copy, keywords=_languages_off(copy.keywords, untold))
        expected = replace(expected, contributors=_publishers(expected.contributors, agency))
        copy = replace(copy, contributors=_publishers(copy.contributors, agency))
    if form in ("dcat", "oai_dc"):  # losses.DCAT and oai_losses.OAI_DC, keywords
        expected = replace(expected, keywords=tuple(_parted(expected.keywords)))
        untold |= {one.text for one in _parted(entry.record.keywords) if not one.language}
        copy = replace(copy, keywords=_languages_off(copy.keywords, untold))
        expected = replace(expected, keywords=_languages_off(expected.keywords, untold))
    if form == "dcat":  # losses.DCAT, identifiers
        own = [one for one in copy.identifiers if one.value == entry.record.identifier]
        expected = replace(expected, identifiers=(*expected.identifiers, *own))
    if form == "datajson" and not entry.record.contacts:  # losses.DATAJSON, contacts
        assert {one.name for one in copy.contacts} <= {*agency, site.title, site.publisher}
        expected = replace(expected, contacts=copy.contacts)
    if form == "datajson":  # losses.DATAJSON, texts in other languages
        others = {one.text for one in entry.record.keywords if one.language not in LANGUAGES}
        expected = replace(expected, keywords=_languages_off(expected.keywords, others))
    if form.startswith("oai"):
        copy = replace(copy, extras=tuple(one for one in copy.extras if one.key not in KEPT_BY_READERS))
        copy = replace(copy, subjects=tuple(replace(one, label=Text()) for one in copy.subjects))
        expected = replace(expected, subjects=tuple(replace(one, label=Text()) for one in expected.subjects))
    if form == "oai_dc":
        expected, copy = _names_alone(entry, expected), _names_alone(entry, copy)
    return expected, copy


def _own_names_off(copy: DatasetRecord, form: str) -> OrganizationRef | None:
    """The agency without the names that the copy has for it: its id, and the identifier with its source before it."""
    one = copy.organization
    if one is None:
        return None
    identifier = one.identifier.removeprefix(f"source:{SOURCE}:")
    identifier = "" if identifier == one.slug else identifier  # the source told none
    return replace(one, id=None, identifier=identifier, slug=one.slug if form == "ckan" else "", parent="")


def _languages_off(keywords: tuple[Keyword, ...], untold: set[str]) -> tuple[Keyword, ...]:
    return tuple(replace(one, language="" if one.text in untold else one.language) for one in keywords)


def _parted(keywords: tuple[Keyword, ...]) -> Iterator[Keyword]:
    """A keyword that is alone in its language may be a list."""
    languages = [one.language for one in keywords]
    for one in keywords:
        lone = languages.count(one.language) == 1
        for part in one.text.split(",") if lone else [one.text]:
            yield replace(one, text=part.strip())


def _publishers(people: tuple[Contributor, ...], agency: set[str]) -> tuple[Contributor, ...]:
    names = {*agency, losses.PUBLISHER}
    return tuple(
        Contributor(losses.PUBLISHER, one.role) if one.role is ContributorRole.PUBLISHER and one.name in names else one
        for one in people
    )


def _names_alone(entry: Entry, record: DatasetRecord) -> DatasetRecord:
    """Of people their names, of identifiers their values: more Dublin Core does not tell (oai_losses.OAI_DC)."""
    people = {one.name for one in record.contributors} | {one.value for one in entry.record.performer.values()}
    numbers = {one.value for one in record.identifiers} | {entry.record.register_number, entry.record.report_number}
    return replace(
        record,
        contributors=tuple(Contributor(name) for name in people),
        performer=Text(),
        identifiers=tuple(Identifier("", number) for number in numbers if number),
    )


def _told_files(entry: Entry, copy: DatasetRecord, site: Site, form: str) -> tuple[Any, Any]:
    """The addresses of the files: all that OAI-PMH tells of each."""
    files = {site.download(entry.record, one.resource) for one in entry.available}
    told = {one for one in files if leads_to_file(one)} if form == "oai_dc" else files
    return sorted(told), sorted(one.download_url for one in copy.resources if one.download_url)


def _told_access(entry: Entry, copy: DatasetRecord) -> tuple[Any, Any]:
    """What all files of the copy are, and what the protocol tells of those of the original together."""
    told = entry.disclosure
    shut = told.status in (DisclosureStatus.EMBARGOED, DisclosureStatus.WITHHELD)
    wanted = Disclosure(told.status, told.until) if shut else Disclosure()
    found = {one.disclosure for one in copy.resources} or {Disclosure()}
    return {wanted}, found


def _unlike(name: str, one: Any, other: Any, form: str) -> Iterator[str]:
    left, right = plain(one, form), plain(other, form)
    if left != right:
        yield f"{name}: {left} | {right}"


def plain(value: Any, form: str) -> Any:
    """What is compared of a value."""
    if isinstance(value, Text) and form != "ckan":
        return _text(value, form)
    if isinstance(value, tuple):
        listed = [plain(one, form) for one in value]
        return listed if form in ORDERED else sorted(map(repr, listed))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name), form) for field in fields(value)}
    return value
