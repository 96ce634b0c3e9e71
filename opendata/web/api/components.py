"""The schemas of /api/v1 by name, made from the shapes; OpenAPI refers to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import is_dataclass
from typing import Any

from opendata.catalog.values import PartialDate
from opendata.web.api.shapes import Schema, hints, optional, required, schema_of

MADE: dict[str, Schema] = {}
"""Every component so far."""

MOST_ITEMS = {"resources": 1000, "contributors": 500, "keywords": 200, "relations": 200, "extras": 200}


def ref(kind: Any) -> Schema:
    """A reference to what is given out: every field is there, and no other."""
    return _ref(kind, _name(kind), inwards=False)


def part(kind: Any) -> Schema:
    """A reference to what is given out where the asker chooses among the fields."""
    whole = ref(kind)
    schema = {name: value for name, value in MADE[_name(kind)].items() if name not in ("required", "description")}
    some = named(f"{_name(kind)}Fields", {"description": "The fields that were asked for.", **schema})
    return {"anyOf": [whole, some]}


def given(kind: Any, shown: Collection[str] = ()) -> Schema:
    """A reference to what is taken: fields that have a default may be left out. `shown` are those that are passed over
    where they are sent back as they were given.
    """
    name = _inward_name(kind)
    found = _ref(kind, name, inwards=True)
    for field in sorted(shown):
        MADE[name]["properties"].setdefault(field, {"description": "Only shown; passed over."})
    return found


def patch(kind: Any) -> Schema:
    """A reference to a merge patch of what is taken: every field may be left out, and null empties it."""
    name = _name(kind).removesuffix("Given") + "Patch"
    if name not in MADE:
        MADE[name] = {}
        fields = {field: _nullable(_patched(kind, field, how)) for field, how in hints(kind)}
        MADE[name] = {"type": "object", "properties": fields, "additionalProperties": False}
    return {"$ref": f"#/components/schemas/{name}"}


def _patched(kind: Any, field: str, how: Any) -> Schema:
    how = optional(how) or how
    if is_dataclass(how) and how is not PartialDate:
        return patch(how)
    return NAMED.get((kind.__name__, field)) or _bounded(field, schema_of(how, given))


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _bounded(field: str, schema: Schema) -> Schema:
    most = MOST_ITEMS.get(field) if schema.get("type") == "array" else None
    return {**schema, "maxItems": most} if most else schema


NAME_OR_RECORD: Schema = {
    "description": "Slug or id, or the object that a record is shown with.",
    "anyOf": [
        {"type": "string", "maxLength": 200},
        {
            "type": "object",
            "properties": {"id": {"type": "string"}, "slug": {"type": "string"}},
        },
        {"type": "null"},
    ],
}
NAMED: dict[tuple[str, str], Schema] = {
    ("DatasetGiven", "organization"): NAME_OR_RECORD,
    ("StudyGiven", "organization"): NAME_OR_RECORD,
    ("OrganizationGiven", "parent"): NAME_OR_RECORD,
}
"""Fields that take more than their type says."""
PASSED_OVER = {"RelationGiven": ("target_slug",), "DeliverableGiven": ("dataset", "state")}


def named(name: str, schema: Schema) -> Schema:
    """A component that no dataclass stands for."""
    MADE[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def _name(kind: Any) -> str:
    return str(kind.__name__)


def _inward_name(kind: Any) -> str:
    return _name(kind).removesuffix("Given") + "Input"


def _ref(kind: Any, name: str, *, inwards: bool) -> Schema:
    if name not in MADE:
        MADE[name] = {}  # a shape may hold itself
        part = given if inwards else ref
        fields = {field: schema_of(how, part) for field, how in hints(kind)}
        schema: Schema = {"type": "object", "properties": fields, "additionalProperties": False}
        if inwards:
            for field in fields:
                fields[field] = NAMED.get((kind.__name__, field)) or _bounded(field, fields[field])
            fields |= {field: {"description": "Only shown; passed over."} for field in PASSED_OVER.get(_name(kind), ())}
        needed = list(required(kind)) if inwards else [field for field, _ in hints(kind)]
        if needed:
            schema["required"] = needed
        told = " ".join((kind.__doc__ or "").split())
        if told and not told.startswith(f"{kind.__name__}("):
            schema["description"] = told
        MADE[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


PROBLEM = named(
    "Problem",
    {
        "description": "What went wrong, after RFC 9457. `problems` names each thing that is wrong; `pointer` is a "
        "JSON Pointer into the body, in the form of a URI fragment, or empty.",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "problems"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "problems": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["code", "message", "field", "pointer", "severity"],
                    "properties": {
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                        "field": {"type": "string"},
                        "pointer": {"type": "string"},
                        "row": {"type": "string"},
                        "hint": {"type": "string"},
                        "severity": {"type": "string", "enum": ["error", "warning"]},
                        "value": {"type": "string"},
                    },
                },
            },
        },
    },
)
