"""Once a day, what was begun and never ended is removed: from the file store, and of the copies that are worked on."""

from __future__ import annotations

import shutil
from contextlib import suppress

from opendata.files import tidying
from opendata.services import daily
from opendata.services.catalogue import Catalogue
from opendata.services.partials import PREFIX

JOB = "tidy"


def queue_due(catalogue: Catalogue) -> None:
    """Queue the job, unless it was queued within a day."""
    daily.queue(catalogue, JOB)


def tidy(catalogue: Catalogue) -> int:
    """Remove it. How many there were; Unavailable where the store is away."""
    return _tidy_scratch(catalogue) + len(tidying.tidy(catalogue.files, catalogue.now()))


def _tidy_scratch(catalogue: Catalogue) -> int:
    """Files on their way to or from the store have a folder each, which a killed process leaves behind.

    Files that are half here have a time of their own: see partials.sweep.
    """
    oldest = (catalogue.now() - tidying.STALE).timestamp()
    removed = 0
    for path in (catalogue.config.home / "incoming").glob("*"):
        with suppress(FileNotFoundError):  # its work has ended at this moment
            if path.is_dir() and not path.name.startswith(PREFIX) and path.stat().st_mtime < oldest:
                shutil.rmtree(path, ignore_errors=True)
                removed += 1
    return removed
