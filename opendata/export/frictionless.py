"""Frictionless Data Package 2.0: open files of a dataset with their checksums and, for CSV and TSV, their columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from opendata.catalog.normalise import slug
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Contributor
from opendata.export.charsets import charset_name
from opendata.export.columns import Kind, Table, table_of
from opendata.export.entry import Entry, EntryFile
from opendata.export.names import name_of
from opendata.export.site import Site

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
MOST_FILES = 1_000
"""Files of one package."""

_FIELDS: dict[Kind, dict[str, str]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.DECIMAL_COMMA: {"type": "number", "decimalChar": ","},
    Kind.DATE: {"type": "date"},
    Kind.DOTTED_DATE: {"type": "date", "format": "%d.%m.%Y"},
    Kind.BOOLEAN: {"type": "boolean"},
}


def write(entry: Entry, site: Site) -> bytes:
    """datapackage.json of the dataset."""
    return json.dumps(package(entry, site), ensure_ascii=False, indent=1).encode()


def package(entry: Entry, site: Site) -> dict[str, Any]:
    """The descriptor; what is not known is left out. Files that nobody may have, and pages, are no data."""
    record = entry.record
    title = record.title.values()[0]
    description = record.description.show(title.language)
    found = {
        "$schema": PROFILE,
        "name": record.slug,
        "id": site.permanent(record.id),
        "title": title.value,
        "description": description.value,
        "homepage": site.dataset(record),
        "version": record.version,
        "created": record.metadata_created.isoformat() if record.metadata_created else "",
        "keywords": list(dict.fromkeys(word.text for word in record.keywords)),
        "licenses": _licenses(entry.record.license_id, entry.verdict.license),
        "contributors": [*map(_contributor, record.contributors), *_publisher(record, site)],
        "sources": [{"title": record.landing_page, "path": record.landing_page}] if record.landing_page else [],
    }
    return {name: value for name, value in found.items() if value} | {"resources": list(_resources(entry, site))}


def _licenses(license_id: str, known: Any) -> list[dict[str, str]]:
    if not license_id:
        return []
    named = {"name": license_id} if re.fullmatch(r"[-a-zA-Z0-9._]+", license_id) else {}
    path = {"path": known.url} if known and known.url else {}
    return [{**named, **path, "title": known.title.show("en").value if known else license_id}]


def _contributor(who: Contributor) -> dict[str, Any]:
    name = name_of(who)
    made = {
        "title": who.name,
        "givenName": name.given,
        "familyName": name.family,
        "path": who.orcid_url or who.ror,
        "roles": [str(who.role)],
        "organization": who.affiliation,
    }
    return {key: value for key, value in made.items() if value}


def _publisher(record: DatasetRecord, site: Site) -> Iterator[dict[str, Any]]:
    if record.organization:
        title = record.organization.title.show(record.title.original or "ru").value
        path = site.organization(record.organization)
        yield {"title": title, "roles": ["publisher"], **({"path": path} if path else {})}


def _resources(entry: Entry, site: Site) -> Iterator[dict[str, Any]]:
    names: set[str] = set()
    data = (file for file in entry.available if file.resource.stored or file.resource.download_url)
    for number, file in enumerate(data, start=1):
        if number > MOST_FILES:
            return
        yield _resource(entry, file, site, _name(file, number, names))


def _name(file: EntryFile, number: int, taken: set[str]) -> str:
    """A name as packages want it, by which a program finds the file: of its own name, made unique."""
    stem = slug(file.resource.filename.rpartition(".")[0] or file.resource.name.show("en").value) or "file"
    name = stem if stem not in taken else f"{stem}-{number}"
    taken.add(name)
    return name


def _resource(entry: Entry, file: EntryFile, site: Site, name: str) -> dict[str, Any]:
    resource = file.resource
    table = table_of(entry.tables.get(resource.id)) if resource.id else None
    made = {
        "name": name,
        "path": site.download(entry.record, resource),
        "title": resource.name.show(entry.record.title.original or "ru").value or resource.filename,
        "description": resource.description.show(entry.record.title.original or "ru").value,
        "format": resource.format.lower(),
        "mediatype": resource.media_type,
        "bytes": resource.byte_size,
        "hash": f"sha256:{resource.checksum}" if len(resource.checksum) == 64 else "",
        "licenses": _licenses(resource.license_id, file.verdict.license) if resource.license_id else [],
        # Else programs take every CSV for a table whose first line is its header.
        **(_described(table) if table else {"type": "file"}),
    }
    return {key: value for key, value in made.items() if value not in ("", None, [])}


def _described(table: Table) -> dict[str, Any]:
    dialect = {"delimiter": table.delimiter} if table.delimiter != "," else {}
    return {
        "type": "table",
        "encoding": charset_name(table.encoding),
        **({"dialect": dialect} if dialect else {}),
        "schema": {"fields": [{"name": name, **_FIELDS[kind]} for name, kind in table.columns]},
    }
