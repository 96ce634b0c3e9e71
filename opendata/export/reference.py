"""What a citation of a dataset is made of, in one language: the same for every style and every reference program."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog import vocabularies
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import ContributorRole, PartialDate, Text
from opendata.export.entry import Entry
from opendata.export.names import Name, name_of
from opendata.export.site import Site

AUTHORS = (ContributorRole.CREATOR, ContributorRole.LEADER)
"""Who is named as the author of a record."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Parts of a citation; what is not known is "" or empty. `body` published it, `performer` carried it out.

    `address` is the DOI as a link, else the permanent URI; `genre` is the type in words of `language` ("" for another
    type), which is the language of the title, "" where unknown.
    """

    key: str
    type: DatasetType
    genre: str
    language: str
    title: str
    authors: tuple[Name, ...]
    editors: tuple[Name, ...]
    body: str
    performer: str
    issued: PartialDate | None
    number: str
    register_number: str
    version: str
    container: str
    doi: str
    isbn: str
    issn: str
    address: str
    abstract: str
    keywords: tuple[str, ...]
    languages: tuple[str, ...]
    site: str

    @property
    def institution(self) -> str:
        """Who stands behind it: the performer, else the body."""
        return self.performer or self.body


def languages_of(record: DatasetRecord) -> tuple[str, ...]:
    """The languages in which the record can be cited: those of its titles, the original first."""
    return tuple(value.language for value in record.title.values())


def reference(entry: Entry, site: Site, language: str = "") -> Reference:
    """The record as it is cited in `language`; without one, in the language of its original title."""
    record = entry.record
    title = record.title.show(language) if language else record.title.values()[0]
    told = title.language
    return Reference(
        key=_key(record),
        type=record.type,
        genre="" if record.type is DatasetType.OTHER else vocabularies.label("dataset_type", record.type, told or "en"),
        language=told,
        title=" ".join(title.value.split()),
        authors=_names(record, *AUTHORS),
        editors=_names(record, ContributorRole.EDITOR),
        body=_in(record.organization.title, told) if record.organization else "",
        performer=_in(record.performer, told),
        issued=record.issued,
        number=record.report_number,
        register_number=record.register_number,
        version=record.version,
        container=_container(record, told),
        doi=identifier_of(record, "doi"),
        isbn=identifier_of(record, "isbn"),
        issn=identifier_of(record, "issn"),
        address=address_of(record, site),
        abstract=_in(record.description, told),
        keywords=tuple(k.text for k in record.keywords if not k.language or not told or k.language == told)
        or tuple(k.text for k in record.keywords),
        languages=record.languages,
        site=site.title,
    )


def _in(text: Text, language: str) -> str:
    return text.show(language).value


def _names(record: DatasetRecord, *roles: ContributorRole) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(name_of(one) for one in record.contributors if one.role in roles and one.name))


def identifier_of(record: DatasetRecord, scheme: str) -> str:
    """The first identifier of that scheme, "" without one."""
    return next((one.value for one in record.identifiers if one.scheme == scheme), "")


def address_of(record: DatasetRecord, site: Site) -> str:
    """Under what it is cited: the DOI as a link, else the permanent URI."""
    doi = identifier_of(record, "doi")
    return f"https://doi.org/{doi}" if doi else site.permanent(record.id)


def _container(record: DatasetRecord, language: str) -> str:
    """The journal or the collection that it is part of, as far as it has a title."""
    whole = (one for one in record.relations if one.kind in ("IsPartOf", "IsPublishedIn") and one.title)
    return next((_in(one.title, language) for one in whole), "")


def _key(record: DatasetRecord) -> str:
    """A key for references: ASCII, the same as long as the slug is."""
    return record.slug or str(record.id)
