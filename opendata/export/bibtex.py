"""BibTeX in UTF-8, as reference managers and biber read it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from opendata.catalog.records import DatasetType
from opendata.export.entry import Entry
from opendata.export.names import Name
from opendata.export.reference import Reference, reference
from opendata.export.site import Site

MOST_ABSTRACT = 5_000
"""Characters of an abstract: BibTeX itself reads no field of any length."""

_TYPES = {
    DatasetType.REPORT: "techreport",
    DatasetType.ARTICLE: "article",
    DatasetType.THESIS: "phdthesis",
    DatasetType.BOOK: "book",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BODY_FIELD = {"techreport": "institution", "phdthesis": "school", "book": "publisher", "article": "publisher"}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}
_ANY_SPECIAL = re.compile(r"[\\{}$&#%_^~]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def write(entry: Entry, site: Site) -> bytes:
    """The record as one entry."""
    found = reference(entry, site)
    kind = _TYPES.get(found.type, "misc")
    if kind == "article" and not found.container:
        kind = "misc"
    lines = [f"  {name} = {value}" for name, value in _fields(found, kind)]
    return (f"@{kind}{{{found.key},\n" + ",\n".join(lines) + "\n}\n").encode()


def _fields(found: Reference, kind: str) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{{{_text(found.title)}}}}}"
    for name, people in (("author", found.authors), ("editor", found.editors)):
        if people:
            yield name, f"{{{' and '.join(map(_name, people))}}}"
    if found.issued:
        yield "year", f"{{{found.issued.year}}}"
    if found.issued and found.issued.month:
        yield "month", _MONTHS[found.issued.month - 1]
    given = {
        _BODY_FIELD.get(kind, "publisher"): found.body if kind == "book" else found.institution,
        "journal": found.container if kind == "article" else "",
        "booktitle": found.container if kind != "article" else "",
        "number": found.number or found.register_number,
        "version": found.version,
        "howpublished": found.genre if kind == "misc" else "",
        "isbn": found.isbn,
        "issn": found.issn,
        "keywords": ", ".join(found.keywords),
        "abstract": found.abstract[:MOST_ABSTRACT],
        "language": ", ".join(found.languages),
    }
    for name, value in given.items():
        if value:
            yield name, f"{{{_text(value)}}}"
    # Addresses are taken as they stand, by \url and by every reader.
    if found.doi:
        yield "doi", f"{{{_address(found.doi)}}}"
    yield "url", f"{{{_address(found.address)}}}"


def _name(name: Name) -> str:
    if name.literal or not name.given:
        return f"{{{_text(name.literal or name.family)}}}"
    return f"{_text(name.family)}, {_text(name.given)}"


def _text(value: str) -> str:
    """`value` in one line, with nothing in it that TeX would run."""
    return _ANY_SPECIAL.sub(lambda found: _SPECIAL[found[0]], _CONTROL.sub(" ", value)).strip()


def _address(value: str) -> str:
    return re.sub(r"[{}\\\s]", lambda found: f"%{ord(found[0]):02X}", value)
