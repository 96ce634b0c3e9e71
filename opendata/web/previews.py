"""The page of a record that is not in the catalogue yet, without the addresses that only being there would give it."""

from __future__ import annotations

from dataclasses import replace

from opendata.services.results import DatasetPage
from opendata.web.contexts import DatasetContext, FileRow
from opendata.web.records import dataset_context

UNNAMED = "preview"
"""Stands for the slug where addresses are made that are then left out."""


def unlinked(found: DatasetPage) -> DatasetContext:
    """The page as it would look."""
    made = dataset_context(replace(found, record=replace(found.record, slug=UNNAMED)))
    files = tuple(_file(row) for row in made.files)
    made = replace(made, url="", files=files, inside_url="", report_url="", permanent_url="")
    return replace(made, citations=(), exports=(), structured="")


def _file(row: FileRow) -> FileRow:
    linked = row.line.resource.download_url or row.line.resource.access_url
    return replace(row, read_url="", download_url=linked if row.download_url else "", can_read=False)
