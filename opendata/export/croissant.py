"""Croissant 1.1 (MLCommons): the files of a dataset, and the tables among them column by column, for machine learning.

Record sets are given for CSV and TSV in UTF-8 alone: the format has no word for other charsets and delimiters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Contributor
from opendata.export import bibtex
from opendata.export.columns import Kind, Table, table_of
from opendata.export.entry import Entry, EntryFile
from opendata.export.reference import AUTHORS
from opendata.export.site import Site

PROFILE = "http://mlcommons.org/croissant/1.1"
MOST_FILES = 500
"""Files of one dataset."""

_CONTEXT = {
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the specification gives (1.1, "Appendix 1"), without its language."""

_TYPES = {
    Kind.INTEGER: "sc:Integer",
    Kind.NUMBER: "sc:Float",
    Kind.DATE: "sc:Date",
    Kind.BOOLEAN: "sc:Boolean",
}
_UTF8 = ("utf-8", "utf-8-sig", "ascii")
_DELIMITERS = {",": "text/csv", "\t": "text/tab-separated-values"}


def write(entry: Entry, site: Site) -> bytes:
    """The metadata of the dataset."""
    return json.dumps(metadata(entry, site), ensure_ascii=False, indent=1).encode()


def metadata(entry: Entry, site: Site) -> dict[str, Any]:
    """The description; what is not known is left out. Files that nobody may have are not in it."""
    record = entry.record
    title = record.title.values()[0]
    files = [file for file in entry.available if _is_file(file)][:MOST_FILES]
    known = entry.verdict.license
    found = {
        "@context": {"@language": title.language or "en", **_CONTEXT},
        "@type": "sc:Dataset",
        "@id": site.permanent(record.id),
        "conformsTo": PROFILE,
        "name": title.value,
        "description": record.description.show(title.language).value or title.value,
        "url": site.dataset(record),
        "sameAs": [f"https://doi.org/{one.value}" for one in record.identifiers if one.scheme == "doi"],
        "license": (known.url if known else "") or record.license_id,
        "creator": _creators(record),
        "publisher": _publisher(record, site),
        "datePublished": str(record.issued or ""),
        "dateModified": str(record.modified or ""),
        "keywords": [word.text for word in record.keywords],
        "inLanguage": list(record.languages),
        "version": record.version,
        "citeAs": bibtex.write(entry, site).decode(),
        "distribution": [_file(file, entry, site) for file in files],
        "recordSet": list(_record_sets(files, entry)),
    }
    return {name: value for name, value in found.items() if value}


def _is_file(file: EntryFile) -> bool:
    """Whether it can be fetched and checked: a file without a checksum is none to Croissant."""
    resource = file.resource
    return bool(resource.stored or resource.download_url) and len(resource.checksum) == 64


def _creators(record: DatasetRecord) -> list[dict[str, str]]:
    return [_agent(one) for one in record.contributors if one.role in AUTHORS]


def _agent(who: Contributor) -> dict[str, str]:
    kind = "sc:Organization" if who.is_organization else "sc:Person"
    url = who.orcid_url or who.ror
    return {"@type": kind, "name": who.name, **({"url": url} if url else {})}


def _publisher(record: DatasetRecord, site: Site) -> dict[str, str]:
    if record.organization is None:
        return {}
    name = record.organization.title.show(record.title.original or "ru").value
    url = site.organization(record.organization)
    return {"@type": "sc:Organization", "name": name, **({"url": url} if url else {})}


def _file(file: EntryFile, entry: Entry, site: Site) -> dict[str, Any]:
    resource = file.resource
    table = _table(file, entry)
    made = {
        "@type": "cr:FileObject",
        "@id": f"file/{resource.id}",
        "name": resource.filename or resource.name.show("en").value or str(resource.id),
        "description": resource.description.show(entry.record.title.original or "ru").value,
        "contentUrl": site.download(entry.record, resource),
        "contentSize": f"{resource.byte_size} B" if resource.byte_size is not None else "",
        "encodingFormat": _DELIMITERS[table.delimiter] if table else resource.media_type or "application/octet-stream",
        "sha256": resource.checksum,
    }
    return {name: value for name, value in made.items() if value}


def _table(file: EntryFile, entry: Entry) -> Table | None:
    table = table_of(entry.tables.get(file.resource.id)) if file.resource.id else None
    return table if table and table.encoding in _UTF8 and table.delimiter in _DELIMITERS else None


def _record_sets(files: list[EntryFile], entry: Entry) -> Iterator[dict[str, Any]]:
    for file in files:
        if table := _table(file, entry):
            own = f"table/{file.resource.id}"
            yield {
                "@type": "cr:RecordSet",
                "@id": own,
                "name": file.resource.filename or own,
                "field": [_field(own, number, column, file) for number, column in enumerate(table.columns, start=1)],
            }


def _field(own: str, number: int, column: tuple[str, Kind], file: EntryFile) -> dict[str, Any]:
    name, kind = column
    return {
        "@type": "cr:Field",
        "@id": f"{own}/{number}",
        "name": name,
        "dataType": _TYPES.get(kind, "sc:Text"),
        "source": {"fileObject": {"@id": f"file/{file.resource.id}"}, "extract": {"column": name}},
    }
