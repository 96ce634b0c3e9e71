"""Harvests a directory or a zip archive of reports and data, with or without a metadata sheet.

Every file is a record of its own, except that files of one name in one folder that differ in their extension
(report.pdf and report.xlsx) are one record, and that the sheet may put any files together. What the sheet leaves
open, the documents themselves tell later: a title made of a file name carries the extra `title_from` = `filename`.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harvesters.folder_entries import directory_entries, local_path
from harvesters.folder_records import folder_record
from harvesters.sheet import Row, is_sheet, read_sheet
from opendata.errors import Problem, SourceError
from opendata.harvesting.contract import (
    N_,
    Complete,
    Event,
    Failed,
    Found,
    Incomplete,
    Option,
    OptionType,
    Run,
)
from opendata.harvesting.isolation import isolated
from opendata.reading.archive import Entry, ZipEntries
from opendata.reading.filenames import stem

RAW_TYPE = "application/json"
MAX_FILES = 200_000


class FolderHarvester:
    """Reads a folder or a zip archive on this machine."""

    name = "folder"
    title = N_("Folder or zip archive")
    options = (
        Option("recursive", help=N_("Read folders inside the folder too."), type=OptionType.BOOLEAN, default="true"),
        Option("pattern", help=N_("Only files of these names, e.g. *.pdf;*.docx (all where empty).")),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """Every record of the folder, by path. SourceError where the folder or its metadata sheet cannot be read."""
        path = local_path(run.source.url)
        if path.is_file():
            archive = ZipEntries(path)
            try:
                yield from _Reading(run, archive.entries()).events()
            finally:
                archive.close()
        elif path.is_dir():
            recursive = run.source.options.get("recursive", "true") != "false"
            yield from _Reading(run, directory_entries(path, recursive=recursive)).events()
        else:
            raise SourceError(f"{run.source.url} is neither a folder nor a file on this machine")


@dataclass(slots=True)
class Group:
    """The files of one record, in order, and the rows that describe them."""

    identifier: str
    entries: list[Entry] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    row_of: dict[str, Row] = field(default_factory=dict)
    """By path, for rows that name one file."""


class _Reading:
    """The files of one run, put together to records."""

    def __init__(self, run: Run, entries: Iterable[Entry]) -> None:
        self._run = run
        self._unseen: list[str] = []
        taken = sorted(_capped(entries), key=lambda entry: entry.path)
        self._sheet = next((entry for entry in taken if is_sheet(entry.path)), None)
        patterns = [part.strip() for part in run.source.options.get("pattern", "").split(";") if part.strip()]
        nested = run.source.options.get("recursive", "true") != "false"
        self._entries = [
            entry
            for entry in taken
            if entry is not self._sheet and (nested or "/" not in entry.path) and _wanted(entry.path, patterns)
        ]

    def events(self) -> Iterator[Event]:
        rows = read_sheet(self._sheet) if self._sheet else []
        good = [entry for entry in self._entries if not entry.refused]
        groups, missing = grouped(good, rows)
        refused = [entry for entry in self._entries if entry.refused]
        for sent, event in enumerate(self._all(groups, refused, missing)):
            if self._run.limit is not None and sent >= self._run.limit:
                yield Incomplete(f"stopped after {sent} records, as asked")
                return
            yield event
        unseen = [entry.path for entry in refused if entry.unseen]
        yield Incomplete(f"not everything could be read: {', '.join(unseen[:5])}") if unseen else Complete()

    def _all(self, groups: Sequence[Group], refused: Sequence[Entry], missing: Sequence[Row]) -> Iterator[Event]:
        known = {group.identifier for group in groups}
        for group in groups:
            yield _event(group)
        for entry in refused:
            # The record keeps its good files; where none is left, the refusal stands for the whole of it.
            identifier = stem(entry.path) if stem(entry.path) not in known else entry.path
            problem = Problem("file-refused", f"{entry.path} is refused: {entry.refused}", row=entry.path)
            yield Failed(identifier, (problem,), _raw({"path": entry.path, "refused": entry.refused}), RAW_TYPE)
        for row in missing:
            problem = Problem(
                "file-missing",
                f"row {row.number} of the metadata sheet names {row.get('file')!r}, which is not there",
                field="file",
                row=str(row.number),
                hint="Paths are written with / and begin at the folder that holds the sheet.",
            )
            identifier = row.get("identifier") or row.get("files")
            yield Failed(identifier, (problem,), _raw({"row": dict(row.values)}), RAW_TYPE)


def grouped(entries: Sequence[Entry], rows: Sequence[Row]) -> tuple[list[Group], list[Row]]:
    """The records that `entries` (in order of path) and the sheet's rows make, by identifier; rows without files."""
    groups: dict[str, Group] = {}
    claimed: set[str] = set()
    missing: list[Row] = []
    for row in rows:
        files = _files_of(row, entries)
        if not files and row.get("files"):
            missing.append(row)
            continue
        identifier = row.get("identifier") or (stem(files[0].path) if len(files) == 1 else row.get("files").strip("/"))
        identifier = identifier or f"row {row.number}"
        group = groups.setdefault(identifier, Group(identifier))
        group.rows.append(row)
        for entry in files:
            if entry.path not in claimed:
                group.entries.append(entry)
                group.row_of[entry.path] = row
                claimed.add(entry.path)
    for entry in entries:
        if entry.path not in claimed:
            groups.setdefault(stem(entry.path), Group(stem(entry.path))).entries.append(entry)
    return sorted(groups.values(), key=lambda group: group.identifier), missing


def _files_of(row: Row, entries: Sequence[Entry]) -> list[Entry]:
    """The files a row speaks of: those of that name, else all below the folder of that name."""
    named = row.get("files").replace("\\", "/").removeprefix("./").strip()
    if not named:
        return []
    exact = [entry for entry in entries if entry.path == named]
    folder = named.rstrip("/") + "/"
    return exact or [entry for entry in entries if entry.path.startswith(folder)]


def _event(group: Group) -> Event:
    raw = _raw(
        {
            "files": [{"path": entry.path, "size": entry.size} for entry in group.entries],
            "rows": [{**row.values, **row.others} for row in group.rows],
        }
    )
    return isolated(group.identifier, raw, RAW_TYPE, lambda: _found(group, raw))


def _found(group: Group, raw: bytes) -> Found:
    record, warnings = folder_record(group.identifier, group.entries, group.rows, group.row_of)
    files = {entry.path: entry.open for entry in group.entries if entry.open is not None}
    return Found(group.identifier, record, raw, RAW_TYPE, files, tuple(warnings))


def _raw(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", errors="replace")


def _capped(entries: Iterable[Entry]) -> Iterator[Entry]:
    for number, entry in enumerate(entries):
        if number >= MAX_FILES:
            raise SourceError(f"the folder holds more than {MAX_FILES} files: make several sources of it")
        yield entry


def _wanted(path: str, patterns: Sequence[str]) -> bool:
    name = path.rpartition("/")[2].lower()
    return not patterns or any(
        fnmatch.fnmatchcase(path.lower() if "/" in pattern else name, pattern.lower()) for pattern in patterns
    )
