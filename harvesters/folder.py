"""Harvests a directory, a zip archive or an S3 prefix of reports and data, with or without a metadata sheet.

Every file is a record of its own, except that files of one name in one folder that differ in their extension
(report.pdf and report.xlsx) are one record, and that the sheet may put any files together. What the sheet leaves
open, the documents themselves tell later: a title made of a file name carries the extra `title_from` = `filename`.
"""

from __future__ import annotations

import fnmatch
import hashlib
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
    Position,
    Raw,
    Run,
    Same,
)
from opendata.harvesting.isolation import isolated
from opendata.reading.archive import Entry, ZipEntries
from opendata.reading.filenames import stem

RAW_TYPE = "application/json"
MAX_FILES = 200_000
_EVERY = 50
"""Records of a bucket between two positions."""


class FolderHarvester:
    """Reads a folder or a zip archive on this machine, or the objects below a prefix of an S3 bucket."""

    name = "folder"
    title = N_("Folder, zip archive or S3 bucket")
    options = (
        Option("recursive", help=N_("Read folders inside the folder too."), type=OptionType.BOOLEAN, default="true"),
        Option("pattern", help=N_("Only files of these names, e.g. *.pdf;*.docx (all where empty).")),
        Option("endpoint", help=N_("S3 only: address of the server (Amazon's where empty).")),
        Option("region", help=N_("S3 only: region that requests are signed for."), default="us-east-1"),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """Every record of the folder, by path. SourceError where the folder or its metadata sheet cannot be read."""
        recursive = run.source.options.get("recursive", "true") != "false"
        if run.source.url.strip().lower().startswith("s3://"):
            # botocore is heavy, and pages that only show the options of this harvester need none of it.
            from harvesters.folder_s3 import Address, Bucket

            address = Address.of(run.source.url, run.source.options)
            bucket = Bucket(run.client, address, run.source.credentials)
            yield from _Reading(run, bucket.entries(recursive=recursive), bucket.marks).events()
            return
        path = local_path(run.source.url)
        if path.is_file():
            archive = ZipEntries(path)
            try:
                yield from _Reading(run, archive.entries()).events()
            finally:
                archive.close()
        elif path.is_dir():
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

    def __init__(self, run: Run, entries: Iterable[Entry], marks: Mapping[str, str] | None = None) -> None:
        """`marks` are the source's own, by path, where it has any: what they call unchanged is not opened again."""
        self._run = run
        self._marks = marks
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
        after = _after(self._run.position) if self._marks is not None else ""
        for sent, event in enumerate(self._all(groups, refused, missing, after)):
            if self._run.limit is not None and sent >= self._run.limit:
                yield Incomplete(f"stopped after {sent} records, as asked")
                return
            yield event
            if self._marks is not None and sent % _EVERY == _EVERY - 1 and isinstance(event, Raw | Same):
                yield Position(json.dumps({"after": event.identifier}), len(groups))
        unseen = [entry.path for entry in refused if entry.unseen]
        yield Incomplete(f"not everything could be read: {', '.join(unseen[:5])}") if unseen else Complete()

    def _all(
        self, groups: Sequence[Group], refused: Sequence[Entry], missing: Sequence[Row], after: str
    ) -> Iterator[Event]:
        known = {group.identifier for group in groups}
        for group in (one for one in groups if one.identifier > after):
            yield _event(group) if self._marks is None else self._marked(group, self._marks)
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

    def _marked(self, group: Group, marks: Mapping[str, str]) -> Event:
        """The group, or that it is as it was by the marks of all its files and the rows that speak of it."""
        raw = _raw_of(group, marks)
        mark = hashlib.sha256(raw).hexdigest()
        if self._run.known(group.identifier) == mark:
            return Same(group.identifier)
        identifier = group.identifier
        return Raw(
            identifier,
            raw,
            RAW_TYPE,
            lambda: isolated(identifier, raw, RAW_TYPE, lambda: _found(group, raw, mark)),
            mark,
        )


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
    raw = _raw_of(group, {})
    return isolated(group.identifier, raw, RAW_TYPE, lambda: _found(group, raw))


def _raw_of(group: Group, marks: Mapping[str, str]) -> bytes:
    files = [
        {"path": entry.path, "size": entry.size, **({"etag": marks[entry.path]} if entry.path in marks else {})}
        for entry in group.entries
    ]
    return _raw({"files": files, "rows": [{**row.values, **row.others} for row in group.rows]})


def _found(group: Group, raw: bytes, mark: str = "") -> Found:
    record, warnings = folder_record(group.identifier, group.entries, group.rows, group.row_of)
    files = {entry.path: entry.open for entry in group.entries if entry.open is not None}
    return Found(group.identifier, record, raw, RAW_TYPE, files, tuple(warnings), mark)


def _after(position: str | None) -> str:
    """The last identifier that was read before an interruption; "" for none, and for another harvester's token."""
    try:
        after = json.loads(position or "{}")["after"]
    except (ValueError, TypeError, KeyError):
        return ""
    return after if isinstance(after, str) else ""


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
