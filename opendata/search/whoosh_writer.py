"""Changes the index: one commit per batch, beside which a build under way is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from whoosh.index import FileIndex

from opendata.errors import SearchUnavailable
from opendata.search import journal, whoosh_build
from opendata.search.analysis import default_analyser
from opendata.search.document import SearchDocument
from opendata.search.index import Keep
from opendata.search.journal import Change
from opendata.search.share import index_document
from opendata.search.whoosh_area import REBUILD, Area, empty_index
from opendata.search.whoosh_build import LENGTHS, Made
from opendata.search.whoosh_postings import BulkWriter

LOCK_SECONDS = 30.0
"""How long a writer waits for another one."""


def create(area: Area) -> None:
    """Make an empty index live where there is none."""
    with area.locked(LOCK_SECONDS):
        if not area.exists() and not area.under_way():
            folder = area.new_build()
            empty_index(folder)
            whoosh_build.write(folder, Made(area.fixed or default_analyser(), LENGTHS))
            area.make_live(folder)


def update(area: Area, documents: Iterable[SearchDocument], remove: Iterable[UUID], keep: Keep | None = None) -> int:
    """Write and remove in one commit; of several documents with one id the last counts."""
    fresh = {document.id: document for document in documents}
    gone = {*fresh, *remove}
    if not gone:
        return 0
    written = list(fresh.values())
    with area.locked(LOCK_SECONDS):
        live = area.live()
        made, opened = area.made(live), area.open(live)
        if build := area.under_way():
            journal.note(build, Change(written, gone))
        commit(opened, made, written, gone, keep)
        area.sweep()
    return len(written)


def commit(
    opened: FileIndex, made: Made, documents: Sequence[SearchDocument], gone: Iterable[UUID], keep: Keep | None
) -> None:
    """Remove `gone` and write `documents`, for the one who may write to this index."""
    writer = BulkWriter(opened)
    try:
        _delete(writer, gone)
        for document in documents:
            index_document(writer, document, made, keep)
    except BaseException:
        writer.cancel()
        raise
    writer.commit()


def _delete(writer: BulkWriter, ids: Iterable[UUID]) -> None:
    try:
        writer.delete_ids(list(ids))
    except (OSError, ValueError, KeyError) as error:
        raise SearchUnavailable(f"The search index cannot be read: {error}. {REBUILD}") from error
