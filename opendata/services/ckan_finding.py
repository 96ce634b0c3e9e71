"""Datasets and files that CKAN's clients look for by a part of a name or a field, without the language of a search."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord
from opendata.catalog.values import Text
from opendata.search.query import SearchQuery
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.ckan_packages import Shown, shown_all
from opendata.services.discovery import public_records
from opendata.store.datasets import Dataset, Resource
from opendata.store.planning import veiled
from opendata.store.queries.visible import is_open, is_visible

Named = tuple[str, Text, bool]
"""A dataset's name and title, and whether it is the name that was meant."""

FEWEST_LETTERS = 3
"""Of a word that is completed: shorter ones begin half of all words."""
_LAST = "\U0010ffff"


def named(catalogue: Catalogue, typed: str, limit: int) -> list[Named]:
    """Public datasets whose name begins as what was typed, then those with its words in their title. Three SELECTs."""
    typed = " ".join(typed.split())[:200]
    if not typed:
        return []
    folded = typed.lower()
    wanted = select(Dataset.slug, Dataset.title).where(is_visible(Dataset))
    wanted = wanted.where(Dataset.slug >= folded, Dataset.slug < folded + _LAST).order_by(Dataset.slug).limit(limit)
    with catalogue.sessions.read() as session:
        found: list[Named] = [(slug, title, True) for slug, title in session.execute(wanted)]
    known = {name for name, _, _ in found}
    titled = [] if len(found) >= limit else _titled(catalogue, typed, limit)
    found += [(one.slug, one.title, False) for one in titled if one.slug not in known]
    return found[:limit]


def _titled(catalogue: Catalogue, typed: str, limit: int) -> list[DatasetRecord]:
    words = [f"{word}*" if len(word) >= FEWEST_LETTERS else word for word in typed.replace("*", " ").split()[:8]]
    query = SearchQuery(q=" ".join(words), filters={"kind": ("dataset",)}, size=limit, whole=True)
    with catalogue.searches:
        hits = catalogue.index.search(query).hits
    with catalogue.sessions.read() as session:
        records = public_records(session, hits)
    bare = [word.strip("*").casefold() for word in words]
    return [one for one in records if isinstance(one, DatasetRecord) and _has(one.title, bare)]


def _has(title: Text, words: Iterable[str]) -> bool:
    shown = " ".join(one.value for one in title.values()).casefold()
    return all(word in shown for word in words)


# What may be looked for in files: columns that the page of a closed file shows too, and those that only open ones show.
_SHOWN = ("name", "description", "format", "mimetype", "id", "package_id", "position")
_OPEN_ONLY = ("url", "hash", "size")


def searchable() -> tuple[str, ...]:
    """The fields of files that may be looked for."""
    return (*_SHOWN, *_OPEN_ONLY)


def files(
    catalogue: Catalogue, terms: Sequence[tuple[str, str]], order_by: str, limit: int, offset: int
) -> tuple[int, list[tuple[Shown, ResourceRecord]]]:
    """How many files of public datasets hold all `terms` (field, part of its value; letter case ignored), and some.

    KeyError for a field that is not `searchable`. A closed file is not found by what is kept back of it.
    """
    conditions = [_condition(field, term, catalogue.today()) for field, term in terms]
    # The files are gone through once, and of their datasets only those are looked at whose files hold the terms.
    public = and_(veiled(Dataset.state) == RecordState.PUBLISHED, veiled(Dataset.private).is_(False))
    order = _columns()[order_by][0] if order_by else Resource.id
    wanted = select(Resource.id, Resource.dataset_id).join(Dataset, Dataset.id == Resource.dataset_id)
    wanted = wanted.where(*conditions, public)
    leaf = wanted.add_columns(func.count().over().label("total")).order_by(order, Resource.id)
    with catalogue.searches, catalogue.sessions.read() as session:
        rows = session.execute(leaf.limit(limit).offset(offset)).all()
        total = rows[0].total if rows else 0
        if offset and not rows:  # the leaf is behind the last
            total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    around = {one.record.id: one for one in shown_all(catalogue, PUBLIC, list({row.dataset_id for row in rows}))}
    return total, [pair for row in rows if (pair := _file(around.get(row.dataset_id), row.id))]


def _file(found: Shown | None, resource_id: UUID) -> tuple[Shown, ResourceRecord] | None:
    if found is None:
        return None
    one = next((one for one in found.record.resources if one.id == resource_id), None)
    return (found, one) if one else None


def _condition(field: str, term: str, today: dt.date) -> ColumnElement[bool]:
    columns = _columns()[field]
    if field == "hash":
        beginning = term.lower()
        found: ColumnElement[bool] = and_(columns[0] >= beginning, columns[0] < beginning + _LAST)
    elif field in ("id", "package_id"):
        found = columns[0] == _as_id(term)
    else:
        # SQLite knows upper and lower case of Latin letters only.
        spellings = {term} if term.isascii() else {term, term.lower(), term.upper(), term.capitalize()}
        found = or_(*(column.icontains(one, autoescape=True) for column in columns for one in sorted(spellings)))
    return and_(found, is_open(today)) if field in _OPEN_ONLY else found


def _as_id(term: str) -> UUID:
    try:
        return UUID(term)
    except ValueError:
        return UUID(int=0)


@cache
def _columns() -> dict[str, list[Any]]:
    of = Resource.__table__.c
    languages = ("kk", "ru", "en", "other")
    return {
        "name": [*(of[f"name_{code}"] for code in languages), of.filename],
        "description": [cast(of.description, String)],
        "format": [of.format],
        "mimetype": [of.media_type],
        "id": [of.id],
        "package_id": [of.dataset_id],
        "position": [cast(of.position, String)],
        "url": [of.download_url, of.access_url, of.filename],
        "hash": [of.checksum],
        "size": [cast(of.byte_size, String)],
    }
