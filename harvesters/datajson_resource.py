"""Maps the distributions of a dataset of data.json to files and links."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harvesters.access_rights import disclosure
from harvesters.ckan_values import Fields
from harvesters.datajson_own import OURS, pairs, role_of, sha256_of, stated_access, told
from harvesters.links import file_name, is_address
from harvesters.terms import when
from opendata.catalog import licenses, vocabularies
from opendata.catalog.records import ResourceRecord
from opendata.catalog.values import Disclosure, Extra
from opendata.errors import Problem

_MAPPED = frozenset([
    "@type", "@id", "title", "description", "downloadURL", "accessURL", "format", "mediaType",
    "license", "rights", "byteSize", "issued", "modified", "language", "accessRights", "accessLevel", "identifier",
    *OURS,
])  # fmt: skip
_NAMES = {"conformsTo": "conforms_to", "describedBy": "described_by", "describedByType": "described_by_type"}
_MAX_EXTRA = 5_000


def resources(
    values: Mapping[str, Any], access: Disclosure | None, warnings: list[Problem]
) -> tuple[ResourceRecord, ...]:
    """The files and links, each key once. What is no object is a warning; an address alone is a link."""
    found: dict[str, ResourceRecord] = {}
    for position, one in enumerate(_listed(values)):
        if isinstance(one, str) and is_address(one):
            one = {"accessURL": one}
        if not isinstance(one, dict):
            problem = "a distribution is no object"
            warnings.append(Problem("resource-unreadable", problem, "resources", str(position), severity="warning"))
            continue
        record = _resource(one, position, access, warnings)
        if record is not None:
            key = record.key if record.key not in found else f"{record.key}#{position}"
            found[key] = replace(record, key=key)
    return tuple(found.values())


def _listed(values: Mapping[str, Any]) -> Iterator[Any]:
    """`distribution`, be it a list or one object; and the links that 1.0 keeps in the dataset itself."""
    listed = values.get("distribution")
    yield from listed if isinstance(listed, list) else [] if listed in (None, "") else [listed]
    if values.get("accessURL"):
        yield {"accessURL": values["accessURL"], "format": values.get("format")}
    if values.get("webService"):
        yield {"accessURL": values["webService"], "format": "API"}


def _resource(
    values: Mapping[str, Any], position: int, access: Disclosure | None, warnings: list[Problem]
) -> ResourceRecord | None:
    fields = Fields(values)
    download, page = _address(fields.text("downloadURL")), _address(fields.text("accessURL"))
    if not any(value for key, value in values.items() if key != "@type"):
        return None  # templates that nobody filled in
    if not download and not page:
        given = fields.text("downloadURL", "accessURL")[:200]
        warnings.append(
            Problem("resource-address", f"no address: {given!r}", "resources", str(position), "", "warning", given)
        )
    name = fields.text("fileName")[:300] or file_name(download) or file_name(page)
    media_type = fields.text("mediaType")
    words = fields.words("license", "rights")
    matched = next((one for text in words if (one := licenses.match(text)) and one.id != licenses.NOT_SPECIFIED), None)
    own = stated_access(fields) or disclosure(
        fields.words("accessLevel", "accessRights"), fields.localized("rights", markup=True)
    )
    size = fields.text("byteSize")
    return ResourceRecord(
        key=(fields.text("@id", "identifier") or download or page or f"distribution {position}")[:1000],
        name=told(fields, "title"),
        description=told(fields, "description"),
        role=role_of(fields),
        position=position,
        filename=name,
        format=vocabularies.format_of(fields.text("format"), media_type, name) or fields.text("format")[:100],
        media_type=media_type.lower() if "/" in media_type and " " not in media_type else "",
        byte_size=int(size) if size.isascii() and size.isdecimal() and 0 < int(size[:19]) < 2**60 else None,
        checksum=sha256_of(fields),
        download_url=download,
        access_url="" if page == download else page,
        language=next(filter(None, map(vocabularies.language_code, fields.words("language"))), ""),
        license_id=matched.id if matched else "",
        license_text=fields.text("licenseText") or _words(fields, matched),
        issued=when(fields.text("issued"), "resources", warnings, str(position)),
        modified=when(fields.text("modified"), "resources", warnings, str(position)),
        disclosure=own or access or Disclosure(),
        extras=(*_extras(values), *pairs(fields)),
    )


def _words(fields: Fields, matched: licenses.License | None) -> str:
    """The source's own words for the licence: not its address, which says no more than its name does."""
    words = fields.words("license")
    return "" if matched and words == [matched.url] else "\n".join(words)


def _address(text: str) -> str:
    text = text.strip()
    return text.replace(" ", "%20") if is_address(text) else ""


def _extras(values: Mapping[str, Any]) -> tuple[Extra, ...]:
    found = []
    for key, value in values.items():
        if key not in _MAPPED and value not in (None, "", [], {}):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found.append(Extra(_NAMES.get(key, key)[:100], text[:_MAX_EXTRA]))
    return tuple(found)
