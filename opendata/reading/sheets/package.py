"""What was sent: a spreadsheet alone, or a zip of one and the files that it names. Nothing is unpacked."""

from __future__ import annotations

import difflib
import io
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from opendata.catalog.upload_refusals import NotTaken, OverLimit, not_taken, over_limit
from opendata.errors import SourceError, Unavailable
from opendata.reading import filetype
from opendata.reading.archive import ENCRYPTED, Entry, ZipEntries
from opendata.reading.filenames import extension
from opendata.reading.sheets.tables import MAIN, recognised
from opendata.reading.spreadsheet import Spreadsheet, read_spreadsheet

SPREADSHEETS = frozenset(("xlsx", "xlsm", "xls", "ods", "csv", "tsv"))
MOST_SPREADSHEET_BYTES = 100 * 1024**2
MOST_TRIED = 10
"""Spreadsheets of an archive that are opened to find the one with the records."""
_PREFIX = "opendata-upload-"
_STALE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file that came with the spreadsheet: its path as the spreadsheet sees it, its size in bytes."""

    path: str
    size: int
    open: Callable[[], BinaryIO]


@dataclass(slots=True)
class PackedFiles:
    """The files beside the spreadsheet, found by path or, where only one has it, by name; case does not matter."""

    files: tuple[PackedFile, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    """Path and reason of what is not taken."""
    _by_name: dict[str, list[PackedFile]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.files:
            for name in {_folded(one.path), _folded(one.path.rpartition("/")[2])}:
                self._by_name.setdefault(name, []).append(one)

    def named(self, name: str) -> list[PackedFile]:
        """The files that `name` may mean: that path exactly, else every one of that name."""
        wanted = _folded(name)
        found = self._by_name.get(wanted, [])
        exact = [one for one in found if _folded(one.path) == wanted]
        return exact if len(exact) == 1 else found

    def refusal(self, name: str) -> str:
        """Why the file of that name is not taken, "" where there is none."""
        wanted = _folded(name)
        reasons = (why for path, why in self.refused if wanted in (_folded(path), _folded(path.rpartition("/")[2])))
        return next(reasons, "")

    def like(self, name: str) -> str:
        """The name of the file that was probably meant, "" where none is near."""
        near = difflib.get_close_matches(_folded(name), list(self._by_name)[:5000], 1, 0.75)
        return self._by_name[near[0]][0].path if near else ""


@dataclass(frozen=True, slots=True)
class Package:
    """The spreadsheet with its name, and the files that came with it."""

    filename: str
    spreadsheet: Spreadsheet
    files: PackedFiles


@contextmanager
def opened(path: Path, filename: str, most_rows: int) -> Iterator[Package]:
    """What is in the file at `path`, whose files can be read inside the block. NotTaken or OverLimit in plain words."""
    if filetype.detect(path, filename).format != "ZIP":
        yield Package(filename, _read(path, filename, most_rows), PackedFiles())
        return
    try:
        archive = ZipEntries(path)
        entries = list(archive.entries())
    except SourceError as error:
        raise not_taken("archive_broken", filename, reason=str(error.__cause__)) from error
    try:
        yield _package(entries, filename, most_rows)
    finally:
        archive.close()


def _package(entries: Sequence[Entry], filename: str, most_rows: int) -> Package:
    cut = next((entry for entry in entries if entry.unseen), None)
    if cut is not None:
        raise over_limit("archive_over_limit", filename, reason=cut.refused)
    sheet, spreadsheet = _spreadsheet(entries, filename, most_rows)
    folder = sheet.path.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    others = [entry for entry in entries if entry is not sheet]
    files = tuple(
        PackedFile(entry.path.removeprefix(prefix), entry.size, entry.open)
        for entry in others
        if entry.open is not None
    )
    refused = tuple((entry.path.removeprefix(prefix), entry.refused) for entry in others if entry.refused)
    return Package(sheet.path, spreadsheet, PackedFiles(files, refused))


def _spreadsheet(entries: Sequence[Entry], filename: str, most_rows: int) -> tuple[Entry, Spreadsheet]:
    """The one spreadsheet with records: the nearest to the root that has our columns. Others are files of records."""
    named = [entry for entry in entries if extension(entry.path) in SPREADSHEETS]
    named.sort(key=lambda entry: (entry.path.count("/"), entry.path))
    found: list[tuple[Entry, Spreadsheet]] = []
    unknown: list[tuple[Entry, Spreadsheet]] = []
    refused: list[NotTaken | OverLimit] = []
    for entry in named[:MOST_TRIED]:
        if found and entry.path.count("/") > found[0][0].path.count("/"):
            break
        try:
            spreadsheet = _from_archive(entry, most_rows)
        except (NotTaken, OverLimit) as error:
            refused.append(error)
            continue
        known = any(table.kind in MAIN for table in recognised(spreadsheet)[0])
        (found if known else unknown).append((entry, spreadsheet))
    if len(found) > 1:
        found = _unnamed(found)
    if len(found) == 1:
        return found[0]
    if not found and len(unknown) == len(named) == 1:
        return unknown[0]  # somebody may tell what its headings mean
    if found:
        raise not_taken("several_tables", filename, choices=", ".join(entry.path for entry, _ in found))
    if len(named) == len(refused) == 1:
        raise refused[0]
    if not named:
        raise not_taken("no_spreadsheet", filename)
    raise not_taken("no_table", filename, reason=" ".join(error.message for error in refused[:3]))


def _unnamed(found: Sequence[tuple[Entry, Spreadsheet]]) -> list[tuple[Entry, Spreadsheet]]:
    """Those that no other one names in a cell: a table that is named is a file of a record. All, where all are."""
    said = [{_folded(cell) for sheet in book.sheets for row in sheet.rows for cell in row.cells} for _, book in found]
    kept = []
    for number, (entry, spreadsheet) in enumerate(found):
        names = {_folded(entry.path), _folded(entry.path.rpartition("/")[2])}
        others = (cells for place, cells in enumerate(said) if place != number)
        if not any(names & cells for cells in others):
            kept.append((entry, spreadsheet))
    return kept or list(found)


def _from_archive(entry: Entry, most_rows: int) -> Spreadsheet:
    if entry.open is None:
        code = "spreadsheet_encrypted" if entry.refused == ENCRYPTED else "spreadsheet_broken"
        raise not_taken(code, entry.path, reason=entry.refused)
    _refuse_large(entry.path, entry.size)
    with _temporary(entry) as copy:
        return _read(copy, entry.path, most_rows)


@contextmanager
def _temporary(entry: Entry) -> Iterator[Path]:
    """The entry as a file of its own. NotTaken where it is broken, Unavailable where there is no room for it."""
    opener = entry.open
    _remove_stale()
    with tempfile.NamedTemporaryFile(prefix=_PREFIX, suffix=f".{extension(entry.path)}") as copy:
        try:
            with opener() if opener else io.BytesIO() as stream:
                shutil.copyfileobj(stream, copy)
            copy.flush()
        except SourceError as error:
            raise not_taken("spreadsheet_broken", entry.path, reason=error.message) from error
        except OSError as error:
            raise Unavailable(f"There is no room to unpack {entry.path}: {error.strerror}.", part="files") from error
        yield Path(copy.name)


def _remove_stale() -> None:
    """A process that was killed could not tidy up. Reading a spreadsheet ends within minutes."""
    oldest = time.time() - _STALE_SECONDS
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process removes it at the same moment, or it is another user's
            if path.stat().st_mtime < oldest:
                path.unlink()


def _read(path: Path, filename: str, most_rows: int) -> Spreadsheet:
    """The spreadsheet at `path`. What is none is told at once, without a process of its own to find that out."""
    _refuse_large(filename, path.stat().st_size)
    kind = filetype.detect(path, filename)
    if kind is filetype.EMPTY:
        raise not_taken("spreadsheet_empty", filename)
    if kind.media_type == filetype.ENCRYPTED_OFFICE:
        raise not_taken("spreadsheet_encrypted", filename)
    if kind.format.lower() not in (*SPREADSHEETS, "txt"):
        raise not_taken("not_a_spreadsheet", filename, format=kind.format or kind.media_type)
    return read_spreadsheet(path, filename, most_rows)


def _refuse_large(filename: str, size: int) -> None:
    if size > MOST_SPREADSHEET_BYTES:
        reason = f"{size // 1024**2} MB; {MOST_SPREADSHEET_BYTES // 1024**2} MB are read"
        raise over_limit("spreadsheet_over_limit", filename, reason=reason)


def _folded(path: str) -> str:
    """As names are compared: spaces of every kind are one, since cells are cleaned and names of files are not."""
    return (
        " ".join(unicodedata.normalize("NFC", path).split())
        .replace("\\", "/")
        .removeprefix("./")
        .strip("/ ")
        .casefold()
    )
