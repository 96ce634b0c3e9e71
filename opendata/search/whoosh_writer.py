"""Changes the index: one commit per batch, or a whole new build beside the live one."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from uuid import UUID

from whoosh.index import FileIndex

from opendata.errors import SearchUnavailable
from opendata.search.analysis import Analyser
from opendata.search.document import SearchDocument
from opendata.search.whoosh_area import REBUILD, Area
from opendata.search.whoosh_postings import BulkWriter
from opendata.search.whoosh_schema import whoosh_fields

LENGTHS = {"title": 12.0, "keywords": 8.0, "abstract": 90.0, "toc": 150.0, "other": 25.0, "body": 8000.0}
LOCK_SECONDS = 30.0
"""How long a writer waits for another one."""


def create(area: Area) -> None:
    """Make an empty index live where there is none."""
    with area.locked(LOCK_SECONDS):
        if not area.exists():
            folder, _empty = area.new_build()
            area.make_live(folder)


def update(area: Area, analyser: Analyser, documents: Iterable[SearchDocument], remove: Iterable[UUID]) -> int:
    """Write and remove in one commit; of several documents with one id the last counts."""
    fresh = {document.id: document for document in documents}
    gone = {*fresh, *remove}
    if not gone:
        return 0
    with area.locked(LOCK_SECONDS):
        opened = area.open(area.live())
        writer = BulkWriter(opened)
        try:
            _delete(writer, gone)
            for document in fresh.values():
                writer.add_document(**whoosh_fields(document, analyser, LENGTHS))
        except BaseException:
            writer.cancel()
            raise
        writer.commit()
        area.sweep()
    return len(fresh)


def rebuild(area: Area, analyser: Analyser, documents: Iterable[SearchDocument]) -> int:
    """Write a new build from a stream and make it live; until then, and on any error, the old one stays."""
    with area.locked(LOCK_SECONDS):
        area.sweep()
        folder, opened = area.new_build()
        try:
            count = _fill(opened, analyser, documents)
            area.make_live(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return count


def _fill(opened: FileIndex, analyser: Analyser, documents: Iterable[SearchDocument]) -> int:
    writer = BulkWriter(opened)
    seen: set[UUID] = set()
    try:
        for document in documents:
            if document.id not in seen:
                seen.add(document.id)
                writer.add_document(**whoosh_fields(document, analyser, LENGTHS))
    except BaseException:
        writer.cancel()
        raise
    writer.commit()
    return len(seen)


def _delete(writer: BulkWriter, ids: Iterable[UUID]) -> None:
    try:
        writer.delete_ids(list(ids))
    except (OSError, ValueError, KeyError) as error:
        raise SearchUnavailable(f"The search index cannot be read: {error}. {REBUILD}") from error
