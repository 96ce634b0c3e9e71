"""RIS, which EndNote, Zotero, Mendeley and library systems read: lines of a tag and a value, in UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterator

from opendata.catalog.records import DatasetType
from opendata.catalog.values import PartialDate
from opendata.export.entry import Entry
from opendata.export.names import Name
from opendata.export.reference import Reference, reference
from opendata.export.site import Site

_TYPES = {
    DatasetType.DATASET: "DATA",
    DatasetType.REPORT: "RPRT",
    DatasetType.ARTICLE: "JOUR",
    DatasetType.THESIS: "THES",
    DatasetType.BOOK: "BOOK",
    DatasetType.PRESENTATION: "SLIDE",
    DatasetType.SOFTWARE: "COMP",
    DatasetType.MAP: "MAP",
    DatasetType.IMAGE: "FIGURE",
    DatasetType.AUDIOVISUAL: "VIDEO",
    DatasetType.LEGAL_ACT: "STAT",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def write(entry: Entry, site: Site) -> bytes:
    """The record as one reference."""
    found = reference(entry, site)
    lines = [f"{tag}  - {text}" for tag, value in _fields(found) if (text := _line(value))]
    return "".join(f"{line}\r\n" for line in (*lines, "ER  - ")).encode()


def _fields(found: Reference) -> Iterator[tuple[str, str]]:
    yield "TY", _TYPES.get(found.type, "GEN")
    yield "ID", found.key
    yield "TI", found.title
    yield from (("AU", _name(name)) for name in found.authors)
    yield from (("ED", _name(name)) for name in found.editors)
    if found.issued:
        yield "PY", str(found.issued.year)
        yield "DA", _date(found.issued)
    yield "T2", found.container
    yield "PB", found.institution
    yield "M1", found.number or found.register_number
    yield "M3", found.genre
    yield "ET", found.version
    yield "SN", found.isbn or found.issn
    yield "DO", found.doi
    yield "UR", found.address
    yield "DP", found.site
    yield from (("LA", code) for code in found.languages)
    yield from (("KW", word) for word in found.keywords)
    yield "AB", found.abstract


def _name(name: Name) -> str:
    return name.literal or f"{name.family}, {name.given}".strip(", ")


def _date(date: PartialDate) -> str:
    """Year, month and day between slashes, which stay where a part is not known."""
    return f"{date.year:04}/{f'{date.month:02}' if date.month else ''}/{f'{date.day:02}' if date.day else ''}/"


def _line(value: str) -> str:
    """In one line: the next one would begin with a tag."""
    return _CONTROL.sub(" ", value).strip()
