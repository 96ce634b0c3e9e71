"""The check of an upload: every sheet read, every row made a record, all faults found before anything is stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.upload_columns import REGISTER
from opendata.catalog.upload_problems import CellProblem
from opendata.catalog.upload_refusals import not_taken
from opendata.reading.sheets.drafts import Draft, draft, with_organization
from opendata.reading.sheets.files import Files
from opendata.reading.sheets.layout import Answers
from opendata.reading.sheets.package import Package
from opendata.reading.sheets.parts import Parts, mark_broken_parts, mark_repeated, mark_without_key, rows_of
from opendata.reading.sheets.tables import MAIN, Row, Table, recognised, taken
from opendata.services.actors import Actor
from opendata.services.uploads.agencies import Agencies, mark_foreign
from opendata.services.uploads.sources import source_of
from opendata.services.uploads.studies import StudyDraft, check_studies


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
    rows = rows_of(tables, "datasets", checked.general)
    parts = Parts(rows, tables, checked.general, checked.strays)
    files = Files(package.files)
    agencies = Agencies(session, actor, organization_id)
    for row in rows:
        made = draft(row, files, parts.of(row, "files"), parts.of(row, "people"), today)
        named = agencies.named(row)
        foreign = named is not None and named.id != organization_id
        checked.drafts.append(with_organization(made, named) if named and foreign else made)
    source_id = source_of(session, organization_id)
    mark_foreign(session, actor, organization_id, source_id, checked.drafts)
    mark_repeated(checked.drafts)
    mark_broken_parts(checked.drafts)
    mark_without_key(checked.drafts)
    checked.general += files.problems()
    said = {kind: rows_of(tables, kind, checked.general) for kind in REGISTER}
    checked.studies, strays = check_studies(session, actor, agencies, said, checked.drafts, source_id, today)
    checked.strays += strays
    return checked
