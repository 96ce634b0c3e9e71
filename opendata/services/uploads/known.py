"""What the catalogue knows already by the names that rows give themselves: DOI, identifier, numbers, title.

A report number or an identifier tells something within one agency only, unless it is unique by its form. Contract
numbers and titles are shared by the reports of one study, so they count only where nothing else tells two apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from opendata.catalog.normalise import folded
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import PartialDate, Period, Text
from opendata.reading.sheets.drafts import Draft
from opendata.store.datasets import Dataset, DatasetKey, key_value

IN_ONE = 500
"""Values in one statement."""
MOST_OF_ONE = 200
"""Records of one name that are looked at."""
LEAST_WORDS = 3
"""Of a title that says something: "Annual report" is a hundred records'."""
_GLOBAL = re.compile(r"\w+://|urn:|hdl:|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$", re.IGNORECASE)
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """A record of the catalogue, as far as it must be named and told from others."""

    id: UUID
    slug: str
    type: DatasetType
    title: Text
    issued: PartialDate | None
    temporal: Period
    report_number: str


@dataclass(frozen=True, slots=True)
class Match:
    """`what` (doi, identifier, report_number, contract_number, title) of a row is that of this record too; `value` is
    how the row says it.
    """

    seen: Seen
    what: str
    value: str


Item = TypeVar("Item")
_Key = tuple[str, str, UUID | None]
"""What, folded value, and the agency within which it tells something (None: everywhere)."""


class Known:
    """The names of all `drafts`, looked up at once: the titles of the catalogue are read through a single time."""

    def __init__(
        self, session: Session, may_see: ColumnElement[bool], organization_id: UUID, drafts: Iterable[Draft]
    ) -> None:
        self._organization_id = organization_id
        wanted = {key for draft in drafts for key, _ in self._names(draft.record)}
        found: defaultdict[_Key, list[UUID]] = defaultdict(list)
        for key, dataset_id in chain(_by_keys(session, may_see, wanted), _by_columns(session, may_see, wanted)):
            if len(found[key]) < MOST_OF_ONE:
                found[key].append(dataset_id)
        self._found = found
        self._seen = seen(session, may_see, {one for ids in found.values() for one in ids})

    def of(self, record: DatasetRecord) -> list[Match]:
        """The records that the same names are known of, each once, by the name that tells most."""
        matches: dict[UUID, Match] = {}
        for key, value in self._names(record):
            for dataset_id in self._found.get(key, ()):
                one = self._seen[dataset_id]
                if dataset_id not in matches and not (key[0] in _SHARED and _another(record, one, key[0])):
                    matches[dataset_id] = Match(one, key[0], value)
        return list(matches.values())

    def _names(self, record: DatasetRecord) -> Iterator[tuple[_Key, str]]:
        """Each name of a record with the words of it, the one that tells most first."""
        owner = record.organization.id if record.organization and record.organization.id else self._organization_id
        for scheme in ("doi", "contract_number"):
            for one in record.identifiers:
                if one.scheme == scheme and one.value:
                    yield (scheme, key_value(one.value), None), one.value
            if scheme == "doi":
                for what, value in (("identifier", record.identifier), ("report_number", record.report_number)):
                    if value:
                        yield (what, folded(value), None if _GLOBAL.match(value) else owner), value
        for text in record.title.values():
            if telling := _title(text.value):
                yield ("title", telling, None), text.value


def seen(session: Session, may_see: ColumnElement[bool], ids: Collection[UUID]) -> dict[UUID, Seen]:
    """The records of `ids` that may be seen."""
    columns = (Dataset.id, Dataset.slug, Dataset.type, Dataset.title, Dataset.issued, Dataset.temporal)
    found = {}
    for part in parts(ids):
        rows = session.execute(select(*columns, Dataset.report_number).where(Dataset.id.in_(part), may_see))
        found.update({row[0]: Seen(*row) for row in rows})
    return found


def parts(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """`items` in lists that one statement takes."""
    every = list(items)
    for start in range(0, len(every), IN_ONE):
        yield every[start : start + IN_ONE]


_SHARED = frozenset(("contract_number", "title"))


def _another(record: DatasetRecord, one: Seen, what: str) -> bool:
    """Whether something tells the two apart: the kind of record under one contract, a year, a period, a number."""
    if what == "contract_number" and record.type != one.type:
        return True
    if record.issued and one.issued and record.issued.year != one.issued.year:
        return True
    if record.temporal and one.temporal and record.temporal != one.temporal:
        return True
    return bool(record.report_number and one.report_number and record.report_number != one.report_number)


def _by_keys(session: Session, may_see: ColumnElement[bool], wanted: Collection[_Key]) -> Iterator[tuple[_Key, UUID]]:
    for part in parts({value for what, value, _ in wanted if what in ("doi", "contract_number")}):
        rows = session.execute(
            select(DatasetKey.scheme, DatasetKey.value, DatasetKey.dataset_id)
            .join(Dataset, Dataset.id == DatasetKey.dataset_id)
            .where(DatasetKey.value.in_(part), may_see)
        )
        for scheme, value, dataset_id in rows:
            if (scheme, value, None) in wanted:
                yield (scheme, value, None), dataset_id


def _by_columns(
    session: Session, may_see: ColumnElement[bool], wanted: Collection[_Key]
) -> Iterator[tuple[_Key, UUID]]:
    """By what no index holds. Titles are compared as they are folded here, which SQL cannot do for all scripts."""
    if not any(what in ("identifier", "report_number", "title") for what, _, _ in wanted):
        return
    column = Dataset.__table__.c
    titles = (column.title_kk, column.title_ru, column.title_en, column.title_other)
    statement = select(column.id, column.organization_id, column.identifier, column.report_number, *titles)
    for row in session.execute(statement.where(may_see).execution_options(yield_per=1000)):
        dataset_id, owner, identifier, report_number, *said = row
        for what, value in (("identifier", identifier), ("report_number", report_number)):
            for key in ((what, folded(value), owner), (what, folded(value), None)) if value else ():
                if key in wanted:
                    yield key, dataset_id
        for title in {_title(value) for value in said if value}:
            if title and ("title", title, None) in wanted:
                yield ("title", title, None), dataset_id


def _title(value: str) -> str:
    """The words of a title without case and signs, "" for one that is too short to tell anything."""
    words = _NO_WORD.sub(" ", unicodedata.normalize("NFKC", value).casefold()).split()
    return " ".join(words) if len(words) >= LEAST_WORDS else ""
