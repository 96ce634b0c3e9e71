"""What is due: embargoes that end, harvests, an index that is behind or of no use, files to be looked through, links to
be visited, changes to be put in order, jobs and uploads to be forgotten.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from opendata.catalog.records import TextStatus
from opendata.catalog.values import DisclosureStatus
from opendata.services import (
    ageing,
    alerts,
    content,
    demand,
    file_keeping,
    harvest_care,
    idempotency,
    index_check,
    kept_packages,
    linking,
    partials,
    proposals,
    proposing,
    queue,
    recounting,
    rereading,
    revisions,
    sequence,
    sources,
    tables_making,
    tidying,
    webhook_sending,
)
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import forgetting, partial
from opendata.store import queries
from opendata.store import queue as rows

logger = logging.getLogger(__name__)

KEEP_JOBS = dt.timedelta(days=7)


def tend(catalogue: Catalogue) -> None:
    """Do all of it once. Called every minute by every worker; a second call finds nothing to do.

    Each step is for itself: one that breaks is logged by its name, and the others are done.
    """
    for step in _steps():
        try:
            step(catalogue)
        except Exception:
            logger.exception("care broke at %s.%s", step.__module__.rpartition(".")[2], step.__name__)


def _steps() -> tuple[Callable[[Catalogue], object], ...]:
    return (
        open_due,
        sources.queue_due,
        harvest_care.queue_left_behind,
        index_check.queue_due_rebuild,
        recounting.queue_due,
        proposals.queue_due,
        tidying.queue_due,
        rereading.queue_due,
        ageing.queue_due,
        content.queue_unlooked,
        tables_making.queue_missing,
        tables_making.sweep,
        file_keeping.trim,
        linking.check_due,
        alerts.queue_due,
        partials.sweep,
        forgetting.tend,
        partial.sweep,
        sequence.tend,
        kept_packages.tend,
        webhook_sending.queue_due,
        idempotency.forget,
        revisions.thin,
        proposing.forget_returned,
        _forget,
    )


def _forget(catalogue: Catalogue) -> None:
    with catalogue.sessions.write.begin() as session:
        rows.forget(session, catalogue.now() - KEEP_JOBS)
        demand.forget(session, catalogue.today())


def open_due(catalogue: Catalogue) -> int:
    """Open the files whose embargo has ended: a new `metadata_modified`, an event, and their text into the index.

    They are read once more, for what they say about themselves; that was kept back while they were closed.

    Until this job comes by, the dates alone decide what a reader may have; see Disclosure.is_open. How many files.
    """
    with catalogue.sessions.read() as session:
        if not queries.resources_opening(session, dt.date.min, catalogue.today()):
            return 0
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        ended = queries.resources_opening(session, dt.date.min, catalogue.today())  # what no other worker has opened
        for dataset_id, resource_id in ended:
            resource = queries.resource_row(session, resource_id)
            before = resource.disclosure
            resource.disclosure = before.on(catalogue.today())
            resource.dataset.metadata_modified = now
            change = {"before": {"status": before.status}, "after": {"status": DisclosureStatus.OPEN}}
            note(session, SYSTEM, now, "resource", resource_id, "opened", **change)
            logger.info("embargo ended dataset=%s resource=%s", dataset_id, resource_id)
            if resource.text.status is not TextStatus.OCR:  # reading would put the empty pages of the scan in its place
                rows.enqueue(session, "read", {"resource": str(resource_id)}, now, lane=queue.Lane.READ)
        session.flush()
        queue.index_datasets(session, now, dict.fromkeys(dataset_id for dataset_id, _ in ended), prompt=False)
    return len(ended)
