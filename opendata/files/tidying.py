"""Removes from a store what was begun and never ended, because the process was killed or the service was away."""

from __future__ import annotations

import datetime as dt
import logging

from opendata.files.storage import FileStore, Leftover

log = logging.getLogger(__name__)

STALE = dt.timedelta(days=1)
"""Longer than any upload lasts."""


def tidy(store: FileStore, now: dt.datetime, *, dry_run: bool = False) -> list[Leftover]:
    """Remove what is unfinished since more than a day; with `dry_run` only say what that is. The oldest first."""
    stale = sorted((one for one in store.leftovers() if one.since < now - STALE), key=lambda one: one.since)
    for one in stale if not dry_run else ():
        store.discard(one)
        log.info("removed what was left unfinished name=%s since=%s", one.name, one.since.isoformat())
    return stale
