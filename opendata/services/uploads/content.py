"""What must not be public in an upload: in its cells, and in the first pages of the files that came with it.

A mark of restricted use keeps its row back until somebody of the organisation who may (Right.OVERRIDE_CONTENT) answers
for the file; numbers of persons and lists of contacts are warnings. The same bytes are read once: what was found is
kept by checksum (services.content). Reading has a bound of time; what was not looked at is said.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog import sensitive, sensitive_people
from opendata.catalog.records import ResourceRecord, TextStatus
from opendata.catalog.sensitive import Finding
from opendata.catalog.upload_problems import CellProblem
from opendata.catalog.values import DisclosureStatus
from opendata.errors import CatalogueError
from opendata.files.storage import CHUNK
from opendata.reading.contract import Limits
from opendata.reading.extract import Reader
from opendata.reading.sheets.drafts import Draft
from opendata.reading.sheets.tables import Row
from opendata.reading.spreadsheet import Spreadsheet
from opendata.services import content
from opendata.services.catalogue import Catalogue
from opendata.store.content import ContentDecision

FIRST_PAGES = 20
"""Pages of a packed file that are read here; all of them are, once it is published."""
FILE_SECONDS = 15.0
UPLOAD_SECONDS = 900.0
"""After which no further file of one upload is read; those that were read before are known all the same."""
UNREADABLE = frozenset((TextStatus.UNSUPPORTED, TextStatus.NO_TEXT, TextStatus.NOT_STORED))
"""What has no text at all; nothing is said of it."""


def mark(
    catalogue: Catalogue,
    session: Session,
    drafts: Sequence[Draft],
    organization_id: UUID,
    spreadsheet: Spreadsheet | None = None,
) -> None:
    """Put the problems of content on the rows of `drafts`. Not to be called inside a transaction that writes.

    `spreadsheet` is the whole table, of which a mark above the rows is looked for.
    """
    with Marking(catalogue, organization_id) as marking:
        marking.mark(session, drafts, spreadsheet)


@dataclass
class Marking:
    """The check of one upload, batch by batch: one reading process and one bound of time for all of them."""

    catalogue: Catalogue
    organization_id: UUID
    seconds: float = UPLOAD_SECONDS
    _opened: ExitStack = field(default_factory=ExitStack)
    _reader: Reader = field(default_factory=Reader)
    _files: dict[str, tuple[str, tuple[Finding, ...], str]] = field(default_factory=dict)
    """By path in the package: checksum, what was found, and why it was not looked at."""
    _deadline: float = 0.0

    def __enter__(self) -> Marking:
        self._opened.enter_context(self._reader)
        self._deadline = time.monotonic() + self.seconds
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def mark(self, session: Session, drafts: Sequence[Draft], spreadsheet: Spreadsheet | None = None) -> None:
        """Put the problems of content on the rows of these drafts."""
        marked = _marked_sheets(spreadsheet) if spreadsheet else {}
        for draft in drafts:
            if draft.row.sheet in marked:
                words = {"where": marked[draft.row.sheet]}
                draft.row.problems.append(draft.row.problem("restricted_sheet", **words))
            for row in (draft.row, *draft.parts):
                _mark_numbers(row)
            for resource in draft.record.resources:
                opener = draft.openers.get(resource.key)
                if opener is not None:
                    self._mark_file(session, draft, resource, opener)
        _mark_columns([row for draft in drafts for row in (draft.row, *draft.parts)])

    def _mark_file(
        self, session: Session, draft: Draft, resource: ResourceRecord, opener: Callable[[], BinaryIO]
    ) -> None:
        if resource.key not in self._files:
            self._files[resource.key] = self._looked_at(resource, opener)
        checksum, findings, reason = self._files[resource.key]
        row, column = draft.naming(resource)
        if reason:
            row.problems.append(row.problem("content_unchecked", column, value=resource.filename, reason=reason))
        told: set[str] = set()
        for finding in findings:
            if finding.code in told:
                continue
            told.add(finding.code)
            code = self._code(session, draft, resource, finding, checksum)
            filled = {"value": resource.filename, "excerpt": finding.excerpt, **where(finding.place)}
            row.problems.append(row.problem(code, column, **filled))

    def _code(self, session: Session, draft: Draft, resource: ResourceRecord, finding: Finding, checksum: str) -> str:
        """The code of the problem: a mark is an error unless the file stays closed, or somebody answers for it."""
        if not finding.blocks:
            return f"file_{finding.code}"
        closed = resource.disclosure.status is DisclosureStatus.WITHHELD and resource.disclosure.until is None
        named = draft.record.organization
        owner = named.id if named and named.id else self.organization_id
        answered = select(ContentDecision.id).where(
            ContentDecision.checksum == checksum, ContentDecision.organization_id == owner
        )
        return "restricted_allowed" if closed or session.scalar(answered.limit(1)) else "restricted"

    def _looked_at(
        self, resource: ResourceRecord, opener: Callable[[], BinaryIO]
    ) -> tuple[str, tuple[Finding, ...], str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            try:
                checksum = _copied(opener, path)
            except (CatalogueError, OSError):
                return "", (), ""  # whoever stores it will say so
            with self.catalogue.sessions.read() as fresh:  # `session` may still see what was there when it began
                known = content.known(fresh, checksum)
            if known is not None:
                return checksum, known, ""
            if time.monotonic() > self._deadline:
                return checksum, (), "the time for reading the files of one upload is up"
            return checksum, *self._read(path, resource.filename, checksum)

    def _read(self, path: Path, filename: str, checksum: str) -> tuple[tuple[Finding, ...], str]:
        memory = self.catalogue.config.jobs.read_memory_bytes
        limits = Limits(seconds=FILE_SECONDS, memory_bytes=memory, pages=FIRST_PAGES)
        extracted = self._reader.read(path, filename, limits)
        if not extracted.pages and extracted.status is not TextStatus.TEXT:
            reason = extracted.reason or extracted.status.value
            return (), "" if extracted.status in UNREADABLE else reason
        found = content.look(self._reader, path, filename, extracted.format, extracted.pages, limits)
        with self.catalogue.sessions.write.begin() as session:
            content.keep(session, checksum, found, self.catalogue.now())
        return found, ""


def where(place: str) -> dict[str, str]:
    """The place of a finding in the words of every language: "page 3" is translated, a cell is not."""
    number = place.removeprefix("page ")
    if number == place:
        return dict.fromkeys(("where_kk", "where_ru", "where_en"), place)
    return {"where_kk": f"{number}-бет", "where_ru": f"стр. {number}", "where_en": f"page {number}"}


def _copied(opener: Callable[[], BinaryIO], path: Path) -> str:
    """The SHA-256 of the file, which is now at `path` too."""
    digest = hashlib.sha256()
    with opener() as stream, path.open("wb") as copy:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


def _marked_sheets(spreadsheet: Spreadsheet) -> dict[str, str]:
    """The mark of each sheet that has one."""
    found = {}
    for sheet in spreadsheet.sheets:
        rows = [(row.number, row.cells) for row in sheet.rows[: sensitive.FIRST_ROWS]]
        mark_ = next((one for one in sensitive.in_sheet(sheet.name, rows) if one.blocks), None)
        if mark_:
            found[sheet.name] = f"{mark_.place}: {mark_.excerpt}"
    return found


def _mark_numbers(row: Row) -> None:
    """A warning at the first cell of the row that holds the number of a person."""
    for number, cell in enumerate(row.raw, 1):
        if len(cell) >= 12 and (found := next(sensitive_people.personal_numbers(cell), "")):
            excerpt = sensitive_people.masked(found)
            problem = CellProblem("personal_numbers", row.sheet, row.number, number, value=excerpt)
            row.problems.append(problem)
            return


def _mark_columns(rows: Sequence[Row]) -> None:
    """A warning at the first row of every column of persons that the model does not know: it would be published."""
    columns: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        for heading in row.others:
            columns.setdefault((row.sheet, heading), []).append(row)
    for (sheet, heading), listed in columns.items():
        code = sensitive_people.headings([heading]).get(0)
        excerpt = sensitive_people.column(code, [row.others[heading] for row in listed]) if code else ""
        if excerpt:
            first = listed[0]
            value = first.others[heading]
            number = next((at for at, cell in enumerate(first.raw, 1) if cell.strip() == value), 0)
            first.problems.append(
                CellProblem(
                    "contact_list",
                    sheet,
                    first.number,
                    number,
                    heading=heading,
                    value=excerpt,
                    filled={"heading": heading},
                )
            )
