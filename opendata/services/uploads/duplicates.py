"""What the catalogue has already: the same file, the same names, or much the same text, told as warnings at the rows.

Only records are named that everybody may see, or that belong to the agency which uploads. The number of statements
grows with batches, not with rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, StudyRecord
from opendata.reading.sheets.drafts import Draft
from opendata.reading.sheets.tables import Row
from opendata.services.catalogue import Catalogue
from opendata.services.uploads.known import Known, Seen, parts, seen
from opendata.services.uploads.likeness import Likeness, is_long_enough
from opendata.store.datasets import Dataset, Resource
from opendata.store.queries.visible import is_open, is_visible

NAMED = 3
"""Records that a row is told of, for each kind of likeness."""
MOST_TITLE = 120
"""Characters of a title that a warning quotes."""
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of no bytes: empty files are no copies of each other."""
_WHAT = {
    "doi": ("дәл осындай DOI ({})", "тот же DOI ({})", "the same DOI ({})"),
    "identifier": ("дәл осындай идентификатор ({})", "тот же идентификатор ({})", "the same identifier ({})"),
    "report_number": ("дәл осындай есеп нөмірі ({})", "тот же номер отчёта ({})", "the same report number ({})"),
    "contract_number": ("дәл осындай шарт нөмірі ({})", "тот же номер договора ({})", "the same contract number ({})"),
    "title": ("дәл осындай атау", "то же название", "the same title"),
}
_CELLS = {"title": ("title", "title_kk", "title_ru", "title_en")}


@dataclass(frozen=True, slots=True)
class Fresh:
    """A row that would change the catalogue: its record with the SHA-256 of its files, and what it changes, if it is
    not new.
    """

    draft: Draft
    record: DatasetRecord
    dataset_id: UUID | None = None


class Duplicates:
    """The look at one upload for what is there already, batch by batch. `drafts` are all of its rows."""

    def __init__(self, catalogue: Catalogue, session: Session, organization_id: UUID, drafts: Sequence[Draft]) -> None:
        self._catalogue, self._session = catalogue, session
        self._organization_id, self._drafts = organization_id, drafts
        own = Dataset.organization_id == organization_id
        self._may_see = and_(Dataset.state != RecordState.WITHDRAWN, or_(is_visible(Dataset), own))
        self._may_see_file = and_(self._may_see, or_(is_open(catalogue.today()), own))
        self._known: Known | None = None
        self._likeness = Likeness(catalogue)
        self._told_over = False
        self._files: dict[str, tuple[Row, ResourceRecord]] = {}

    def mark(self, rows: Sequence[Fresh]) -> None:
        """Put the warnings on these rows: copies of files on all, of records on the new ones."""
        told = self._mark_files(rows)
        new = [row for row in rows if row.dataset_id is None]
        if new and self._known is None:
            good = (draft for draft in self._drafts if draft.is_good)
            self._known = Known(self._session, self._may_see, self._organization_id, good)
        for row in new:
            self._mark_names(row, told[id(row)])
            self._mark_likeness(row, told[id(row)])

    def _mark_files(self, rows: Sequence[Fresh]) -> defaultdict[int, set[UUID]]:
        """The records that each row was told of, by the identity of the row."""
        files = [(row, file) for row in rows for file in row.record.resources if file.checksum not in ("", EMPTY)]
        for row, file in files:
            self._mark_here(row, file)
        holders = self._holders({file.checksum for _, file in files})
        named = seen(self._session, self._may_see, {one for ids in holders.values() for one in ids})
        told: defaultdict[int, set[UUID]] = defaultdict(set)
        for row, file in files:
            others = [named[one] for one in holders.get(file.checksum, ()) if one in named and one != row.dataset_id]
            for other in others[:NAMED]:
                told[id(row)].add(other.id)
                place, column = row.draft.naming(file)
                place.problems.append(place.problem("same_file", column, value=file.filename, other=_shown(other)))
        return told

    def _mark_here(self, row: Fresh, file: ResourceRecord) -> None:
        """Two files of one upload with the same bytes. The same packed file named twice is told by the check itself."""
        place, column = row.draft.naming(file)
        first, earlier = self._files.setdefault(file.checksum, (place, file))
        if earlier.key != file.key:
            filled = {"value": file.filename, "copied": earlier.filename, "other": str(first.number)}
            place.problems.append(place.problem("same_file_here", column, **filled))

    def _holders(self, checksums: Iterable[str]) -> dict[str, list[UUID]]:
        """The datasets that hold each file, as far as the file may be seen."""
        found: defaultdict[str, list[UUID]] = defaultdict(list)
        for part in parts(sorted(checksums)):
            rows = self._session.execute(
                select(Resource.checksum, Resource.dataset_id)
                .join(Dataset, Dataset.id == Resource.dataset_id)
                .where(Resource.checksum.in_(part), Resource.stored, self._may_see_file)
                .distinct()
            )
            for checksum, dataset_id in rows:
                found[checksum].append(dataset_id)
        return found

    def _mark_names(self, row: Fresh, told: set[UUID]) -> None:
        matches = self._known.of(row.record) if self._known else ()
        for match in [one for one in matches if one.seen.id not in told][:NAMED]:
            told.add(match.seen.id)
            what = dict(zip(("what_kk", "what_ru", "what_en"), _words(match.what, match.value), strict=True))
            place, columns = row.draft.row, _CELLS.get(match.what, (match.what,))
            column = next((name for name in columns if place.get(name)), columns[0])
            place.problems.append(place.problem("same_identifier", column, other=_shown(match.seen), **what))

    def _mark_likeness(self, row: Fresh, told: set[UUID]) -> None:
        if self._likeness.is_over and not self._told_over and is_long_enough(row.record):
            self._told_over = True
            row.draft.row.problems.append(row.draft.row.problem("similar_unchecked"))
        for one in self._likeness.of(row.record)[:NAMED]:
            record = one.card.record
            if record.id not in told:
                column = "description" if row.draft.row.get("description") else "title"
                filled = {"percent": str(round(one.closeness * 100)), "other": _shown(record)}
                row.draft.row.problems.append(row.draft.row.problem("similar_record", column, **filled))


def _words(what: str, value: str) -> list[str]:
    return [words.format(value) for words in _WHAT[what]]


def _shown(record: Seen | DatasetRecord | StudyRecord) -> str:
    """The title, and where the record stands."""
    title = next((text.value for text in record.title.values()), "")
    short = title if len(title) <= MOST_TITLE else title[: MOST_TITLE - 1] + "…"
    return f"{short} (/{'study' if isinstance(record, StudyRecord) else 'dataset'}/{record.slug})"
