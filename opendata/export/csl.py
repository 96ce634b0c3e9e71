"""CSL-JSON: what citation processors (citeproc) and reference managers take."""

from __future__ import annotations

import json
from typing import Any

from opendata.catalog.records import DatasetType
from opendata.catalog.values import PartialDate
from opendata.export.entry import Entry
from opendata.export.names import Name
from opendata.export.reference import Reference, reference
from opendata.export.site import Site

_TYPES = {
    DatasetType.DATASET: "dataset",
    DatasetType.REPORT: "report",
    DatasetType.ARTICLE: "article-journal",
    DatasetType.THESIS: "thesis",
    DatasetType.BOOK: "book",
    DatasetType.PRESENTATION: "speech",
    DatasetType.SOFTWARE: "software",
    DatasetType.MAP: "map",
    DatasetType.IMAGE: "graphic",
    DatasetType.AUDIOVISUAL: "motion_picture",
    DatasetType.LEGAL_ACT: "legislation",
}


def write(entry: Entry, site: Site) -> bytes:
    """A list with the record as its one item."""
    return json.dumps([item(reference(entry, site))], ensure_ascii=False, indent=1).encode()


def item(found: Reference) -> dict[str, Any]:
    """The reference as CSL 1.0.2 has it; what is not known is left out."""
    made = {
        "id": found.key,
        "type": _TYPES.get(found.type, "document"),
        "title": found.title,
        "author": [_name(name) for name in found.authors],
        "editor": [_name(name) for name in found.editors],
        "issued": _date(found.issued) if found.issued else None,
        "container-title": found.container,
        "publisher": found.institution,
        "number": found.number or found.register_number,
        "version": found.version,
        "genre": found.genre,
        "DOI": found.doi,
        "ISBN": found.isbn,
        "ISSN": found.issn,
        "URL": found.address,
        "archive": found.site,
        "abstract": found.abstract,
        "keyword": ", ".join(found.keywords),
        "language": found.language or next(iter(found.languages), ""),
    }
    return {name: value for name, value in made.items() if value}


def _name(name: Name) -> dict[str, str]:
    if name.literal:
        return {"literal": name.literal}
    return {"family": name.family, **({"given": name.given} if name.given else {})}


def _date(date: PartialDate) -> dict[str, Any]:
    return {"date-parts": [[part for part in (date.year, date.month, date.day) if part]]}
