"""What a kept answer is held against: a word that is another one after every change of what the public sees."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ScalarSelect, Select, bindparam, func, select

from opendata.errors import Unavailable
from opendata.search.lru import Lru
from opendata.services import hidden
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset
from opendata.store.operations import ORDERED, UNORDERED, DatasetEvent

Value = TypeVar("Value")


def _scalar(column: Any, *where: Any) -> ScalarSelect[Any]:
    return select(column).where(*where).scalar_subquery()


_LAST = (_scalar(func.max(DatasetEvent.seq), ORDERED), _scalar(func.max(DatasetEvent.id), UNORDERED))
_named = Dataset.slug == bindparam("slug")
_OWN = (_scalar(Dataset.views, _named), _scalar(Dataset.downloads, _named))


@cache
def _events(dialect: str) -> Select[Any]:
    """What becomes another with every commit of an event and with every number that is given to one.

    An event that is committed late, with a smaller id than others, is one more that waits. SQLite has one writer, whose
    ids rise from commit to commit, and so need not be counted: a harvest may leave tens of thousands waiting.
    """
    return select(*_LAST) if dialect == "sqlite" else select(*_LAST, _scalar(func.count(DatasetEvent.id), UNORDERED))


@cache
def _events_and(dialect: str, column: ScalarSelect[Any]) -> Select[Any]:
    return _events(dialect).add_columns(column)


@cache
def _events_and_counts(dialect: str) -> Select[Any]:
    return _events(dialect).add_columns(*_OWN)


@dataclass(frozen=True, slots=True)
class Version:
    """`site` is one word for all answers, `own` that of what one of them shows beyond it."""

    site: str
    own: str = ""


class Kept(Generic[Value]):
    """What one process made for the public, within `limit` bytes and all of one version of the site. For threads."""

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self._held: Lru[Value] = Lru(limit, size)
        self._version = ""

    def get(self, version: str, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of `key`, made where it is not held. What `make` raises is raised."""
        self._turn(version)
        return self._held.get((version, key), make)

    def held(self, version: str, key: Hashable) -> Value | None:
        """The value of `key` where it is held."""
        self._turn(version)
        return self._held.held((version, key))

    def _turn(self, version: str) -> None:
        """Drop what was made of another version."""
        if version != self._version:
            self._version = version
            self._held.keep_only([version])


def of_site(catalogue: Catalogue, *_: object, **__: object) -> Version:
    """Changes with every event of a record, with every commit of the index, and with the day, on which files may open.

    One SELECT. Take it before making what is kept: then that is never older than it says.
    """
    with catalogue.engine.connect() as connection:  # half the time of a session, for every answer that is kept
        told = connection.execute(_events(catalogue.engine.dialect.name)).one()
    return _version(catalogue, told)


def of_site_and(catalogue: Catalogue, column: ScalarSelect[Any], said: Mapping[str, Any]) -> tuple[Version, Any]:
    """The same with what `column`, one that is made once, is at that moment. One SELECT for both."""
    with catalogue.engine.connect() as connection:
        *told, value = connection.execute(_events_and(catalogue.engine.dialect.name, column), said).one()
    return _version(catalogue, told), value


def of_dataset(catalogue: Catalogue, slug: str) -> Version:
    """The same, and what changes with the views and downloads of a dataset, which are no events."""
    wanted = _events_and_counts(catalogue.engine.dialect.name)
    with catalogue.engine.connect() as connection:
        *told, views, downloads = connection.execute(wanted, {"slug": slug}).one()
    return _version(catalogue, told, f"{views}.{downloads}")


def _version(catalogue: Catalogue, told: Sequence[int | None], own: str = "") -> Version:
    site = _site(catalogue, told)
    hidden.as_of(site)
    return Version(site, own)


def _site(catalogue: Catalogue, told: Sequence[int | None]) -> str:
    events = ".".join(str(one or 0) for one in told)
    try:
        index = catalogue.index.version()
    except Unavailable:  # a page that can do without the index shall not fail for this
        index = ""
    return f"{events}-{index}-{catalogue.today():%Y%m%d}"
