"""Maps a resource of a CKAN package to a file or link."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from harvesters.ckan_values import Fields
from harvesters.links import file_name, is_address
from harvesters.terms import sha256_in, when
from opendata.catalog import licenses, vocabularies
from opendata.catalog.records import ResourceRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Extra
from opendata.errors import Problem

_CORE = frozenset(
    [
        "cache_last_updated",
        "cache_url",
        "created",
        "datastore_active",
        "datastore_contains_all_records_of_source_file",
        "description",
        "description_translated",
        "format",
        "hash",
        "id",
        "last_modified",
        "metadata_modified",
        "mimetype",
        "mimetype_inner",
        "name",
        "name_translated",
        "package_id",
        "position",
        "resource_type",
        "size",
        "state",
        "url",
        "url_type",
        "revision_id",
        "tracking_summary",
        "archiver",
        "qa",
        "extras",
        "resource_group_id",
        "revision_timestamp",
    ]
)
_SERVICES = frozenset({"api", "service", "wms", "wfs", "wmts", "wcs", "arcgis", "esri rest", "ogc", "rest", "soap"})
_MAX_EXTRA = 5_000


def resource_record(values: Mapping[str, Any], position: int, portal: str, warnings: list[Problem]) -> ResourceRecord:
    """The file or link that `values` describe; a part that cannot be read is a warning, never a loss of the rest."""
    fields = Fields(values)
    url = _address(fields.text("download_url", "url"), portal)
    page = _address(fields.text("access_url"), portal)
    if not url and not page:
        warnings.append(
            Problem("resource-address", f"no address: {fields.text('url')[:200]!r}", "resources", str(position),
                    severity="warning")
        )  # fmt: skip
    media_type = fields.text("mimetype", "mimetype_inner")
    format_text = "" if fields.text("format") == "null" else fields.text("format")
    name = file_name(url)
    format_name = vocabularies.format_of(format_text, "" if media_type == "null" else media_type, name)
    is_service = format_text.lower() in _SERVICES or fields.text("resource_type").lower() == "service"
    own_license = fields.text("license", "license_id", "rights")
    matched = licenses.match(own_license) if own_license else None
    return ResourceRecord(
        key=fields.text("id") or url or page or f"resource {position}",
        name=fields.localized("name_translated", "title_translated", "name", "title"),
        description=fields.localized("description_translated", "description", markup=True),
        position=position,
        filename=name,
        format=format_name or format_text,
        media_type=media_type if "/" in media_type else "",
        byte_size=_size(fields.first("size", "byte_size")),
        download_url="" if is_service else url,
        access_url=(page or url) if is_service or not url else "" if page == url else page,
        checksum=sha256_in(fields.text("hash")),
        language=next(filter(None, map(vocabularies.language_code, fields.words("language"))), ""),
        license_id=matched.id if matched else "",
        license_text=own_license,
        issued=when(fields.text("issued", "created"), "resources", warnings, str(position)),
        modified=when(fields.text("modified", "last_modified"), "resources", warnings, str(position)),
        disclosure=_disclosure(fields),
        extras=_extras(values, fields),
    )


def _address(text: str, portal: str) -> str:
    """An address, completed by the portal's where it is a path; "" for what is none."""
    text = text.strip()
    if text.startswith("/") and not text.startswith("//"):
        text = urljoin(portal + "/", text)
    elif text.startswith("//"):
        text = "https:" + text
    return text.replace(" ", "%20") if is_address(text) else ""


def _size(value: Any) -> int | None:
    """Bytes, from a number or from "12345"; None for "1.2 MB" and the like, which are no counts."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        size = int(value)
    except (ValueError, OverflowError):
        return None
    return size if 0 < size < 2**60 else None


def _disclosure(fields: Fields) -> Disclosure:
    """Closed where the portal keeps the file for some of its users (ckanext-restricted)."""
    levels = [str(one.get("level") or "") for one in fields.dicts("restricted")]
    level = next(iter(levels), fields.text("restricted_level"))
    return Disclosure(DisclosureStatus.WITHHELD) if level not in ("", "public") else Disclosure()


def _extras(values: Mapping[str, Any], fields: Fields) -> tuple[Extra, ...]:
    """What the portal adds to the standard fields, and its hash where that is no SHA-256."""
    kept = {key: value for key, value in values.items() if key not in _CORE} | fields.extras
    if fields.text("hash") and not sha256_in(fields.text("hash")):
        kept["hash"] = fields.text("hash")
    found = []
    for key, value in kept.items():
        if value not in (None, "", [], {}, "null"):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found.append(Extra(str(key)[:100], text[:_MAX_EXTRA]))
    return tuple(found)
