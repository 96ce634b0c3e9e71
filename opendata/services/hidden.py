"""Which records an index that is behind may still name although nobody may see them, or all of them, any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf
from typing import Any

from sqlalchemy import CompoundSelect, exists, func, not_, or_, select, union_all

from opendata.search.index import Outdated
from opendata.store.base import Sessions
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import Job
from opendata.store.queries.visible import is_closed, is_visible
from opendata.store.register import Study
from opendata.store.states import JobStatus

UNDONE = (JobStatus.NEW, JobStatus.IN_PROGRESS, JobStatus.ERROR)


@dataclass
class _Answer:
    """What is known while one answer is made: the version of the site (services.versions), "" until it was asked."""

    version: str = ""
    found: dict[Hidden, Outdated] = field(default_factory=dict)


_answer: ContextVar[_Answer | None] = ContextVar("answer", default=None)


@contextmanager
def one_answer() -> Iterator[None]:
    """Within it, what is hidden is looked up once, however often the index is asked: it is meant for one answer."""
    if _answer.get() is not None:
        yield
        return
    token = _answer.set(_Answer())
    try:
        yield
    finally:
        _answer.reset(token)


def as_of(version: str) -> None:
    """The site is of this version, or of a later one: what was hidden then need not be looked up for this answer."""
    answer = _answer.get()
    if answer is not None:
        answer.version = version


class Hidden:
    """Looks up what the index must leave out of hits, counts, facets and suggestions at this moment.

    Records that were withdrawn or hidden since the oldest job of the index that is not done, so that a worker that is
    slow, or does not run, holds back nothing of a withdrawal. And, as they were before their last change, the datasets
    changed since then that have a file which is not open now: its words are in the index if it was open before.
    """

    def __init__(self, sessions: Sessions, today: Callable[[], dt.date]) -> None:
        self._sessions = sessions
        self._today = today
        self._last: tuple[str, Outdated] = ("", {})

    def __call__(self) -> Outdated:
        """One SELECT, or none where this answer has asked already, or another of the same version of the site."""
        answer = _answer.get()
        if answer is None:
            return self._look()
        if self not in answer.found:
            answer.found[self] = self._as_of(answer.version) if answer.version else self._look()
        return answer.found[self]

    def _as_of(self, version: str) -> Outdated:
        """What is hidden, or was when the site came to be of this version: whatever is hidden later makes another one.

        It may still name what the index has dropped or written anew since then, which changes nothing.
        """
        known, found = self._last
        if known != version:
            found = self._look()
            self._last = (version, found)
        return found

    def _look(self) -> Outdated:
        with self._sessions.read() as session:
            found = session.execute(_wanted(self._today())).all()
        # The index keeps whole seconds.
        return {id_: inf if gone else modified.replace(microsecond=0).timestamp() for id_, gone, modified in found}


@lru_cache(maxsize=2)
def _wanted(today: dt.date) -> CompoundSelect[Any]:
    """Id, whether nobody may see it, and when it was changed."""
    # Remembered for the day: putting it together takes longer than asking it.
    undone = select(func.min(Job.created).label("oldest")).where(Job.kind == "index", Job.status.in_(UNDONE)).cte()
    oldest = select(undone.c.oldest).scalar_subquery()
    has_closed_file = exists().where(Resource.dataset_id == Dataset.id, is_closed(today))
    # The date comes first, and all else is asked record by record: as a rule no record was changed since.
    parts = [
        select(table.id, not_(is_visible(table)), table.metadata_modified).where(
            table.metadata_modified >= oldest, or_(not_(is_visible(table)), *more)
        )
        for table, more in ((Dataset, (has_closed_file,)), (Study, ()))
    ]
    return union_all(*parts)
