"""The check of an upload: every sheet read, every row made a record, all faults found before anything is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.upload_columns import KEYS, REGISTER, SHEET_TITLES
from opendata.catalog.upload_problems import CellProblem
from opendata.catalog.upload_refusals import not_taken
from opendata.services.actors import Actor
from opendata.services.uploads.agencies import Agencies, mark_foreign
from opendata.services.uploads.drafts import Draft, draft, with_organization
from opendata.services.uploads.files import Files
from opendata.services.uploads.layout import Answers
from opendata.services.uploads.package import Package
from opendata.services.uploads.sources import source_of
from opendata.services.uploads.studies import StudyDraft, check_studies
from opendata.services.uploads.tables import EXAMPLE_PREFIX, MAIN, Row, Table, recognised, taken


@dataclass(slots=True)
class Checked:
    """What the check found: the datasets in the order of their rows, the studies, rows that belong to none, and the
    problems of sheets, columns and files as a whole. `columns` is what headings are taken for.
    """

    tables: list[Table]
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    studies: list[StudyDraft] = field(default_factory=list)
    strays: list[Row] = field(default_factory=list)
    general: list[CellProblem] = field(default_factory=list)

    @property
    def problems(self) -> list[CellProblem]:
        """Every problem: of the whole first, then row by row."""
        found = list(self.general)
        for row in self.strays:
            found += row.problems
        for one in self.records:
            found += one.problems
        return found

    @property
    def records(self) -> list[StudyDraft | Draft]:
        """What has a row of its own in the upload: the studies, then the datasets."""
        return [*(one for one in self.studies if not one.of_datasets), *self.drafts]


def check(
    session: Session,
    actor: Actor,
    package: Package,
    organization_id: UUID,
    today: dt.date,
    headings: Answers | None = None,
) -> Checked:
    """Everything that can be told without the stored datasets. NotTaken where no sheet holds records.

    `headings` are what people said of headings and sheets.
    """
    tables, general = recognised(package.spreadsheet, headings)
    if not any(table.kind in MAIN for table in tables):
        raise not_taken("no_table", package.filename)
    checked = Checked(tables, taken(package.spreadsheet, tables), general=general)
    rows = _rows(checked, "datasets")
    parts = _Parts(rows, checked)
    files = Files(package.files)
    agencies = Agencies(session, actor, organization_id)
    for row in rows:
        made = draft(row, files, parts.of(row, "files"), parts.of(row, "people"), today)
        named = agencies.named(row)
        foreign = named is not None and named.id != organization_id
        checked.drafts.append(with_organization(made, named) if named and foreign else made)
    source_id = source_of(session, organization_id)
    mark_foreign(session, actor, organization_id, source_id, checked.drafts)
    _mark_repeated(checked.drafts)
    _mark_broken_parts(checked.drafts)
    for one in checked.drafts:
        if one.key.startswith("title:"):
            one.row.problems.append(one.row.problem("no_key", "identifier"))
    checked.general += files.problems()
    said = {kind: _rows(checked, kind) for kind in REGISTER}
    checked.studies, strays = check_studies(session, actor, agencies, said, checked.drafts, source_id, today)
    checked.strays += strays
    return checked


def _rows(checked: Checked, kind: str) -> list[Row]:
    """The rows of all sheets of a kind; the examples of the template are left out, and said."""
    found: list[Row] = []
    for table in checked.tables:
        for row in table.rows if table.kind == kind else ():
            if row.get(KEYS[kind]).upper().startswith(EXAMPLE_PREFIX):
                checked.general.append(row.problem("example_row"))
            else:
                found.append(row)
    return found


class _Parts:
    """The rows of the other sheets, by the dataset that they name: by its identifier, DOI or title."""

    def __init__(self, rows: Sequence[Row], checked: Checked) -> None:
        self._names: dict[str, list[Row]] = {}
        for row in rows:
            for name in {_folded(row.get(column)) for column in ("identifier", "doi", *_TITLES)} - {""}:
                self._names.setdefault(name, []).append(row)
        self._parts: dict[tuple[int, str], list[Row]] = {}
        for kind in ("files", "people"):
            for part in _rows(checked, kind):
                if not self._belongs(part, kind):
                    checked.strays.append(part)

    def of(self, row: Row, kind: str) -> list[Row]:
        """The rows of that sheet which speak of the dataset."""
        return self._parts.get((id(row), kind), [])

    def _belongs(self, part: Row, kind: str) -> bool:
        for name in ("dataset", "file" if kind == "files" else "person"):
            if not part.get(name):
                part.problems.append(part.problem("required", name))
        named = self._names.get(_folded(part.get("dataset")), [])
        if len(named) == 1:
            self._parts.setdefault((id(named[0]), kind), []).append(part)
            return True
        if part.get("dataset"):
            part.problems.append(part.problem("dataset_ambiguous" if named else "dataset_missing", "dataset"))
        return False


_TITLES = ("title", "title_kk", "title_ru", "title_en")


def _folded(value: str) -> str:
    return " ".join(value.casefold().split())


def _mark_repeated(drafts: Sequence[Draft]) -> None:
    """Two rows with one key, or one DOI, are an error on both: nobody can tell which was meant."""
    groups: dict[str, list[tuple[Draft, str]]] = {}
    for one in drafts:
        keys = {one.key: _key_column(one)} if one.key else {}
        for given in one.record.identifiers:
            if given.scheme == "doi":
                keys[f"doi:{given.value}"] = "doi"
        for key, column in keys.items():
            groups.setdefault(key, []).append((one, column))
    for group in groups.values():
        for one, column in group if len(group) > 1 else ():
            others = [str(other.row.number) for other, _ in group if other is not one]
            shown = ", ".join(others[:5]) + (" …" if len(others) > 5 else "")
            value = one.row.get(column) or one.key
            one.row.problems.append(one.row.problem("repeated", column, value=value, other=shown))


def _key_column(one: Draft) -> str:
    """The column to point at when the key of the row is repeated."""
    named = one.key.partition(":")[0]
    columns: Mapping[str, Sequence[str]] = {"doi": ("doi",), "report": ("register_number",), "title": _TITLES}
    if one.record.identifier:
        return "identifier"
    return next((column for column in columns.get(named, ()) if one.row.get(column)), "")


def _mark_broken_parts(drafts: Sequence[Draft]) -> None:
    """An error in a row of another sheet keeps its dataset back, which says so itself."""
    for one in drafts:
        broken = next((part for part in one.parts if any(problem.is_error for problem in part.problems)), None)
        if broken is not None:
            sheet = broken.sheet or str(SHEET_TITLES[broken.kind].show("en"))
            problem = CellProblem(
                "part_broken", one.row.sheet, one.row.number, filled={"sheet": sheet, "other": str(broken.number)}
            )
            one.row.problems.append(problem)
