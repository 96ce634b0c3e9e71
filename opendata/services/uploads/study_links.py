"""The datasets that meet what studies owe: those of the same upload, and those that the catalogue has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from opendata.catalog.identifiers import doi
from opendata.catalog.normalise import folded
from opendata.catalog.records import DatasetRef, RecordState
from opendata.reading.sheets.drafts import Draft
from opendata.reading.sheets.tables import Row
from opendata.services.actors import Actor
from opendata.services.rights import Right, organizations_where
from opendata.store.datasets import Dataset, DatasetKey
from opendata.store.harvests import HarvestRecord
from opendata.store.queries.visible import is_visible
from opendata.store.to_records import dataset_ref

CHUNK = 200
_TITLES = ("title", "title_kk", "title_ru", "title_en")


@dataclass(slots=True)
class Meeting:
    """A dataset that meets what is owed: `key` where it comes with the upload, `dataset` once it is in the store."""

    key: str = ""
    dataset: DatasetRef | None = None


class Meetings:
    """Finds the datasets that rows name by identifier, DOI or title, among those that the actor may see."""

    def __init__(self, session: Session, datasets: Sequence[Draft], organization_id: UUID | None, actor: Actor) -> None:
        self._session, self._organization_id = session, organization_id
        allowed = organizations_where(actor, Right.SEE_UNPUBLISHED)
        self._may_see = true() if allowed is None else or_(is_visible(Dataset), Dataset.organization_id.in_(allowed))
        self._named: dict[str, list[Draft]] = {}
        for one in datasets:
            for name in {folded(one.row.get(column)) for column in ("identifier", "doi", *_TITLES)} - {""}:
                self._named.setdefault(name, []).append(one)
        self._stored: dict[str, list[Dataset]] = {}

    def look_up(self, rows: Iterable[Row]) -> None:
        """Get to know the datasets of the catalogue that the rows name and the upload does not bring."""
        wanted = sorted({name for row in rows if (name := row.get("dataset")) and folded(name) not in self._named})
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            dois = {number.casefold(): name for name in chunk if (number := doi(name))}
            keyed = select(DatasetKey.dataset_id).where(DatasetKey.scheme == "doi", DatasetKey.value.in_(list(dois)))
            found = self._session.scalars(
                select(Dataset).where(
                    or_(Dataset.identifier.in_(chunk), Dataset.slug.in_(chunk), Dataset.id.in_(keyed)),
                    Dataset.state != RecordState.WITHDRAWN,
                    self._may_see,
                )
            )
            for row in found:
                for name in {row.identifier, row.slug, *self._dois(row, dois)} & set(chunk):
                    self._stored.setdefault(folded(name), []).append(row)

    def of(self, row: Row) -> Meeting | None:
        """The dataset that the row names; None where it names none, or, with a problem at the row, one that is not."""
        name = folded(row.get("dataset"))
        if not name:
            return None
        drafts = self._named.get(name, [])
        if len(drafts) == 1 and drafts[0].is_good:
            return Meeting(drafts[0].key)
        if drafts:
            code, other = (
                ("dataset_held_back", str(drafts[0].row.number)) if len(drafts) == 1 else ("dataset_ambiguous", "")
            )
            row.problems.append(row.problem(code, "dataset", other=other))
            return None
        stored = self._stored.get(name, [])
        own = [one for one in stored if one.organization_id == self._organization_id] or stored
        if len(own) == 1:
            return Meeting(dataset=dataset_ref(own[0]))
        row.problems.append(row.problem("dataset_ambiguous" if own else "dataset_missing", "dataset"))
        return None

    def _dois(self, row: Dataset, dois: Mapping[str, str]) -> set[str]:
        keys = select(DatasetKey.value).where(DatasetKey.dataset_id == row.id, DatasetKey.scheme == "doi")
        return {dois[value] for value in self._session.scalars(keys) if value in dois} if dois else set()


def published(session: Session, source_id: UUID | None, keys: Sequence[str]) -> dict[str, DatasetRef]:
    """The datasets that uploads of this source have brought, by key; withdrawn ones are left out."""
    found: dict[str, DatasetRef] = {}
    for start in range(0, len(keys) if source_id else 0, CHUNK):
        rows = session.execute(
            select(HarvestRecord.identifier, Dataset)
            .join(Dataset, Dataset.id == HarvestRecord.dataset_id)
            .where(
                HarvestRecord.source_id == source_id,
                HarvestRecord.identifier.in_(keys[start : start + CHUNK]),
                Dataset.state != RecordState.WITHDRAWN,
            )
        )
        found.update({key: dataset_ref(row) for key, row in rows})
    return found
