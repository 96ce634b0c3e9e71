"""Harvests a table of records: CSV, XLSX, XLS or ODS, by address or by path, alone or in a zip with its files.

What the columns mean, which rows make one record and what is wrong with a cell is decided where bulk uploads decide it
(opendata.reading.sheets); a table that is mended until an upload takes it can be harvested as it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import re
import tempfile
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from harvesters.folder_entries import directory_entries, local_path
from harvesters.links import is_address, source_address
from opendata.catalog.cell_names import cell_name
from opendata.catalog.upload_columns import REGISTER, SHEETS, columns, plain
from opendata.catalog.upload_headings import KEPT
from opendata.catalog.upload_problems import CellProblem
from opendata.catalog.upload_refusals import NotTaken, OverLimit
from opendata.catalog.values import OrganizationRef, Text
from opendata.errors import Problem, SourceError
from opendata.harvesting.client import without_credentials
from opendata.harvesting.contract import (
    N_,
    Complete,
    Event,
    Failed,
    Found,
    Incomplete,
    Option,
    OptionType,
    Raw,
    Run,
    Unchanged,
    Validators,
)
from opendata.reading.sheets.drafts import RAW_TYPE, Draft, draft, with_organization
from opendata.reading.sheets.files import Files
from opendata.reading.sheets.layout import SHEET_KINDS, Answers
from opendata.reading.sheets.package import Package, PackedFile, PackedFiles, opened
from opendata.reading.sheets.parts import Parts, mark_broken_parts, mark_repeated, mark_without_key, rows_of
from opendata.reading.sheets.tables import Row, Table, recognised

_MOST_BYTES = 2 * 1024**3
"""Of a zip with the files of its records."""
_MOST_BESIDE = 20_000
"""Files beside a table on this machine that its rows may name."""


class SpreadsheetHarvester:
    """Reads one table and the files that it names."""

    name = "spreadsheet"
    title = N_("Spreadsheet (CSV, XLSX, ODS)")
    version = 1
    options = (
        Option("sheet", help=N_("Name of the sheet that holds the records (else it is told by its headings).")),
        Option(
            "columns",
            help=N_("What headings of your own mean, e.g. Code=identifier;Topic=title_ru;Remarks= (left out)."),
        ),
        Option(
            "rows",
            help=N_("Most rows to read."),
            type=OptionType.INTEGER,
            default="20000",
            minimum=1,
            maximum=50_000,
        ),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """The record of every row. SourceError where there is no table, or none with columns that are known."""
        answers = answers_of(run.source.options)
        if source_address(run.source.url).scheme.lower() in ("http", "https"):
            yield from self._remote(run, answers)
        else:
            path = local_path(run.source.url)
            if not path.is_file():
                raise SourceError(f"{run.source.url} is not a file on this machine")
            yield from self._known(run, path, path.name, answers, {})

    def _remote(self, run: Run, answers: Answers) -> Iterator[Event]:
        """The table at an address, unless the server says that it is as it was."""
        if not is_address(run.source.url):
            raise SourceError(f"{run.source.url!r} is not an address")
        last = run.validators if run.validators.get("reading") == self._reading(run) else {}
        with tempfile.TemporaryDirectory(prefix="opendata-table-") as folder:
            target = Path(folder) / "table"
            answer = run.client.download(
                run.source.url.strip(),
                target,
                max_bytes=_MOST_BYTES,
                etag=last.get("etag", ""),
                last_modified=last.get("last_modified", ""),
            )
            if answer.not_modified:
                yield Unchanged("the table has not changed since the last run")
                return
            name = urlsplit(answer.url).path.rpartition("/")[2] or "table"
            marks = {"etag": answer.etag, "last_modified": answer.last_modified}
            yield from self._known(run, target, name, answers, marks, base=without_credentials(answer.url))

    def _known(
        self, run: Run, path: Path, name: str, answers: Answers, marks: Mapping[str, str], *, base: str = ""
    ) -> Iterator[Event]:
        """The records, unless the bytes are those of the last complete run."""
        if path.stat().st_size > _MOST_BYTES:
            raise SourceError(f"{name} is larger than {_MOST_BYTES} bytes")
        mark = _digest(path)
        reading = self._reading(run)
        if run.validators.get("sha256") == mark and run.validators.get("reading") == reading:
            yield Unchanged("the table has not changed since the last run")
            return
        ended = yield from _records(run, path, name, answers, base)
        if ended:
            yield Incomplete(ended)
            return
        yield Validators({key: text for key, text in {**marks, "sha256": mark, "reading": reading}.items() if text})
        yield Complete()

    def _reading(self, run: Run) -> str:
        """A mark of how the table is read: another version or other options read the same bytes anew."""
        said = repr((self.version, sorted(run.source.options.items())))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def answers_of(options: Mapping[str, str]) -> Answers:
    """What the options say of headings and of the sheet. SourceError for a column that there is not."""
    said: dict[str, dict[str, str]] = {}
    known = {kind: {one.name for one in columns(kind)} for kind in SHEETS}
    for part in filter(None, (part.strip() for part in options.get("columns", "").split(";"))):
        heading, equals, column = (piece.strip() for piece in part.rpartition("="))
        kinds = [kind for kind in SHEETS if column in ("", KEPT) or column in known[kind]]
        if not equals or not heading or not kinds:
            raise SourceError(f"the option columns has {part!r}; it is heading=column, with a column of a bulk upload")
        for kind in kinds:
            said.setdefault(kind, {})[plain(heading)] = column
    if sheet := options.get("sheet", "").strip():
        said[SHEET_KINDS] = {plain(sheet): "datasets"}
    return said


def _records(run: Run, path: Path, name: str, answers: Answers, base: str) -> Generator[Event, None, str]:
    """The event of every row; returns why not all were read, "" where they were."""
    try:
        with opened(path, name, int(run.source.options.get("rows") or 20_000)) as package:
            return (yield from _of_package(run, package, answers, path, base))
    except (NotTaken, OverLimit) as error:
        raise SourceError(error.message) from error


def _of_package(run: Run, package: Package, answers: Answers, path: Path, base: str) -> Generator[Event, None, str]:
    tables, general = _tables(package, answers, run.source.options.get("sheet", ""))
    rows = rows_of(tables, "datasets", general)
    strays: list[Row] = []
    parts = Parts(rows, tables, general, strays)
    for row in (one for table in tables for one in table.rows) if base and not package.files.files else ():
        _complete_names(row, base)
    files = Files(package.files if base or package.files.files else _beside(path))
    today = dt.datetime.now(dt.UTC).date()
    drafts = deque(_draft(row, files, parts, today) for row in rows)
    mark_repeated(drafts)
    mark_broken_parts(drafts)
    mark_without_key(drafts)
    of_table = tuple(replace(_problem(one), severity="warning") for one in general)
    yield from (Failed("", tuple(map(_problem, row.problems))) for row in strays)
    sent = 0
    while drafts:
        if run.limit is not None and sent >= run.limit:
            return f"stopped after {sent} rows, as asked"
        yield _event(drafts.popleft(), of_table if not sent else ())
        sent += 1
    return ""


def _tables(package: Package, answers: Answers, sheet: str) -> tuple[list[Table], list[CellProblem]]:
    """The tables of the records and of their files and people. SourceError where no sheet holds records."""
    tables, general = recognised(package.spreadsheet, answers)
    wanted = plain(sheet)
    if wanted and wanted not in {plain(one.name) for one in package.spreadsheet.sheets}:
        names = ", ".join(one.name for one in package.spreadsheet.sheets)
        raise SourceError(f"{package.filename} has no sheet {sheet!r}; its sheets are: {names}")
    tables = [one for one in tables if one.kind != "datasets" or not wanted or plain(one.sheet) == wanted]
    if any(one.kind == "datasets" for one in tables):
        return tables, general
    if any(one.kind in REGISTER for one in tables):
        raise SourceError(f"{package.filename} holds studies and no records: a bulk upload takes those")
    seen = [" | ".join(filter(None, one.rows[0].cells))[:200] for one in package.spreadsheet.sheets if one.rows]
    first = f" It begins with: {seen[0]}." if seen else " It is empty."
    raise SourceError(
        f"no sheet of {package.filename} has headings of records (a title at the least).{first}"
        " The option columns says what headings mean."
    )


def _draft(row: Row, files: Files, parts: Parts, today: dt.date) -> Draft:
    made = draft(row, files, parts.of(row, "files"), parts.of(row, "people"), today)
    named = row.get("organization")
    return with_organization(made, OrganizationRef(title=Text.of(named))) if named else made


def _event(one: Draft, of_table: Sequence[Problem]) -> Event:
    """The row as a record with its warnings, or what keeps it from being one."""
    raw = one.raw()
    problems = (*of_table, *map(_problem, one.problems))
    if not one.is_good or not one.key:
        return Failed(one.key, problems, raw, RAW_TYPE)
    found = Found(one.key, one.record, raw, RAW_TYPE, one.openers, problems)
    return Raw(one.key, raw, RAW_TYPE, lambda: found)


def _problem(cell: CellProblem) -> Problem:
    """A problem of a cell: `row` is its place as spreadsheets write it, Sheet!B7."""
    place = cell_name(cell.column, cell.row) if cell.column and cell.row else str(cell.row or "")
    return Problem(
        cell.code,
        cell.message("en"),
        cell.field or cell.heading,
        f"{cell.sheet}!{place}" if cell.sheet and place else cell.sheet or place,
        cell.hint("en"),
        "error" if cell.is_error else "warning",
        cell.value[:500],
    )


def _complete_names(row: Row, base: str) -> None:
    """Names of files in a table that came from the web are addresses beside it."""
    for column in ("files", "file"):
        cell = row.cells.get(column)
        if cell is None:
            continue
        parts = [part for part in re.split(r"\s*[;\n]\s*", cell.value) if part]
        whole = [part if "://" in part[:10] else _joined(base, part) for part in parts]
        row.cells[column] = replace(cell, value="; ".join(whole))


def _joined(base: str, name: str) -> str:
    try:
        return urljoin(base, quote(name.replace("\\", "/")))
    except ValueError:
        return name


def _beside(path: Path) -> PackedFiles:
    """The files in the folder of a table on this machine, and below it."""
    good, refused = [], []
    for entry in itertools.islice(directory_entries(path.parent, recursive=True), _MOST_BESIDE):
        if entry.open is not None and entry.path != path.name:
            good.append(PackedFile(entry.path, entry.size, entry.open))
        elif entry.refused and not entry.unseen:
            refused.append((entry.path, entry.refused))
    return PackedFiles(tuple(good), tuple(refused))


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
