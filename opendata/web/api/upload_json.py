"""Bulk uploads as JSON. Written out name by name: these names are promised to programs, whatever happens inside."""

from __future__ import annotations

import datetime as dt
from typing import Any

from opendata.catalog.values import Text
from opendata.services.uploads.results import ProblemLine
from opendata.services.uploads.viewing_results import HeadingLine, UploadLine, UploadPage, UploadRowLine

Json = dict[str, Any]


def upload_line(line: UploadLine) -> Json:
    """An upload in a list."""
    return {
        "id": str(line.id),
        "status": line.status,
        "filename": line.filename,
        "organization": {"slug": line.organization, "title": words(line.organization_title)},
        "person": line.person,
        "created": moment(line.created),
        "finished": moment(line.finished),
        "counts": dict(line.counts),
    }


def upload_page(found: UploadPage) -> Json:
    """An upload with its progress and what may be done with it now."""
    return {
        **upload_line(found.line),
        "message": found.message,
        "language": found.language,
        "byte_size": found.byte_size,
        "checked": moment(found.checked),
        "undone": moment(found.undone),
        "running": found.line.live or found.deciding,
        "stopping": found.stopping,
        "progress": {"done": found.done, "total": found.total},
        "rows": {
            "total": found.rows.total,
            "good": found.rows.good,
            "changing": found.rows.changing,
            "chosen": found.rows.chosen,
            "warned": found.rows.warned,
            "results": dict(found.rows.results),
        },
        "waiting": found.waits,
        "returned": found.returned,
        "reviewers": None if found.reviewers is None else list(found.reviewers),
        "actions": sorted(found.may),
    }


def row(line: UploadRowLine) -> Json:
    """A row with what it would change, or did, and its problems."""
    return {
        "id": line.id,
        "sheet": line.sheet,
        "row": line.row,
        "kind": line.kind,
        "identifier": line.identifier,
        "title": line.title,
        "result": line.result,
        "errors": line.errors,
        "warnings": line.warnings,
        "chosen": line.chosen,
        "slug": line.slug,
        "changes": [{"field": one.field, "before": one.before, "after": one.after} for one in line.changes],
        "problems": [problem(one) for one in line.problems],
    }


def problem(line: ProblemLine) -> Json:
    """One thing that is wrong, and where."""
    return {
        "severity": line.severity,
        "code": line.code,
        "sheet": line.sheet,
        "row": line.row,
        "cell": line.cell,
        "column": line.column,
        "value": line.value,
        "message": line.message,
        "hint": line.hint,
    }


def headings(lines: tuple[HeadingLine, ...]) -> Json:
    """{kind: {heading: column}}, as POST …/check takes it."""
    sheets: Json = {}
    for line in lines:
        sheets.setdefault(line.kind, {})[line.heading] = line.column
    return sheets


def words(text: Text) -> dict[str, str]:
    """A text by language; "und" where that is not known (BCP 47)."""
    return {one.language or "und": one.value for one in text.values()}


def moment(when: dt.datetime | None) -> str | None:
    """An instant in UTC, as RFC 3339 has it."""
    return None if when is None else when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
