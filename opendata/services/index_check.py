"""Keeps the index right: finds and mends what differs from the store, and has it rebuilt when it cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.errors import SearchUnavailable
from opendata.search.build import dataset_document, study_document
from opendata.search.index import AREAS
from opendata.services import indexing, queue, rereading
from opendata.services.catalogue import Catalogue
from opendata.services.indexing import REBUILD_JOB
from opendata.store import queries
from opendata.store.queue import enqueue, pending

logger = logging.getLogger(__name__)

FIRST = 10
"""Priority of a rebuild: nothing else can be written to an index that needs one."""

KINDS = ("missing", "surplus", "stale", "misplaced")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How index and store differ, in records.

    `missing`: they should be indexed and are not. `surplus`: they are and should not be. `stale`: they have changed
    since. `misplaced`: they are in the other area. `unread`: the text of one of their files is gone and must be read
    again before they can be compared. `indexed` is how many there are in all. `unusable`: why nothing could be compared
    and the index must be rebuilt; empty for an index that answers.
    """

    missing: int = 0
    surplus: int = 0
    stale: int = 0
    misplaced: int = 0
    unread: int = 0
    indexed: int = 0
    unusable: str = ""

    @property
    def differs(self) -> bool:
        """Whether there is anything to mend."""
        return any((self.missing, self.surplus, self.stale, self.misplaced, self.unread, self.unusable))


def compare(catalogue: Catalogue, *, repair: bool) -> Comparison:
    """Compare both areas of the index with the store; with `repair`, queue what mends them. No page text is read."""
    if repair:
        rereading.queue_lost(catalogue)
    if reason := unusable(catalogue):
        if repair:
            queue_rebuild(catalogue)
        return Comparison(unusable=reason)
    have = {area: catalogue.index.fingerprints(area=area) for area in AREAS}
    wanted: dict[str, dict[UUID, str]] = {area: {} for area in AREAS}
    studies: set[UUID] = set()
    unread = 0
    for record, fingerprint in _fingerprints(catalogue):
        if record.id and (area := indexing.area_of(record)):
            # It is indexed once its text is there again; without that it would be found by less than now.
            wanted[area][record.id] = have[area].get(record.id, "") if fingerprint is None else fingerprint
            unread += fingerprint is None
            if isinstance(record, StudyRecord):
                studies.add(record.id)
    found = _differences(wanted, have)
    off = set[UUID]().union(*found.values())
    if repair and off:
        with catalogue.sessions.write.begin() as session:
            now = catalogue.now()
            # What the store does not know at all is taken out under either name.
            queue.index_datasets(session, now, sorted(off - studies), prompt=False)
            queue.index_studies(session, now, sorted(off & studies))
    missing, surplus, stale, misplaced = (len(found[kind]) for kind in KINDS)
    return Comparison(missing, surplus, stale, misplaced, unread, indexed=sum(map(len, have.values())))


def _fingerprints(catalogue: Catalogue) -> Iterator[tuple[DatasetRecord | StudyRecord, str | None]]:
    """Every record of the store and the fingerprint that its document would have now, None where a text is gone."""
    today = catalogue.today()
    kept = rereading.kept(catalogue)
    with catalogue.sessions.read() as session:
        paths, groups = queries.organization_paths(session), queries.groups_of_datasets(session)
    for record in indexing.records(catalogue):
        ancestors = indexing.ancestors_of(record, paths)
        if isinstance(record, StudyRecord):
            document = study_document(record, ancestors, today)
        else:
            read = [one for one in indexing.with_text(record) if indexing.is_searched(one, today)]
            if any(one.text.pages_read and one.checksum not in kept for one in read):
                yield record, None
                continue
            files = tuple(indexing.file_text(resource, ()) for resource in read if resource.checksum in kept)
            document = dataset_document(record, ancestors, files, today, indexing.groups_of(record, groups))
        yield record, document.fingerprint().hex()


def _differences(wanted: dict[str, dict[UUID, str]], have: dict[str, dict[UUID, str]]) -> dict[str, set[UUID]]:
    """The ids that are off, by the names of Comparison."""
    found: dict[str, set[UUID]] = {name: set() for name in KINDS}
    for area, other in (AREAS, AREAS[::-1]):
        lacking = wanted[area].keys() - have[area].keys()
        found["misplaced"] |= lacking & have[other].keys()
        found["missing"] |= lacking - have[other].keys()
        both = wanted[area].keys() & have[area].keys()
        found["stale"] |= {key for key in both if wanted[area][key] != have[area][key]}
    for area in AREAS:
        found["surplus"] |= have[area].keys() - wanted[area].keys() - found["misplaced"]
    return found


def unusable(catalogue: Catalogue) -> str:
    """Why the index must be rebuilt before anything can be found in it; empty when it need not.

    An empty index of the public, where the store has records for it and nothing is queued, is one that was lost.
    """
    try:
        found = {area: catalogue.index.status(area=area) for area in AREAS}
        if not all(area.current for area in found.values()):
            return "The search index was made by another version of the program."
        catalogue.index.check()  # which meets files that are damaged; the figures come from no more than their names
    except SearchUnavailable as error:
        return error.message
    public, _ = AREAS
    if found[public].documents:
        return ""
    with catalogue.sessions.read() as session:
        records = any(ids(session, None, 1, public) for ids in (queries.dataset_ids_after, queries.study_ids_after))
        lost = records and not pending(session).get("index")
    return "The search index is empty and the store is not." if lost else ""


def queue_rebuild(catalogue: Catalogue) -> bool:
    """Queue a rebuild unless one is queued or under way; whether it was."""
    with catalogue.sessions.write.begin() as session:
        if pending(session).get(REBUILD_JOB):
            return False
        now = catalogue.now()
        enqueue(session, REBUILD_JOB, {}, now, lane=queue.Lane.INDEX, priority=FIRST, dedupe=REBUILD_JOB)
        return True


def queue_due_rebuild(catalogue: Catalogue) -> None:
    """Have the index rebuilt when it cannot be used."""
    if (reason := unusable(catalogue)) and queue_rebuild(catalogue):
        logger.warning("the index is to be rebuilt: %s", reason)


def rebuild_if_due(catalogue: Catalogue) -> None:
    """Rebuild the index if it still needs it; another process may have done so since the job was queued."""
    if reason := unusable(catalogue):
        logger.warning("rebuilding the index: %s", reason)
        rereading.queue_lost(catalogue)
        logger.warning("the index was rebuilt documents=%d", indexing.rebuild(catalogue))
