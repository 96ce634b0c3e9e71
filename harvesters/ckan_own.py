"""Packages that a catalogue of our own gives: nothing is guessed, since their extras say what each field is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harvesters.links import is_address
from opendata.catalog import vocabularies
from opendata.catalog.ckan_extras import (
    ONLY_TOLD,
    PROFILE,
    PROFILE_KEY,
    dataset_extensions,
    read,
    resource_extensions,
    text_in,
    text_of,
)
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Extra, Keyword, OrganizationRef, Period, Relation, Text
from opendata.errors import Problem

_RESOURCE_CORE = frozenset(
    [
        "cache_last_updated", "cache_url", "created", "description", "description_translated", "format", "hash", "id",
        "last_modified", "metadata_modified", "mimetype", "mimetype_inner", "name", "name_translated", "package_id",
        "position", "resource_type", "size", "state", "url", "url_type", "datastore_active",
    ]
)  # fmt: skip


def is_ours(package: Mapping[str, Any]) -> bool:
    """Whether the package says that its extras are of our making."""
    return _said(package).get(PROFILE_KEY) == PROFILE


def own_record(record: DatasetRecord, package: Mapping[str, Any], warnings: list[Problem]) -> DatasetRecord:
    """`record`, as it was guessed, with every field as our catalogue means it."""
    said = _said(package)
    plain = DatasetRecord(
        title=_text(package, "title") or record.title,
        identifier=record.identifier,
        description=_text(package, "notes"),
        keywords=tuple(Keyword(str(tag["name"])) for tag in _dicts(package, "tags") if tag.get("name")),
        themes=_themes(package),
        organization=_organization(package, record.organization),
        license_id=str(package.get("license_id") or ""),
        temporal=Period(),
        landing_page=record.landing_page,
        version=str(package.get("version") or ""),
        relations=_relations(said),
        resources=tuple(_resource(one, number, warnings) for number, one in enumerate(_dicts(package, "resources"))),
    )
    found, wrong = read(plain, said, dataset_extensions())
    warnings += [_warning(key, reason) for key, reason in wrong.items()]
    kept = {key: value for key, value in said.items() if key in wrong or not _is_ours(key)}
    return replace(found, extras=tuple(Extra(key, value) for key, value in kept.items()))


def _is_ours(key: str) -> bool:
    return key in ONLY_TOLD or key in dataset_extensions()


def _warning(key: str, reason: str, row: str = "") -> Problem:
    return Problem("value-unreadable", f"{key}: {reason}", "extras", row, severity="warning")


def _said(package: Mapping[str, Any]) -> dict[str, str]:
    """The extras as texts, the first of each key."""
    found: dict[str, str] = {}
    for one in _dicts(package, "extras"):
        key, value = one.get("key"), one.get("value")
        if isinstance(key, str) and isinstance(value, str):
            found.setdefault(key, value)
    return found


def _dicts(values: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    listed = values.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _text(values: Mapping[str, Any], name: str) -> Text:
    """The text with its languages where it has some, else the one that it is shown in."""
    said = values.get(f"{name}_translated")
    if isinstance(said, dict) and all(isinstance(one, str) for one in said.values()):
        return text_of(said)
    return Text(other=str(values.get(name) or ""))


def _themes(package: Mapping[str, Any]) -> tuple[str, ...]:
    codes = vocabularies.codes("theme")
    return tuple(str(one["name"]) for one in _dicts(package, "groups") if one.get("name") in codes)


def _organization(package: Mapping[str, Any], guessed: OrganizationRef | None) -> OrganizationRef | None:
    given = package.get("organization")
    if guessed is None or not isinstance(given, dict):
        return guessed
    return OrganizationRef(
        slug=str(given.get("name") or ""),
        title=_text(given, "title"),
        identifier=str(given.get("identifier") or ""),
        description=_text(given, "description") if given.get("description_translated") else Text(),
        parent=str(given.get("parent") or "") or guessed.parent,
        homepage=str(given.get("homepage") or ""),
    )


def _relations(said: Mapping[str, str]) -> tuple[Relation, ...]:
    try:
        listed = json.loads(said.get("relations", "[]"))
        return tuple(Relation(str(one["kind"]), str(one["target"]), title=text_in(str(one["title"]))) for one in listed)
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()


def _resource(values: Mapping[str, Any], position: int, warnings: list[Problem]) -> ResourceRecord:
    url = str(values.get("url") or "")
    size = values.get("size")
    plain = ResourceRecord(
        key=str(values.get("id") or "") or url or f"resource {position}",
        name=_text(values, "name") if values.get("name_translated") else Text(),
        description=_text(values, "description") if values.get("description_translated") else Text(),
        position=position,
        format=str(values.get("format") or ""),
        media_type=str(values.get("mimetype") or ""),
        byte_size=size if type(size) is int and size >= 0 else None,
        download_url=url if is_address(url) else "",
        checksum=str(values.get("hash") or ""),
    )
    said = {key: value for key, value in values.items() if isinstance(value, str)}
    found, wrong = read(plain, said, resource_extensions())
    warnings += [_warning(key, reason, str(position)) for key, reason in wrong.items()]
    if found.access_url == found.download_url:
        found = replace(found, download_url="")
    kept = {key: value for key, value in values.items() if key in wrong or key not in _known()}
    return replace(found, extras=tuple(Extra(key, _as_text(value)) for key, value in kept.items() if value))


def _known() -> frozenset[str]:
    return _RESOURCE_CORE | resource_extensions().keys()


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
