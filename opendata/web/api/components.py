"""The schemas of /api/v1 by name, made from the shapes; OpenAPI refers to them."""

from __future__ import annotations

from typing import Any

from opendata.web.api.shapes import Schema, hints, required, schema_of

NAMES: dict[type, str] = {}
"""Names of dataclasses that are called otherwise outside."""
MADE: dict[str, Schema] = {}
"""Every component so far."""

MOST_ITEMS = {"resources": 1000, "contributors": 500, "keywords": 200, "relations": 200, "extras": 200}


def ref(kind: Any) -> Schema:
    """A reference to what is given out: every field is there, and no other."""
    return _ref(kind, _name(kind), inwards=False)


def given(kind: Any) -> Schema:
    """A reference to what is taken: fields that have a default may be left out."""
    return _ref(kind, _inward_name(kind), inwards=True)


def named(name: str, schema: Schema) -> Schema:
    """A component that no dataclass stands for."""
    MADE[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


def _name(kind: Any) -> str:
    return NAMES.get(kind) or str(kind.__name__)


def _inward_name(kind: Any) -> str:
    name = _name(kind)
    return name.removesuffix("Given") + "Input"


def _ref(kind: Any, name: str, *, inwards: bool) -> Schema:
    if name not in MADE:
        MADE[name] = {}  # a shape may hold itself
        part = given if inwards else ref
        fields = {field: schema_of(how, part) for field, how in hints(kind)}
        schema: Schema = {"type": "object", "properties": fields, "additionalProperties": False}
        if inwards:
            for field, most in MOST_ITEMS.items():
                if fields.get(field, {}).get("type") == "array":
                    fields[field] = {**fields[field], "maxItems": most}
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
