"""The OpenAPI 3.1 document of /api/v1, made from the table of operations."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from opendata import __version__
from opendata.web.api import components
from opendata.web.api.contract import MOST_VALUES, Operation, Parameter, Table
from opendata.web.api.serving import KEY
from opendata.web.api.shapes import Json, Schema

TAGS = {
    "search": "What stands in titles, descriptions and inside files.",
    "datasets": "Catalogue entries of every type: reports, data, articles, software.",
    "resources": "Files and links of a dataset.",
    "studies": "The register of commissioned studies.",
    "organizations": "Agencies.",
    "members": "Who belongs to an agency.",
    "audit": "Who did what.",
    "sources": "What is harvested, for those who have a desk.",
    "jobs": "Runs of sources, and what was wrong with their records.",
    "uploads": "Bulk uploads: a table with or without its files.",
    "matches": "Records that may be one.",
    "held": "Files that are held back, and the answers for them.",
    "reports": "What readers reported, and what was answered.",
    "links": "Links of records, and what the looks at them found.",
    "alerts": "Who is told when something failed.",
    "lists": "Licences and vocabularies.",
    "events": "What happened since a cursor.",
    "webhooks": "Being told of what happens.",
    "work": "What waits for who asks.",
    "account": "One's own account.",
    "about": "The API itself.",
}
PROBLEM_TYPE = "application/problem+json"
OWN_PHRASES = {460: "Checksum Mismatch"}
IDEMPOTENCY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Names the request, so that its repetition within 24 hours gets the same answer and does nothing.",
    "schema": {"type": "string", "pattern": KEY},
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that the record must still have; else 412, and nothing is done.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "An ETag that is known already: 304 without a body where it still holds.",
    "schema": {"type": "string"},
}


def document(table: Table, *, title: str, url: str, contact: str = "") -> Json:
    """The document for the site of that name at that address."""
    paths: dict[str, Json] = {}
    for op in table.operations:
        paths.setdefault(f"/api/v1{op.path}", {})[op.method.lower()] = _operation(op)
    about = "Everything that the pages show and can do, for programs. See /api/docs for examples."
    info: Json = {"title": f"{title} API", "version": "1", "description": about, "x-software-version": __version__}
    if contact:
        info["contact"] = {"email": contact}
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": info,
        "servers": [{"url": url}],
        "tags": [
            {"name": name, "description": told}
            for name, told in TAGS.items()
            if any(op.tag == name for op in table.operations)
        ],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.MADE.items())),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API token of your account, made by `opendata token create`.",
                }
            },
        },
    }


def _operation(op: Operation) -> Json:
    found: Json = {
        "operationId": op.id,
        "tags": [op.tag],
        "summary": op.summary,
        "security": [{"token": []}] if op.signed_in else [{}, {"token": []}],
        "responses": _responses(op),
    }
    if told := _description(op):
        found["description"] = told
    parameters = [_parameter(one) for one in op.parameters]
    if op.elsewhere:
        pass
    elif op.reads:
        parameters += [IF_NONE_MATCH]
    elif op.signed_in:
        parameters += [IDEMPOTENCY, *([IF_MATCH] if op.versioned else [])]
    if parameters:
        found["parameters"] = parameters
    if op.body is not None:
        content = {kind: {"schema": schema} for kind, schema in op.body.content.items()}
        if op.body.example is not None:
            for one in content.values():
                one["example"] = op.body.example
        found["requestBody"] = {"required": op.body.required, "content": content}
        if op.body.description:
            found["requestBody"]["description"] = op.body.description
    return found


def _description(op: Operation) -> str:
    told = [op.description] if op.description else []
    if op.right is not None:
        told.append(f"Needs the right to {op.right.value}.")
    return " ".join(told)


def _parameter(one: Parameter) -> Json:
    schema: Schema = {name: value for name, value in one.schema.items() if not name.startswith("x-")}
    if one.many or one.commas:
        schema = {"type": "array", "items": schema, "maxItems": MOST_VALUES}
    if one.commas:
        schema["minItems"] = 1
    if one.default not in (None, ""):
        schema["default"] = one.default
    found: Json = {"name": one.name, "in": one.place, "description": one.description, "schema": schema}
    if one.required or one.place == "path":
        found["required"] = True
    if one.many:
        found |= {"style": "form", "explode": True}
    if one.commas:
        found |= {"style": "form", "explode": False}
    return found


def _responses(op: Operation) -> Json:
    good: Json = {"description": HTTPStatus(op.status).phrase, "headers": _headers(op)}
    if op.gives is not None:
        good["content"] = {op.media_type: {"schema": op.gives}}
    found: Json = {str(status): good for status in (op.status, *op.also)}
    if op.waiting is not None:
        found["202"] = {
            "description": "The agency reviews what is public: the change waits for a reviewer.",
            "headers": {**_headers(op), "Location": {"description": "Where it waits.", "schema": {"type": "string"}}},
            "content": {op.media_type: {"schema": op.waiting}},
        }
    for status in sorted(_failures(op)):
        if status == 304:
            found["304"] = {"description": "What is known already still holds."}
        elif status == 414:
            found["414"] = {"description": "The address is longer than the server reads (some 8,000 bytes)."}
        elif str(status) not in found:
            found[str(status)] = {
                "description": OWN_PHRASES.get(status) or HTTPStatus(status).phrase,
                "content": {PROBLEM_TYPE: {"schema": components.PROBLEM}},
            }
    return found


def _headers(op: Operation) -> Json:
    text: Schema = {"type": "string"}
    found: Json = {}
    if op.status in (200, 201) and op.gives is not None:
        found["ETag"] = {"description": "Of this very answer; changes with the record.", "schema": text}
    if op.status in (201, 202):
        found["Location"] = {"description": "Where it is.", "schema": text}
    if any(one.name == "cursor" for one in op.parameters):
        found["Link"] = {"description": "The next answer, as rel=next.", "schema": text}
    found |= {name: {"schema": text} for name in op.headers}
    found["RateLimit"] = {"description": "What is left of the allowance.", "schema": text}
    found["RateLimit-Policy"] = {"description": "The allowance a minute.", "schema": text}
    return found


def _failures(op: Operation) -> set[int]:
    found = {400, 401, 414, 429, 503, *op.statuses}
    if op.reads:
        found |= set() if op.elsewhere else {304}
    else:
        found |= {403, 409, 422, 423}
    if op.right is not None:
        found |= {403}
    if re.search(r"\{", op.path):
        found |= {404}
    if op.body is not None:
        found |= {413, 415}
    if any(one.name == "cursor" for one in op.parameters):
        found |= {422}
    if op.versioned:
        found |= {412}
    return found


def names(data: Any) -> set[str]:
    """Every component that the document refers to."""
    return set(re.findall(r"#/components/schemas/([A-Za-z]+)", str(data)))
