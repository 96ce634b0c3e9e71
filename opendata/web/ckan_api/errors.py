"""Failures as CKAN's clients know them: a kind that decides which exception ckanapi raises, and the words beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opendata import errors
from opendata.search.boolean import SearchQueryError

FIELDS = {
    "title": "title",
    "slug": "name",
    "description": "notes",
    "keywords": "tags",
    "landing_page": "url",
    "organization": "owner_org",
    "license_id": "license_id",
    "contacts": "maintainer",
    "contributors": "author",
}
"""What CKAN calls a field of ours; all others keep their name."""

KINDS: tuple[tuple[type[errors.CatalogueError], str, int], ...] = (
    (errors.NotFound, "Not Found Error", 404),
    (errors.Moved, "Not Found Error", 404),
    (errors.Gone, "Not Found Error", 404),
    (errors.NotAllowed, "Authorization Error", 403),
    (errors.Invalid, "Validation Error", 409),
    (errors.Conflict, "Validation Error", 409),
    (errors.TooLarge, "Validation Error", 413),
    (errors.TooMany, "Rate Limit Error", 429),
    (errors.SearchUnavailable, "Search Connection Error", 503),
    (errors.Unavailable, "Internal Server Error", 503),
    (errors.CatalogueError, "Internal Server Error", 500),
)
"""Error, `__type`, status; the first that fits."""


class ValidationError(errors.Invalid):
    """What was sent breaks rules: {field: [message, …]}, for lists of objects {field: [{}, {field: [message]}]}."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__("; ".join(f"{key}: {_flat(value)}" for key, value in details.items()))
        self.details = dict(details)


class SearchError(errors.Invalid):
    """The search was understood and cannot be made so (409)."""


class BadRequest(Exception):
    """No call at all: answered with 400 and a JSON string, as CKAN does."""


def missing(*names: str) -> ValidationError:
    """The error for parameters that must be given."""
    return ValidationError({name: ["Missing value"] for name in names})


def body_of(error: errors.CatalogueError) -> tuple[int, dict[str, Any]]:
    """Status and the `error` object of an answer."""
    if isinstance(error, ValidationError):
        return 409, {**error.details, "__type": "Validation Error"}
    if isinstance(error, SearchQueryError):
        return 400, {"message": f"Search Query is invalid: {error.message}", "__type": "Search Query Error"}
    if isinstance(error, SearchError):
        return 409, {"message": error.message, "__type": "Search Error"}
    kind, status = next((kind, status) for cls, kind, status in KINDS if isinstance(error, cls))
    if isinstance(error, errors.Invalid) and error.problems:
        return status, {**_by_field(error.problems), "__type": kind}
    prefix = {404: "Not found", 403: "Access denied"}.get(status, "")
    return status, {"message": f"{prefix}: {error.public}" if prefix else error.public, "__type": kind}


def _by_field(problems: Sequence[errors.Problem]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(FIELDS.get(problem.field, problem.field) or "message", []).append(problem.told)
    return found


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_flat(one) for one in value if one)
    return str(value)
