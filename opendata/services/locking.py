"""The row of a dataset for whoever changes it: read under the lock under which it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord
from opendata.errors import Conflict, NotFound
from opendata.services import datasets
from opendata.services.actors import Actor
from opendata.services.rewriting import stored_record
from opendata.services.rights import Right, demand_over
from opendata.store import queries
from opendata.store.datasets import Dataset


def readable(session: Session, actor: Actor, name: str) -> DatasetRecord:
    """The dataset as it stands, for one who may write to it. NotFound; NotAllowed."""
    row = locked(session, actor, name, lock=False)
    demand_over(actor, Right.EDIT_RECORDS, row.organization_id)
    return stored_record(row)


def locked(session: Session, actor: Actor, name: str, *, lock: bool = True) -> Dataset:
    """The row that `name` means (slug, id or former slug), which nobody else writes until the transaction ends.

    NotFound also for one that the actor may not know of.
    """
    found = queries.address(session, "dataset", name)
    if lock:
        queries.hold_dataset(session, found.id)
    rows = queries.dataset_rows(session, [found.id])
    if not rows or not datasets.is_visible(stored_record(rows[0]), actor):
        raise NotFound(f"There is no dataset called {name!r}.")
    if found.joined:
        raise Conflict(f"The dataset {name!r} was joined with {found.slug!r}. Write to that one.")
    return rows[0]


@contextmanager
def unique(what: str = "name or id") -> Iterator[None]:
    """Where the store refuses a second row of one name, somebody else was first. Conflict says so."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(f"Somebody else took this {what} at the same moment. Try it again.") from error
