"""What the pages of files show of their earlier versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from opendata.services.file_versions import FileVersion, Versions


@dataclass(frozen=True, slots=True)
class VersionRow:
    """An earlier version with the address where it stays ("" where nobody may have it)."""

    line: FileVersion
    url: str = ""


VersionRows = Mapping[UUID, tuple[VersionRow, ...]]
"""By the id of their file, the newest first."""


def version_rows(slug: str, versions: Versions) -> VersionRows:
    """The earlier versions of the files of the dataset `slug`."""
    return {key: rows_of(slug, key, lines) for key, lines in versions.items()}


def rows_of(slug: str, resource_id: UUID, lines: Iterable[FileVersion]) -> tuple[VersionRow, ...]:
    """Those of one file."""
    return tuple(VersionRow(one, _url(slug, resource_id, one) if one.available else "") for one in lines)


def _url(slug: str, resource_id: UUID, one: FileVersion) -> str:
    return url_for(
        "downloads.version", slug=slug, resource_id=resource_id, number=one.number, filename=one.filename or None
    )
