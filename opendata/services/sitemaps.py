"""What sitemaps list: every public record, in files of PER_FILE."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from opendata.errors import NotFound
from opendata.services.catalogue import Catalogue
from opendata.store.queries import sitemap

KINDS = ("dataset", "study")
PER_FILE = 5_000
"""Records of one file: in three languages, each naming the others, they are some ten megabytes of the fifty allowed."""


def files(catalogue: Catalogue) -> Mapping[str, int]:
    """How many files each kind of record fills."""
    with catalogue.sessions.read() as session:
        return {kind: -(-sitemap.public_total(session, kind) // PER_FILE) for kind in KINDS}


def records(catalogue: Catalogue, kind: str, number: int) -> Sequence[tuple[str, dt.datetime]]:
    """Slug and last change of the records in file `number` (from 1) of that kind. NotFound where there is none."""
    with catalogue.sessions.read() as session:
        found = sitemap.public_slugs(session, kind, (number - 1) * PER_FILE, PER_FILE)
    if not found:
        raise NotFound(f"There is no sitemap {number} of {kind}.")
    return found


def agencies(catalogue: Catalogue) -> Sequence[str]:
    """The slugs of all active agencies."""
    with catalogue.sessions.read() as session:
        return sitemap.agency_slugs(session)
