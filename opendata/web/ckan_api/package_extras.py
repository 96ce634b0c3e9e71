"""The extras of a dataset as clients send them: what the record has fields for is read from them, the rest is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opendata.catalog.ckan_extras import (
    AS_WRITTEN,
    ONLY_TOLD,
    PROFILE_KEY,
    as_written,
    dataset_extensions,
    read,
    text_in,
)
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Extra, Relation, Text
from opendata.export import ckan
from opendata.export.site import Site
from opendata.web.ckan_api.package_fields import ANSWERED, FIELDS, PackageFields

Json = Any

NOT_WRITTEN = ("demo", "read_from_file")
"""Extras that tell what only the catalogue says."""
_BLANK = DatasetRecord(title=Text())
_COVERED = (
    "table_of_contents", "subjects", "performer", "license_text", "identifiers", "issued", "modified", "languages",
    "frequency", "temporal", "spatial", "bbox", "report_number",
)  # fmt: skip
"""Fields that stand in the extras alone, and go with them."""


def with_extras(given: PackageFields, made: DatasetRecord, shown: Mapping[str, Json]) -> DatasetRecord:
    """What stands in the extras, and in fields of other schemas, which go there as well."""
    beside = {key: _as_text(value) for key, value in given.data.items() if key not in FIELDS | ANSWERED}
    beside = {key: value for key, value in beside.items() if value and not key.startswith("__")}
    had = {one["key"]: one["value"] for one in shown.get("extras", ())}
    said = beside | _listed(given) if given.is_meant("extras") else had | beside
    if said == had and shown:
        return made
    return _written(given, made, said, had)


def _written(
    given: PackageFields, made: DatasetRecord, said: Mapping[str, str], had: Mapping[str, str]
) -> DatasetRecord:
    table = dataset_extensions()
    base, unread = made, dict[str, str]()
    if any(said.get(key, "") != had.get(key, "") for key in table):
        blank = {name: getattr(_BLANK, name) for name in _COVERED}
        fresh = {key: said[key] for key in table if key in said and key not in NOT_WRITTEN}
        base, unread = read(replace(made, **blank), fresh, table)
    if said.get("relations", "") != had.get("relations", ""):
        base = replace(base, relations=_relations(said.get("relations", ""), made.relations, given.site))
    told = ONLY_TOLD if PROFILE_KEY in said else frozenset((PROFILE_KEY,))
    if "bbox" not in said:  # then it is no other spelling of that
        told -= {"spatial"}
    hidden = (*table, *told)
    free = {key: value for key, value in said.items() if key not in hidden and not key.startswith(AS_WRITTEN)}
    kept = {
        key: value
        for key, value in as_written(made.extras).items()
        if key in ckan.WRITTEN_FIELDS or said.get(key) == value
    }
    kept |= {key: said[key] for key in unread}
    marked = {AS_WRITTEN + key: value for key, value in kept.items()}
    return replace(base, extras=tuple(Extra(key, value) for key, value in (free | marked).items()))


def _listed(given: PackageFields) -> dict[str, str]:
    found: dict[str, str] = {}
    told: list[dict[str, list[str]]] = []
    for one in given.data.objects("extras"):
        key, wrong = one.get("key"), {}
        if not isinstance(key, str) or not key.strip():
            wrong = {"key": ["Missing value"]}
        elif key in FIELDS or key in ANSWERED:
            wrong = {"key": ["There is a schema field with the same name"]}
        elif "value" not in one:
            wrong = {"value": ["Missing value"]}
        elif key in found:
            given.errors["extras_validation"] = [f'Duplicate key "{key[:100]}"']
        elif one["value"] is not None and not one.get("deleted"):
            found[key] = _as_text(one["value"])
        told.append(wrong)
    if any(told):
        given.errors["extras"] = told
    return found


def _as_text(value: Json) -> str:
    """The value of an extra: JSON where it is no text."""
    if value in (None, "", [], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _relations(said: str, before: tuple[Relation, ...], site: Site) -> tuple[Relation, ...]:
    """The relations that our own export told of, those of `before` as they are; none where it is something else."""
    known = {(one.kind, site.permanent(one.target_id) if one.target_id else one.target): one for one in before}
    try:
        listed = json.loads(said) if said else []
        told = [(str(one["kind"]), str(one.get("target", "")), str(one.get("title", ""))) for one in listed]
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()
    return tuple(
        known.get((kind, target)) or Relation(kind, target, title=_text_of(title)) for kind, target, title in told
    )


def _text_of(said: str) -> Text:
    try:
        return text_in(said)
    except ValueError:
        return Text(other=said)
